"""Leases: one renewal for all sessions of a process, and what people want of each, heard as early as possible."""

from __future__ import annotations

import asyncio
import enum
import time
from dataclasses import dataclass, field

import structlog

from common.database import Database
from common.errors import DatabaseUnavailable, LeaseLost, StorageFull
from common.queries import claims
from common.settings import Settings
from common.states import Desired
from workers.loop import in_thread

log = structlog.get_logger(__name__)


class Ending(enum.Enum):
    """Why a running session is cut short."""

    STOP = "stop"
    PAUSE = "pause"
    DRAIN = "drain"
    LOST = "lost"


@dataclass(eq=False)
class RunningSession:
    """A session that this process owns."""

    session_id: str
    epoch: int
    task: asyncio.Task[None]
    #: Until when the claim surely holds, on the clock of `now_seconds`.
    holds_until: float
    ending: Ending | None = None
    #: Set when the process drains: no new step begins.
    closing: asyncio.Event = field(default_factory=asyncio.Event)
    #: Set once it is closing and no step runs.
    idle: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def is_overdue(self) -> bool:
        """Tell whether the last renewal is so long ago that somebody else may soon claim the session."""
        return now_seconds() > self.holds_until

    def check(self) -> None:
        """Raise LeaseLost where the claim may be over: a process that was frozen finds out before it does anything."""
        if self.is_overdue:
            raise LeaseLost("The lease was not renewed in time.")

    def end(self, ending: Ending) -> None:
        """Cut the session short, once: the first reason counts, but a lost lease outranks all."""
        if self.ending is None or (ending is Ending.LOST and self.ending is not Ending.LOST):
            self.ending = ending
            self.task.cancel()


def now_seconds() -> float:
    """Return seconds that go on while a laptop sleeps, where the system can tell."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()


class LeaseKeeper:
    """Keeps the leases of the sessions of one worker process. Lives on the sessions' loop."""

    def __init__(self, settings: Settings, database: Database, worker: str) -> None:
        self._settings = settings
        self._database = database
        self._worker = worker
        self.sessions: dict[str, RunningSession] = {}

    def holds_until(self, asked_at: float) -> float:
        """Return until when a claim or a renewal holds that was asked for then, with time left to stop before it ends.

        Both are on the clock of `now_seconds`.
        """
        return asked_at + self._settings.lease_seconds * 5 / 6

    async def keep(self) -> None:
        """Renew for ever."""
        while True:
            await asyncio.sleep(self._settings.renew_seconds)
            await self.renew()

    async def watch(self) -> None:
        """End the sessions whose renewal is overdue, for ever; whatever holds a renewal up does not hold this up."""
        while True:
            for session in list(self.sessions.values()):
                if session.is_overdue:
                    session.end(Ending.LOST)
            await asyncio.sleep(min(1.0, self._settings.lease_seconds / 12))

    async def renew(self) -> None:
        """Renew all leases in one statement, end the sessions that are lost, heed what is wanted of the others."""
        asked = dict(self.sessions)
        if not asked:
            return
        asked_at = now_seconds()
        epochs = {session.session_id: session.epoch for session in asked.values()}
        try:
            wanted = await in_thread(self._renew, epochs)
        except (DatabaseUnavailable, StorageFull) as error:
            log.warning("leases not renewed", error=str(error))
            return
        for session_id, session in asked.items():
            if session_id not in wanted:
                session.end(Ending.LOST)
                continue
            session.holds_until = max(session.holds_until, self.holds_until(asked_at))
            heed(session, wanted[session_id])

    async def listen(self, session_id: str) -> None:
        """Read at once what is wanted of a session, because a nudge came."""
        if session_id in self.sessions:
            await self.renew()

    def _renew(self, epochs: dict[str, int]) -> dict[str, Desired]:
        with self._database.write() as db:
            return claims.renew_leases(db, epochs, worker=self._worker, lease_seconds=self._settings.lease_seconds)


def heed(session: RunningSession, desired: Desired) -> None:
    """End a session of which something other than running is wanted."""
    if desired is Desired.STOP:
        session.end(Ending.STOP)
    elif desired is Desired.PAUSE:
        session.end(Ending.PAUSE)
