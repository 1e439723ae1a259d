"""The oracle: what must hold after every fault, checked against the database and the model server's own count."""

from __future__ import annotations

import datetime as dt
import hashlib
import threading
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from sqlalchemy import Connection, func, select
from sqlalchemy.exc import SQLAlchemyError

from common.models import Artifact, EventRecord, FlowSession, Step
from common.states import FINAL_STATES, State
from tests.chaos.system import System
from tests.support.call_log import Call
from tests.support.waiting import wait_until

#: How often it looks which steps are committed.
_LOOK_SECONDS = 0.1
#: When its looking is late by so much, the machine stood still.
_STALL_SECONDS = 1.0
#: A running session of which nothing was heard for so long is stuck: many leases, and any time-out of these tests.
_STUCK_SECONDS = 60.0

#: How soon after a stop a process has sent what it was about to send; then it has noticed that its leases are over.
_DELAYED_SECONDS = 0.5

StepKey = tuple[str, str]


@dataclass(kw_only=True)
class Fault:
    """Something that was done to the system, on the clock of the machine."""

    kind: str
    began_at: float
    ended_at: float = float("inf")
    #: Whose calls in flight it may cost: slots of worker processes. What touches only web, browsers or Redis: nobody's.
    costs_calls_of: frozenset[str] = frozenset()
    #: How long after its end it may still cost calls: until a dead connection is noticed and a lease is over.
    tail_seconds: float = 1.0
    #: Whether it stops processes that go on later: with the request that they were just about to send.
    delays_calls: bool = False

    def may_delay(self, call: Call) -> bool:
        """Tell whether a call was about to be made when it hit, so that it went out late; nothing of it is kept."""
        late = call.started_at - self.ended_at
        return self.delays_calls and call.line in self.costs_calls_of and -_LOOK_SECONDS <= late <= _DELAYED_SECONDS

    def may_cost(self, call: Call, resolved_at: float) -> bool:
        """Tell whether a call was in flight when it hit, so that it may have to be made again."""
        until = self.ended_at + self.tail_seconds
        return call.line in self.costs_calls_of and call.started_at <= until and self.began_at <= resolved_at


@dataclass(kw_only=True)
class Figures:
    """What a run came to."""

    sessions: int = 0
    completed: int = 0
    failed: int = 0
    #: Not final in the end.
    lost: int = 0
    steps: int = 0
    calls: int = 0
    #: Calls of a step that began after its commit.
    repeated: int = 0
    #: Missing numbers in event logs.
    gaps: int = 0
    #: Calls beyond one for each step.
    extra_calls: int = 0
    #: Calls that ran while a fault hit that may cost them; the most that extra calls may be.
    in_flight: int = 0
    artifacts: int = 0
    faults: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, kw_only=True)
class _Kept:
    """What of a session may never change again, or only grow."""

    state: str
    epoch: int
    last_seq: int
    steps_done: int
    result: str | None
    changed_at: float


class Oracle:
    """Watches sessions from their creation on; `check` after each fault, `check_final` in the end."""

    def __init__(self, system: System) -> None:
        self._system = system
        self._sessions: dict[str, FlowSession] = {}
        self._kept: dict[str, _Kept] = {}
        self._steps: dict[StepKey, tuple[Any, ...]] = {}
        #: When a step was first seen to be committed: it was so before.
        self._committed_at: dict[StepKey, float] = {}
        self.faults: list[Fault] = []
        #: Broken promises, each said once.
        self.breaches: list[str] = []
        self._lock = threading.RLock()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look, name="oracle")
        #: Grows while the machine sleeps, which stops one of the two clocks.
        self._slept_seconds = time.time() - time.monotonic()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()

    def watch(self, *sessions: FlowSession) -> None:
        """Hold these sessions to the promises from now on."""
        with self._lock:
            self._sessions |= {session.id: session for session in sessions}

    @property
    def session_ids(self) -> list[str]:
        """All sessions that it watches."""
        return list(self._sessions)

    def report(self, breach: str) -> None:
        """Take note of a broken promise that somebody else saw."""
        with self._lock:
            self._breach(breach)

    # --- checks --------------------------------------------------------------------------------------------------

    def check(self, *, raises: bool = True) -> None:
        """Check what must hold at any moment; raises AssertionError with all breaches up to now."""
        with self._lock:
            self._check_database()
            self._check_calls()
        assert not (raises and self.breaches), "\n".join(self.breaches)

    def check_final(self, seconds: float = 90) -> Figures:
        """Wait until all sessions ended, check everything, and return the figures."""
        try:
            self.wait_for_end(seconds)
        except AssertionError as error:
            self._breach(str(error))
        with self._lock:
            self._check_database()
            self._check_calls()
            self._check_ends()
        return self.count()

    def wait_for_end(self, seconds: float) -> None:
        """Wait until all sessions are final."""
        wait_until(lambda: not self._list_open(), f"all {len(self._sessions)} sessions ended", seconds)

    def _list_open(self) -> list[str]:
        try:
            with self._snapshot() as db:
                rows = db.execute(select(FlowSession.id, FlowSession.state).where(self._ours(FlowSession.id))).all()
        except SQLAlchemyError:
            return list(self._sessions)
        return [row.id for row in rows if row.state not in FINAL_STATES]

    def _check_database(self) -> None:
        with self._patiently() as db:
            sessions = db.execute(select(*FlowSession.__table__.c).where(self._ours(FlowSession.id))).all()
            steps = db.execute(
                select(Step.session_id, Step.key, Step.position, Step.epoch, Step.input_hash, Step.output)
                .where(self._ours(Step.session_id))
                .order_by(Step.session_id, Step.position)
            ).all()
            logs = db.execute(
                select(
                    EventRecord.session_id,
                    func.count().label("count"),
                    func.min(EventRecord.seq).label("first"),
                    func.max(EventRecord.seq).label("last"),
                )
                .where(self._ours(EventRecord.session_id))
                .group_by(EventRecord.session_id)
            ).all()
        found = {row.id for row in sessions}
        for lost in self._sessions.keys() - found:
            self._breach(f"Session {lost} is gone.")
        positions: dict[str, list[int]] = defaultdict(list)
        for row in steps:
            positions[row.session_id].append(row.position)
            self._check_step((row.session_id, row.key), (row.position, row.epoch, row.input_hash, repr(row.output)))
        for lost_step in self._steps.keys() - {(row.session_id, row.key) for row in steps}:
            self._breach(f"The committed step {lost_step} is gone.")
        logged = {row.session_id: row for row in logs}
        for row in sessions:
            if positions[row.id] != list(range(1, row.steps_done + 1)):
                self._breach(f"Session {row.id} counts {row.steps_done} steps, but has {positions[row.id]}.")
            log = logged.get(row.id)
            has = (log.count, log.first, log.last) if log else (0, 1, 0)
            if has != (row.last_seq, 1, row.last_seq):
                self._breach(f"The log of {row.id} has a gap: last_seq {row.last_seq}, count, first and last {has}.")
            self._check_session(row)

    def _check_step(self, key: StepKey, content: tuple[Any, ...]) -> None:
        if self._steps.setdefault(key, content) != content:
            self._breach(f"The committed step {key} changed: {self._steps[key]} became {content}.")

    def _check_session(self, row: Any) -> None:
        before, now = self._kept.get(row.id), time.time()
        if before is not None:
            if before.state in FINAL_STATES and (before.state, before.result) != (row.state, row.result):
                self._breach(f"Session {row.id} was {before.state} and became {row.state}.")
            for name in ("epoch", "last_seq", "steps_done"):
                if getattr(row, name) < getattr(before, name):
                    self._breach(f"{name} of {row.id} went back from {getattr(before, name)} to {getattr(row, name)}.")
            if before.last_seq == row.last_seq and before.state == row.state:
                waits = now - before.changed_at
                if row.state == State.RUNNING and waits > _STUCK_SECONDS:
                    self._breach(f"Session {row.id} is running, but nothing happened for {waits:.0f} s.")
                now = before.changed_at
        if row.state == State.PAUSED and not row.reason:
            self._breach(f"Session {row.id} is paused and does not say why.")
        self._kept[row.id] = _Kept(
            state=row.state,
            epoch=row.epoch,
            last_seq=row.last_seq,
            steps_done=row.steps_done,
            result=row.result,
            changed_at=now,
        )

    def _check_calls(self) -> None:
        for call in self._repeated():
            late = call.started_at - self._committed_at[call.session, call.key]
            self._breach(
                f"Step {call.key} of {call.session} was asked by {call.line} {late:.3f} s after its commit was seen."
            )
        for call, again in self._superseded():
            if not any(fault.may_cost(call, again.started_at) for fault in self.faults):
                self._breach(
                    f"Step {call.key} of {call.session} was asked by {call.line} at {_time(call.started_at)} "
                    f"({call.outcome}) and again by {again.line} at {_time(again.started_at)}, though no fault cost it."
                )

    def _check_ends(self) -> None:
        """Check what only an ended session has: its files as journaled, and one call for each step at least."""
        with self._patiently() as db:
            artifacts = db.execute(select(*Artifact.__table__.c).where(self._ours(Artifact.session_id))).all()
            told = db.execute(
                select(EventRecord.session_id, EventRecord.data).where(
                    self._ours(EventRecord.session_id), EventRecord.type == "artifact_written"
                )
            ).all()
            steps = db.execute(select(Step.session_id, Step.key, Step.kind).where(self._ours(Step.session_id))).all()
        journaled = {(row.session_id, row.data["step"], row.data["path"]): row.data["sha256"] for row in told}
        newest: dict[tuple[str, str], tuple[int, str]] = {}
        for row in artifacts:
            sha256 = hashlib.sha256(row.content).hexdigest()
            if not sha256 == row.sha256 == journaled.pop((row.session_id, row.step_key, row.path), None):
                self._breach(f"The file {row.path} of {row.session_id} is not as it was journaled.")
            newest[row.session_id, row.path] = max(
                newest.get((row.session_id, row.path), (0, "")), (row.position, sha256)
            )
        for session_id, step, path in journaled:
            self._breach(f"The file {path} of step {step} of {session_id} was told of, but is not there.")
        for (session_id, path), (_, sha256) in newest.items():
            folder = self._sessions[session_id].project_folder
            if folder is not None and hashlib.sha256(Path(folder, path).read_bytes()).hexdigest() != sha256:
                self._breach(f"The file {path} in the folder of {session_id} is not as it was journaled.")
        called = {(call.session, call.key) for call in self._calls()}
        for row in steps:
            if row.kind == "model" and (row.session_id, row.key) not in called:
                self._breach(f"Step {row.key} of {row.session_id} is committed, but nobody was asked.")

    # --- calls ---------------------------------------------------------------------------------------------------

    def _calls(self) -> list[Call]:
        return [call for call in self._system.model.calls.read() if call.session in self._sessions]

    def _repeated(self) -> list[Call]:
        never = float("inf")
        late = [c for c in self._calls() if c.started_at > self._committed_at.get((c.session, c.key), never)]
        return [call for call in late if not self._is_delayed(call)]

    def _superseded(self) -> list[tuple[Call, Call]]:
        """Return each call after which its step was asked again, with the one that did."""
        by_step: dict[StepKey, list[Call]] = defaultdict(list)
        for call in self._calls():
            by_step[call.session, call.key].append(call)
        pairs = [pair for calls in by_step.values() for pair in pairwise(calls)]
        return [(one, two) for one, two in pairs if not self._is_delayed(two)]

    def _is_delayed(self, call: Call) -> bool:
        return any(fault.may_delay(call) for fault in self.faults)

    def _in_flight(self, fault: Fault) -> int:
        """Count the calls that ran, or were not committed yet, while a fault hit."""
        again = {(one.session, one.key, one.started_at): two.started_at for one, two in self._superseded()}
        never = float("inf")
        count = 0
        for call in self._calls():
            committed = self._committed_at.get((call.session, call.key), never)
            resolved = again.get((call.session, call.key, call.started_at), committed)
            count += fault.may_cost(call, resolved)
        return count

    def count(self) -> Figures:
        """Return the figures up to now."""
        with self._lock, self._patiently() as db:
            rows = db.execute(
                select(FlowSession.state, FlowSession.last_seq, FlowSession.steps_done).where(
                    self._ours(FlowSession.id)
                )
            ).all()
            events = db.execute(select(func.count()).where(self._ours(EventRecord.session_id))).scalar_one()
            artifacts = db.execute(select(func.count()).where(self._ours(Artifact.session_id))).scalar_one()
        states = Counter(row.state for row in rows)
        return Figures(
            sessions=len(self._sessions),
            completed=states[State.COMPLETED],
            failed=states[State.FAILED],
            lost=len(self._sessions) - sum(states[state] for state in FINAL_STATES),
            steps=sum(row.steps_done for row in rows),
            calls=len(self._calls()),
            repeated=len(self._repeated()),
            gaps=sum(row.last_seq for row in rows) - events,
            extra_calls=len(self._superseded()),
            in_flight=sum(self._in_flight(fault) for fault in self.faults),
            artifacts=artifacts,
            faults=Counter(fault.kind for fault in self.faults),
        )

    # --- looking -------------------------------------------------------------------------------------------------

    def _look(self) -> None:
        """Note when steps are committed; a look that fails because of a fault is left out."""
        closed: set[str] = set()
        while not self._ended.is_set():
            self._doze()
            wanted = [session_id for session_id in list(self._sessions) if session_id not in closed]
            try:
                with self._snapshot() as db:
                    rows = db.execute(select(Step.session_id, Step.key).where(Step.session_id.in_(wanted))).all()
                    states = db.execute(
                        select(FlowSession.id, FlowSession.state).where(FlowSession.id.in_(wanted))
                    ).all()
            except SQLAlchemyError:
                continue
            seen_at = time.time()
            closed |= {row.id for row in states if row.state in FINAL_STATES}
            for row in rows:
                self._committed_at.setdefault((row.session_id, row.key), seen_at)

    def _doze(self) -> None:
        """Wait a moment; note as a fault where the machine itself stood still meanwhile, as virtual ones do at times.

        Leases go on while it sleeps, so that its sessions may be lost to each other when it wakes up.
        """
        began, slept_before = time.monotonic(), self._slept_seconds
        self._ended.wait(_LOOK_SECONDS)
        self._slept_seconds = time.time() - time.monotonic()
        stood_still = max(time.monotonic() - began, self._slept_seconds - slept_before)
        if stood_still > _STALL_SECONDS:
            self.faults.append(
                Fault(
                    kind="the machine stood still",
                    began_at=time.time() - stood_still - _LOOK_SECONDS,
                    ended_at=time.time(),
                    costs_calls_of=frozenset(slot.name for slot in self._system.workers),
                    tail_seconds=self._system.settings.lease_seconds + 2,
                    delays_calls=True,
                )
            )

    def _snapshot(self) -> Snapshot:
        return Snapshot(self._system)

    def _patiently(self) -> Snapshot:
        """Open a snapshot, also where a fault has just taken the database away."""

        def answers() -> bool:
            try:
                with self._snapshot() as db:
                    db.execute(select(1))
            except SQLAlchemyError:
                return False
            return True

        wait_until(answers, "the database answers the oracle", 30)
        return self._snapshot()

    def _ours(self, column: Any) -> Any:
        return column.in_(list(self._sessions))

    def _breach(self, sentence: str) -> None:
        if sentence not in self.breaches:
            self.breaches.append(sentence)


def _time(at: float) -> str:
    return dt.datetime.fromtimestamp(at, dt.UTC).time().isoformat("milliseconds")


class Snapshot:
    """A reading transaction that sees one moment of the whole database, on a direct line."""

    def __init__(self, system: System) -> None:
        engine = system.installation.database.engine
        self._engine = (
            engine if system.kind == "sqlite" else engine.execution_options(isolation_level="REPEATABLE READ")
        )
        self._connection: Connection | None = None

    def __enter__(self) -> Connection:
        self._connection = self._engine.connect()
        return self._connection

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._connection is not None
        self._connection.close()
