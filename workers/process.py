"""A worker process: its seats, its loop, its place among the others, and its end."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import threading
import time
from pathlib import Path

import redis
import structlog

from common.bus import Bus
from common.clock import utc_now
from common.database import Database
from common.dispatch import Dispatcher
from common.errors import DatabaseUnavailable, SettingsError, StorageFull
from common.heartbeat import Heartbeat
from common.host import read_resources
from common.ids import new_id
from common.metrics import SEATS, write_metrics
from common.migrations import HEAD
from common.queries.revision import read_installation, read_revision
from common.queue import create_doorbell
from common.settings import Settings
from workers.flow import OllamaModel
from workers.lease import Ending, LeaseKeeper
from workers.loop import SessionLoop, in_thread
from workers.model_orders import ModelOrders
from workers.model_watch import ModelWatch
from workers.private_folders import PrivateFolders
from workers.prompts import read_prompts
from workers.record import WorkerRecord
from workers.runner import SessionRunner

log = structlog.get_logger(__name__)

#: What the model server has is told at once, unless the line to it is dead; nobody waits longer than for a token.
_LOOKUP_SECONDS = 30.0
_LISTEN_PAUSE_SECONDS = 1.0
_DATABASE_PAUSE_SECONDS = 1.0
#: How long a model order may take to be handed back.
_ORDERS_SECONDS = 2.0


class WorkerProcess:
    """Everything that one worker process keeps going beside Celery."""

    def __init__(self, settings: Settings, *, name: str, alive_file: Path | None = None) -> None:
        self.name = name
        self._settings = settings
        self._database = Database(settings.database, answer_seconds=settings.database_seconds)
        self._bus = Bus(settings.redis_url, settings.redis_prefix)
        self._dispatcher = Dispatcher(settings, self._database, self._bus, create_doorbell(settings))
        self._loop = SessionLoop()
        self._alive_file = alive_file
        self._client = OllamaModel(
            settings.ollama_host,
            max_concurrent_calls=settings.model_calls,
            connect_seconds=settings.model_connect_seconds,
            first_token_seconds=settings.model_first_token_seconds,
            next_token_seconds=settings.model_next_token_seconds,
            call_seconds=settings.model_call_seconds,
            lookup_seconds=min(_LOOKUP_SECONDS, settings.model_first_token_seconds),
        )
        #: Set on the loop when the record in the database is to be renewed at once.
        self._news = asyncio.Event()
        self._record = WorkerRecord(settings, self._database, name)
        self._leases = LeaseKeeper(settings, self._database, name)
        self._models = ModelWatch(self._client, self._news.set)
        self._runner = SessionRunner(
            settings, self._database, self._bus, self._leases, self._models, self._client, name, read_prompts(settings)
        )
        self._orders = ModelOrders(settings, self._database, self._client, self._models, name)
        self._folders = PrivateFolders(settings.private_folders, self._database)
        self._listener = threading.Thread(target=self._listen, name="nudges", daemon=True)
        self._draining = threading.Event()
        self._ended = threading.Event()

    def start(self) -> None:
        """Register with the database, once it answers, and start the background work. Raises SettingsError."""
        self._wait_for_database()
        self._loop.start()
        self._loop.spawn(self._models.watch())
        self._loop.spawn(self._leases.keep())
        self._loop.spawn(self._leases.watch())
        self._loop.spawn(self._keep_touching())
        self._loop.spawn(self._beat())
        self._loop.spawn(self._folders.keep_clean())
        self._ordering = self._loop.spawn(self._orders.keep())
        self._listener.start()
        self._dispatcher.start()

    def run_session(self, session_id: str) -> None:
        """Work on a session in a seat of this process; returns when it ended or was handed back."""
        if self._draining.is_set():
            return
        self._loop.spawn(self._runner.run(session_id)).result()
        if not self._draining.is_set():
            self._dispatcher.soon()  # a seat is free

    def drain(self) -> None:
        """Claim nothing new, let the running steps end for a while, then hand the sessions back to the queue."""
        if self._draining.is_set():
            return
        self._draining.set()
        log.info("draining", sessions=len(self._leases.sessions), seconds=self._settings.drain_seconds)
        self._loop.spawn(self._hand_back())

    def stop(self) -> None:
        """End the background work, once no session runs."""
        self._ended.set()
        self._dispatcher.stop()
        self._listener.join(timeout=2)
        self._loop.spawn(self._orders.close())
        with contextlib.suppress(TimeoutError):
            self._ordering.result(timeout=_ORDERS_SECONDS)
        try:
            self._record.remove()
        except (DatabaseUnavailable, StorageFull) as error:
            log.warning("left its record behind", error=str(error))
        self._loop.stop()
        self._bus.close()
        self._database.dispose()

    async def _hand_back(self) -> None:
        await self._orders.close()
        self._news.set()  # the others hear of it once the database answers; the sessions do not wait for that
        sessions = list(self._leases.sessions.values())
        for session in sessions:
            session.closing.set()
        await asyncio.gather(*(self._hand_back_one(session.session_id) for session in sessions))

    async def _hand_back_one(self, session_id: str) -> None:
        session = self._leases.sessions[session_id]
        try:
            async with asyncio.timeout(self._settings.drain_seconds):
                await session.idle.wait()
        except TimeoutError:
            log.info("drained before a step's end", session=session_id)
        session.end(Ending.DRAIN)

    async def _hear(self, nudge: str) -> None:
        """Take a nudge: the id of a session, or the name of a worker process."""
        if nudge == self.name:
            self._news.set()
        else:
            await self._leases.listen(nudge)

    async def _keep_touching(self) -> None:
        """Say that this process lives, and hear whether it is to end: every few seconds, and when there is news."""
        while True:
            try:
                await in_thread(self._touch)
            except (DatabaseUnavailable, StorageFull) as error:
                log.warning("the record was not renewed", error=str(error))
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._settings.renew_seconds):
                    await self._news.wait()
            self._news.clear()

    async def _beat(self) -> None:
        while True:
            began = time.monotonic()
            if self._alive_file is not None:
                await in_thread(self._alive_file.touch)
            busy = len(self._leases.sessions)
            SEATS.labels("busy").set(busy)
            SEATS.labels("all").set(self._settings.seats)
            self._bus.beat(
                Heartbeat(
                    worker=self.name,
                    host=socket.gethostname(),
                    at=utc_now(),
                    resources=await in_thread(read_resources, self._settings.home),
                    model_server=self._models.server,
                    sessions=sorted(self._leases.sessions),
                    metrics=write_metrics(),
                )
            )
            await asyncio.sleep(max(0.1, self._settings.heartbeat_seconds - (time.monotonic() - began)))

    def _wait_for_database(self) -> None:
        while True:
            try:
                with self._database.read() as db:
                    revision = read_revision(db)
                    own = read_installation(db) if revision == HEAD else None
                if revision != HEAD:
                    raise SettingsError(
                        f"The tables of the database are at revision {revision}, and this version needs {HEAD}: run "
                        "`ollama-flow migrate`, of the newest version."
                    )
                if self._bus.read_database() not in {None, own}:
                    raise SettingsError(
                        "The dashboard on this Redis works on another database: give DATABASE_URL the same value in "
                        "both places (SQLite serves one host alone), or REDIS_URL another one."
                    )
                self._record.register(draining=self._draining.is_set(), model_server_up=self._models.server.reachable)
            except (DatabaseUnavailable, StorageFull) as error:
                log.warning("waiting for the database", error=str(error))
                time.sleep(_DATABASE_PAUSE_SECONDS)
            else:
                return

    def _touch(self) -> None:
        is_unwanted = self._record.renew(
            draining=self._draining.is_set(), model_server_up=self._models.server.reachable
        )
        if is_unwanted and not self._draining.is_set():  # it may have been told to end meanwhile, and once is enough
            log.info("asked to drain")
            os.kill(os.getpid(), signal.SIGTERM)  # Celery's own way to end, which drains

    def _listen(self) -> None:
        """Hear nudges; each renewal reads the same from the database, so a missed one only comes later."""
        while not self._ended.is_set():
            subscription = self._bus.subscribe()
            if subscription is None:
                return
            try:
                subscription.subscribe(self._bus.channels.nudges)
                while not self._ended.is_set():
                    message = subscription.get_message(timeout=0.4)
                    if message is not None:
                        self._loop.spawn(self._hear(message["data"].decode()))
            except redis.RedisError:
                self._ended.wait(_LISTEN_PAUSE_SECONDS)
            finally:
                subscription.close()


def make_name() -> str:
    """Return a name for a worker process, unique per start."""
    return f"{socket.gethostname()}-{os.getpid()}-{new_id()[-4:]}"
