"""A storm: sessions keep coming, faults keep hitting, several at once; the same seed brings the same faults."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack
from dataclasses import dataclass, field

from sqlalchemy.exc import SQLAlchemyError

from common.errors import DatabaseUnavailable
from common.models import FlowSession
from tests.chaos.faults import Chaos
from tests.chaos.oracle import Figures, Oracle
from tests.chaos.plan import Planned, plan_storm
from tests.chaos.system import System
from tests.chaos.viewers import MOST_SESSIONS, ChaosViewer
from tests.support.waiting import wait_until

#: For `System(**PACE)`: slow enough that sessions are at work whenever a fault hits.
PACE = {"delay_seconds": 0.2, "tokens_per_second": 60.0}
#: Faults at a time.
_AT_ONCE = 2


@dataclass(kw_only=True)
class Outcome:
    """What a storm came to."""

    figures: Figures
    breaches: list[str]
    seconds: float
    viewers: int
    reconnects: int
    sequence: list[str] = field(default_factory=list)


class Storm:
    """Runs a planned storm on a system."""

    def __init__(
        self, system: System, *, seed: int, sessions: int, faults: int, say: Callable[[str], object] = lambda line: None
    ) -> None:
        self._system = system
        self._sessions = sessions
        self._plan = plan_storm(seed, faults, workers=len(system.workers), has_postgresql=system.postgresql is not None)
        self._say = say
        self._created: list[FlowSession] = []
        self._viewers: list[ChaosViewer] = []
        self._running: dict[Future[None], Planned] = {}

    def run(self, *, settle_seconds: float = 120) -> Outcome:
        """Run it to its end, wait until the system has settled, and tell what it came to."""
        began = time.monotonic()
        with ExitStack() as stack, Oracle(self._system) as oracle, ThreadPoolExecutor(_AT_ONCE) as pool:
            chaos = Chaos(self._system, oracle)
            for number, planned in enumerate(self._plan, start=1):
                due = self._sessions * number // len(self._plan)
                while len(self._created) < due:
                    self._create(oracle, stack)
                time.sleep(planned.pause_seconds)
                self._make_room(planned, oracle)
                self._say(f"{time.monotonic() - began:6.1f} s  {number}/{len(self._plan)}  {planned.name}")
                self._running[pool.submit(planned.perform, chaos)] = planned
            while self._running:
                self._reap(oracle)
            self._system.heal()
            figures = oracle.check_final(settle_seconds)
            breaches = list(oracle.breaches)
            for viewer in self._viewers:
                try:
                    viewer.wait_complete()
                except AssertionError as error:
                    breaches.append(str(error))
            return Outcome(
                figures=figures,
                breaches=breaches,
                seconds=time.monotonic() - began,
                viewers=len(self._viewers),
                reconnects=sum(viewer.connects - 1 for viewer in self._viewers),
                sequence=[planned.name for planned in self._plan],
            )

    def _create(self, oracle: Oracle, stack: ExitStack) -> None:
        """Create the next session, once the database is there, and show it to two viewers."""
        session: list[FlowSession] = []

        def create() -> bool:
            try:
                session.append(self._system.create())
            except (DatabaseUnavailable, SQLAlchemyError):
                return False
            return True

        wait_until(create, "the database takes a new session", 60)
        oracle.watch(session[0])
        if len(self._created) % MOST_SESSIONS == 0:
            self._viewers += [stack.enter_context(ChaosViewer(self._system)) for _ in range(2)]
        for viewer in self._viewers[-2:]:
            viewer.watch(session[0])
        self._created.append(session[0])

    def _make_room(self, planned: Planned, oracle: Oracle) -> None:
        """Wait until nothing is in the way of a fault."""
        workers = len(self._system.workers)
        victims = planned.victims(workers)
        while len(self._running) >= _AT_ONCE or any(
            victims & other.victims(workers) for other in self._running.values()
        ):
            self._reap(oracle)

    def _reap(self, oracle: Oracle) -> None:
        """Wait for a fault to end, and ask the oracle."""
        done, _ = wait(self._running, timeout=1, return_when=FIRST_COMPLETED)
        for future in done:
            del self._running[future]
            future.result()
        if done:
            oracle.check(raises=False)
