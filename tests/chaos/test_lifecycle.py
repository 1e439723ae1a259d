"""Sessions in every order of events, on both databases, beside a model that knows no SQL.

A state machine does to a few sessions what people, worker processes and the reconciler do, in orders that nobody
thought of. After each step the rows, the journal and the log have to be what the model says.
"""

from __future__ import annotations

import contextlib
import enum
import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import Double, delete, event, func, select, type_coerce, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from common.bus import Bus
from common.database import Database
from common.dispatch import Dispatcher
from common.errors import Conflict, LeaseLost, NotFound
from common.events import Notice
from common.models import EventRecord, FlowSession, Step, User, Worker
from common.models.base import db_now
from common.queries import claims, events, queue, sessions, steps, wanted, workers
from common.queue import create_doorbell
from common.states import MOVES, Desired, State, WaitsFor
from tests.chaos.session_model import Claim, Life, Process, order_queue
from tests.support.data import make_session, make_user, new_step

T = TypeVar("T")

_QUICKLY = settings(
    max_examples=60,
    stateful_step_count=30,
    deadline=None,
    derandomize=True,  # a failure is a failure of the code, today as tomorrow
    database=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.generate],  # looking for the shortest way to a failure takes minutes
)

_MOST_SESSIONS = 4
_CRASH_LIMIT = 2
#: Longer than any test: leases and living workers end where a rule says so.
_LEASE_SECONDS = 3600.0
_RING_AGAIN_SECONDS = 600.0
_FIRST_WAIT, _LONGEST_WAIT = 1000.0, 3000.0

_WANTS = {Desired.STOP: wanted.want_stop, Desired.PAUSE: wanted.want_pause, Desired.RUN: wanted.want_resume}

#: Which of several things; those there are begin anew after the last one.
numbers = st.integers(0, 11)


class Delivery(enum.Enum):
    """How a worker's write goes."""

    WELL = "well"
    #: It was committed, which its writer does not hear: it writes again.
    ANSWER_LOST = "answer lost"
    #: The connection broke before the commit: its writer writes again.
    BROKEN_OFF = "broken off"


deliveries = st.sampled_from(Delivery)
wishes = st.none() | st.sampled_from(Desired)


class Witness(enum.Enum):
    """Who says that the model server is back."""

    NOBODY = "nobody"
    WORKER = "a worker process"
    DRAINING = "one that drains"
    LOST = "one that was lost since"


class BrokenOffError(Exception):
    """The end of a transaction that is not to be committed."""


@dataclass(frozen=True, kw_only=True)
class Installation:
    """What outlives the examples."""

    database: Database
    dispatcher: Dispatcher
    #: The members, then an admin.
    people: tuple[User, ...]


@dataclass(frozen=True)
class Rows:
    """All that the database has."""

    sessions: list[dict[str, Any]]
    steps: list[dict[str, Any]]
    events: list[dict[str, Any]]
    #: Each queued session's place in the queue.
    positions: dict[str, int]


class Lifecycle(RuleBasedStateMachine):
    """A few sessions, two worker processes and a reconciler."""

    installation: ClassVar[Installation]

    def __init__(self) -> None:
        super().__init__()
        self.database = self.installation.database
        *self.members, self.admin = self.installation.people
        self.lives: list[Life] = []
        self.processes = [Process(f"worker-{number}", seats=1) for number in range(2)]
        #: Claims that own nothing any more, but whose worker processes may not know it yet.
        self.lost: list[Claim] = []
        #: Rows as they were when they became final, and steps as they were committed.
        self.final: dict[str, tuple[Any, ...]] = {}
        self.committed: dict[tuple[str, str], dict[str, Any]] = {}
        self.created = self.keys = 0

    def teardown(self) -> None:
        with self.database.write() as db:
            db.execute(delete(FlowSession))
            db.execute(delete(Worker))

    # --- what the rules speak of ---------------------------------------------------------------------------------

    @property
    def owned(self) -> list[Life]:
        """The sessions whose worker process is at work on them."""
        return [life for life in self.lives if life.claim is not None and not life.claim.is_dead]

    @property
    def running(self) -> list[Life]:
        """The sessions that have an owner, be it at work or gone."""
        return self.among(State.RUNNING)

    def among(self, *states: State) -> list[Life]:
        """Return the sessions in one of these states."""
        return [life for life in self.lives if life.state in states]

    def shift(self, column: Any, seconds: float, *conditions: Any) -> None:
        """Move a time of some rows into the past, as if so much had passed."""
        with self.database.write() as db:
            past = type_coerce(db_now(), Double) - seconds
            statement = update(column.class_).where(*conditions).values({column: past})
            db.execute(statement.execution_options(synchronize_session=False))

    def read(self) -> Rows:
        """Return all that the database has."""
        with self.database.read() as db:
            now = db_now()
            over = func.coalesce(FlowSession.lease_until < now, False).label("lease_is_over")
            columns = FlowSession.__table__.columns
            return Rows(
                [dict(row) for row in db.execute(select(*columns, over).order_by(columns.id)).mappings()],
                _rows(db, select(*Step.__table__.columns).order_by(Step.session_id, Step.position)),
                _rows(db, select(*EventRecord.__table__.columns).order_by(EventRecord.session_id, EventRecord.seq)),
                queue.read_positions(db),
            )

    def deliver(
        self,
        claim: Claim,
        delivery: Delivery,
        work: Callable[[Session], T],
        find: Callable[[Session], T] | None = None,
    ) -> T:
        """Write as a journal does, under the claim's next number. Without `find` the write moves the session away."""
        claim.number += 1

        def attempt(*, breaks: bool = False) -> T:
            with self.database.write() as db:
                if claims.begin_write(db, claim.session_id, epoch=claim.epoch, number=claim.number):
                    value = work(db)
                    if breaks:
                        raise BrokenOffError
                    return value
                assert find is not None, "a write that moved the session away was found"
                return find(db)

        if delivery is Delivery.BROKEN_OFF:
            with pytest.raises(BrokenOffError):
                attempt(breaks=True)
        value = attempt()
        claim.written = claim.number
        if delivery is Delivery.ANSWER_LOST:
            before = self.read()
            if find is None:
                with pytest.raises(LeaseLost):
                    attempt()
            else:
                assert attempt() == value
            assert self.read() == before
        return value

    def lose(self, life: Life) -> None:
        """Note that the present claim is about to own nothing."""
        if life.claim is not None:
            self.lost.append(life.claim)

    def pick_lost(self, number: int) -> Claim:
        """Return a claim that owns nothing, of a session that has another owner where there is one."""
        running = {life.id for life in self.running}
        return _pick([claim for claim in self.lost if claim.session_id in running] or self.lost, number)

    # --- people --------------------------------------------------------------------------------------------------

    @initialize()
    def begin(self) -> None:
        for process in self.processes:
            self.register(process)
        for owner in (0, 0, 1):
            self.create(owner)
        self.heed_a_doorbell(0, 0, 1)
        # One of them has an owner before, so that there is somebody who may write too late.
        self.hand_back(0, Delivery.WELL)
        self.heed_a_doorbell(0, 1, 1)

    @precondition(lambda self: len(self.lives) < _MOST_SESSIONS)
    @rule(owner=numbers)
    def create(self, owner: int) -> None:
        person = self.members[owner % len(self.members)]
        self.created += 1
        key = f"key-{self.created}"
        session = make_session(self.database, person, idempotency_key=key)
        assert make_session(self.database, person, idempotency_key=key).id == session.id
        self.lives.append(Life(session.id, person.id, self.created))

    @precondition(lambda self: self.lives)
    @rule(
        which=numbers,
        desires=st.lists(st.sampled_from(Desired), min_size=1, max_size=3),
        among=st.sampled_from(["running", "in trouble", "all"]),
        by_admin=st.booleans(),
    )
    def change_ones_mind(self, which: int, desires: list[Desired], among: str, *, by_admin: bool) -> None:
        """Want one thing of a session, then perhaps another."""
        waking = [life for life in self.lives if life.is_waking]
        chosen = {"running": self.running, "in trouble": waking, "all": self.lives}[among]
        life = _pick(chosen or self.lives, which)
        for desired in desires:
            self.want(life, desired, by_admin=by_admin)

    def want(self, life: Life, desired: Desired, *, by_admin: bool) -> None:
        act = _WANTS[desired]
        [stranger] = [person for person in self.members if person.id != life.owner_id]
        [owner] = [person for person in self.members if person.id == life.owner_id]
        with pytest.raises(NotFound), self.database.write() as db:
            act(db, life.id, by=stranger)
        refused = life.is_final or (life.desired is Desired.STOP and desired is not Desired.STOP)
        with pytest.raises(Conflict) if refused else contextlib.nullcontext(), self.database.write() as db:
            act(db, life.id, by=self.admin if by_admin else owner)
        if refused:
            return
        match desired, life.state:
            case _, State.RUNNING:
                life.want(desired)
            case Desired.PAUSE, State.PAUSED:
                life.want(desired)
            case Desired.RUN, State.QUEUED:
                pass
            case Desired.RUN, State.PAUSED:
                life.desired = desired
                life.leave(State.QUEUED)
            case Desired.PAUSE, _:
                life.desired = desired
                life.leave(State.PAUSED, receipt=life.make_receipt())
            case Desired.STOP, _:
                life.desired = desired
                life.leave(State.STOPPED, receipt=life.make_receipt())

    @precondition(lambda self: any(life.is_final for life in self.lives))
    @rule(which=numbers)
    def remove(self, which: int) -> None:
        life = _pick(self.lives, which)
        with contextlib.nullcontext() if life.is_final else pytest.raises(Conflict), self.database.write() as db:
            sessions.delete_session(db, life.id, by=self.admin)
        if life.is_final:
            self.lives.remove(life)

    # --- worker processes ----------------------------------------------------------------------------------------

    @precondition(lambda self: self.among(State.QUEUED))
    @rule(which=numbers, by=numbers, count=st.integers(0, 2))
    def heed_a_doorbell(self, which: int, by: int, count: int) -> None:
        life = _pick(self.among(State.QUEUED), which)
        self.claim(life, _pick(self.processes, by))
        for _ in range(count):
            self.do_step(life, Delivery.WELL)

    @precondition(lambda self: len(self.among(State.QUEUED)) < len(self.lives))
    @rule(which=numbers, by=numbers)
    def heed_a_doorbell_that_is_late(self, which: int, by: int) -> None:
        others = [life for life in self.lives if life.state is not State.QUEUED]
        self.claim(_pick(others, which), _pick(self.processes, by))

    def claim(self, life: Life, process: Process) -> None:
        with self.database.write() as db:
            claimed = claims.claim_session(
                db, life.id, worker=process.name, lease_seconds=_LEASE_SECONDS, flow_version=1
            )
        assert (claimed is not None) == (life.state is State.QUEUED)
        if claimed is not None:
            life.take(process.name)
            assert claimed[0].epoch == life.epoch

    def claim_all(self) -> None:
        """Claim what waits, each process in turn."""
        for number, life in enumerate(self.among(State.QUEUED)):
            self.claim(life, _pick(self.processes, number))

    @precondition(lambda self: self.owned)
    @rule(which=numbers, delivery=deliveries)
    def commit(self, which: int, delivery: Delivery) -> None:
        self.do_step(_pick(self.owned, which), delivery)

    def do_step(self, life: Life, delivery: Delivery) -> None:
        assert life.claim is not None
        self.keys += 1
        key, epoch = f"step-{self.keys}", life.epoch
        position = self.deliver(
            life.claim,
            delivery,
            lambda db: steps.commit_step(db, life.id, new_step(key), epoch=epoch, planned=self.keys % 3)[0],
            lambda db: steps.find_position(db, life.id, key),
        )
        life.commit(key, told=1)
        assert position == len(life.steps)

    @precondition(lambda self: any(life.steps for life in self.owned))
    @rule(which=numbers, step=numbers)
    def commit_what_is_committed(self, which: int, step: int) -> None:
        life = _pick([life for life in self.owned if life.steps], which)
        assert life.claim is not None
        again = new_step(_pick(life.steps, step), text="Another answer.")
        with pytest.raises(IntegrityError):
            self.deliver(life.claim, Delivery.WELL, lambda db: steps.commit_step(db, life.id, again, epoch=life.epoch))

    @precondition(lambda self: self.owned)
    @rule(which=numbers, delivery=deliveries, count=st.integers(0, 3))
    def tell(self, which: int, delivery: Delivery, count: int) -> None:
        life = _pick(self.owned, which)
        assert life.claim is not None
        told: list[Any] = [Notice(message=f"{number} of {count}") for number in range(count)]
        self.deliver(
            life.claim,
            delivery,
            lambda db: len(events.append_events(db, life.id, told, epoch=life.epoch)),
            lambda db: count,
        )
        life.last_seq += count

    @precondition(lambda self: self.owned)
    @rule(which=numbers, delivery=deliveries, state=st.sampled_from([State.COMPLETED, State.FAILED, State.STOPPED]))
    def finish(self, which: int, delivery: Delivery, state: State) -> None:
        life = _pick(self.owned, which)
        assert life.claim is not None
        cost = claims.Cost(calls_cut=2, streams_closed=2) if state is State.STOPPED else None
        self.lose(life)
        self.deliver(
            life.claim,
            delivery,
            lambda db: claims.finish_session(db, life.id, epoch=life.epoch, state=state, result="Done.", cost=cost),
        )
        life.leave(state, receipt=None if cost is None else life.make_receipt(2))

    @precondition(lambda self: self.owned)
    @rule(which=numbers, delivery=deliveries)
    def hand_back(self, which: int, delivery: Delivery) -> None:
        """Be drained, or heed a pause."""
        self.release(_pick(self.owned, which), delivery, State.QUEUED, None)

    @precondition(lambda self: self.owned)
    @rule(
        which=numbers,
        delivery=deliveries,
        what=st.sampled_from(WaitsFor),
        again=st.integers(0, 2),
        desired=wishes,
        seen_by=st.sampled_from(Witness),
    )
    def meet_trouble(
        self, which: int, delivery: Delivery, what: WaitsFor, again: int, desired: Desired | None, seen_by: Witness
    ) -> None:
        """Pause until something is back, perhaps again as soon as it goes on."""
        life = _pick(self.owned, which)
        self.release(life, delivery, State.PAUSED, what)
        for _ in range(again):
            if life.is_waking:
                self.wait_long_enough(Witness.WORKER, claimed=True)
            if life in self.owned:
                self.release(life, delivery, State.PAUSED, what)
        if desired is not None:
            self.want(life, desired, by_admin=False)
        self.wait_long_enough(seen_by, claimed=False)

    def release(self, life: Life, delivery: Delivery, state: State, what: WaitsFor | None) -> None:
        assert life.claim is not None
        trouble = None
        if what is not None:
            trouble = claims.Trouble(waits_for=what, first_seconds=_FIRST_WAIT, most_seconds=_LONGEST_WAIT)
        cost = claims.Cost(calls_cut=1, streams_closed=1)
        self.lose(life)
        self.deliver(
            life.claim,
            delivery,
            lambda db: claims.release_session(
                db, life.id, epoch=life.epoch, state=state, reason="It gave up.", cost=cost, trouble=trouble
            ),
        )
        life.release(state, calls_cut=1, waits_for=what)
        if life.waits_for is not None:
            with self.database.read() as db:
                waits = select(type_coerce(FlowSession.wake_at, Double) - type_coerce(db_now(), Double))
                seconds = db.scalar(waits.where(FlowSession.id == life.id))
            assert seconds == pytest.approx(min(_FIRST_WAIT * 2 ** (life.setbacks - 1), _LONGEST_WAIT), abs=100)

    @rule(by=numbers)
    def renew(self, by: int) -> None:
        """Renew in one statement what a process believes to own, also what it lost."""
        process = _pick(self.processes, by)
        owned = {life.id: life for life in self.owned if life.claim and life.claim.worker == process.name}
        epochs = {claim.session_id: claim.epoch for claim in self.lost if claim.worker == process.name}
        epochs |= {life.id: life.epoch for life in owned.values()}
        with self.database.write() as db:
            told = claims.renew_leases(db, epochs, worker=process.name, lease_seconds=_LEASE_SECONDS)
        assert told == {life.id: life.desired for life in owned.values()}
        for life in owned.values():
            life.lease_is_over = False

    @precondition(lambda self: self.lost)
    @rule(which=numbers)
    def write_too_late(self, which: int) -> None:
        """Write under a claim that owns nothing any more, as a process does that was frozen."""
        claim = self.pick_lost(which)
        session_id, epoch = claim.session_id, claim.epoch
        writes: list[Callable[[Session], object]] = [
            lambda db: claims.begin_write(db, session_id, epoch=epoch, number=claim.number + 1),
            lambda db: steps.commit_step(db, session_id, new_step("too late"), epoch=epoch),
            lambda db: events.append_events(db, session_id, [Notice(message="Too late.")], epoch=epoch),
            lambda db: claims.finish_session(db, session_id, epoch=epoch, state=State.COMPLETED, result="Too late."),
            lambda db: claims.release_session(db, session_id, epoch=epoch, state=State.QUEUED, reason="Too late."),
            lambda db: claims.set_model(db, session_id, epoch=epoch, model="too-late"),
        ]
        before = self.read()
        for write in writes:
            with pytest.raises(LeaseLost), self.database.write() as db:
                write(db)
        assert self.read() == before

    @precondition(lambda self: self.lost)
    @rule(which=numbers)
    def renew_too_late(self, which: int) -> None:
        """Renew a claim that is over, just when its next owner is slow."""
        claim = self.pick_lost(which)
        owners = [life for life in self.running if life.id == claim.session_id]
        for life in owners:
            self.expire(life)
        with self.database.write() as db:
            old = {claim.session_id: claim.epoch}
            assert claims.renew_leases(db, old, worker=claim.worker, lease_seconds=_LEASE_SECONDS) == {}
        for life in owners:
            # The process that claimed it anew is at least there.
            life.lease_is_over = life.claim is None or life.claim.worker != claim.worker

    @precondition(lambda self: self.running)
    @rule(which=numbers, desired=wishes, rescued=st.booleans())
    def let_a_lease_end(self, which: int, desired: Desired | None, *, rescued: bool) -> None:
        """Let a worker process be slow: it is there still, but its lease is over."""
        life = _pick(self.running, which)
        if desired is not None:
            self.want(life, desired, by_admin=False)
        self.expire(life)
        if rescued:
            self.reconcile()

    @precondition(lambda self: self.running)
    @rule(which=numbers, desired=wishes, rescued=st.booleans(), claimed=st.booleans())
    def crash(self, which: int, desired: Desired | None, *, rescued: bool, claimed: bool) -> None:
        """End the process that owns a session, and start another one in its place."""
        life = _pick(self.running, which)
        assert life.claim is not None
        if desired is not None:
            self.want(life, desired, by_admin=True)
        for other in self.running:
            if other.claim is not None and other.claim.worker == life.claim.worker:
                other.claim.is_dead = True
                self.expire(other)
        for process in self.processes:
            if process.name == life.claim.worker:
                self.shift(Worker.last_seen, _LEASE_SECONDS * 2, Worker.name == process.name)
                process.name += "'"
                self.register(process)
        if rescued:
            self.reconcile()
        if claimed:
            self.claim_all()

    def expire(self, life: Life) -> None:
        self.shift(FlowSession.lease_until, 60, FlowSession.id == life.id)
        life.lease_is_over = True

    def register(self, process: Process) -> None:
        process.is_lost = process.is_forgotten = process.model_server_up = process.draining = False
        with self.database.write() as db:
            workers.register_worker(db, Worker(name=process.name, host="here", pid=1, version="0", seats=process.seats))

    @rule(which=numbers, up=st.booleans(), draining=st.booleans())
    def touch(self, which: int, *, up: bool, draining: bool) -> None:
        process = _pick(self.processes, which)
        with self.database.write() as db:
            found = workers.touch_worker(db, process.name, draining=draining, model_server_up=up)
        assert found is (None if process.is_forgotten else False)
        if found is None:
            self.register(process)
        else:
            process.is_lost, process.model_server_up, process.draining = False, up, draining

    @rule(which=numbers, for_long=st.booleans())
    def hear_nothing_of_a_worker(self, which: int, *, for_long: bool) -> None:
        process = _pick(self.processes, which)
        self.shift(Worker.last_seen, _LEASE_SECONDS * (11 if for_long else 2), Worker.name == process.name)
        process.is_lost = True
        if for_long:
            self.reconcile()
            process.is_forgotten = True

    # --- the dispatcher and the reconciler -----------------------------------------------------------------------

    @precondition(lambda self: self.among(State.QUEUED))
    @rule()
    def ring(self) -> None:
        free = sum(process.seats for process in self.processes if process.offers_seats)
        free -= len(self.running) + len([life for life in self.lives if life.is_ringing])
        due = [life for life in order_queue(self.lives) if not life.is_ringing][: max(0, free)]
        assert self.installation.dispatcher.ring() == [life.id for life in due]
        for life in due:
            life.is_ringing = life.was_rung = True

    @precondition(lambda self: any(life.is_ringing for life in self.lives))
    @rule()
    def let_doorbells_fade(self) -> None:
        self.shift(FlowSession.rung_at, _RING_AGAIN_SECONDS * 2, FlowSession.rung_at.is_not(None))
        for life in self.lives:
            life.is_ringing = False

    @precondition(lambda self: self.among(State.PAUSED))
    @rule(seen_by=st.sampled_from(Witness), claimed=st.booleans())
    def wait_long_enough(self, seen_by: Witness, *, claimed: bool) -> None:
        """Let whoever waits be due, be the model server seen or not."""
        self.shift(FlowSession.wake_at, 60, FlowSession.wake_at.is_not(None), FlowSession.state == State.PAUSED)
        for life in self.among(State.PAUSED):
            life.wake_is_due = True
        for number in range(len(self.processes)):
            self.touch(number, up=False, draining=False)
        if seen_by is not Witness.NOBODY:
            self.touch(0, up=True, draining=seen_by is Witness.DRAINING)
        if seen_by is Witness.LOST:
            self.hear_nothing_of_a_worker(0, for_long=False)
        self.reconcile()
        if claimed:
            self.claim_all()

    @precondition(lambda self: any(life.lease_is_over or life.is_waking for life in self.lives))
    @rule()
    def reconcile(self) -> None:
        self.installation.dispatcher.reconcile()
        server_is_back = any(process.offers_seats and process.model_server_up for process in self.processes)
        for life in self.lives:
            if life.state is State.RUNNING and life.lease_is_over:
                self.lose(life)
                life.rescue(_CRASH_LIMIT)
            elif life.is_waking and life.wake_is_due and (life.waits_for is WaitsFor.DISK or server_is_back):
                life.leave(State.QUEUED)

    # --- what always holds ---------------------------------------------------------------------------------------

    @invariant()
    def everything_is_as_the_model_says(self) -> None:
        rows = self.read()
        assert rows.positions == {life.id: place for place, life in enumerate(order_queue(self.lives), start=1)}
        assert {row["id"] for row in rows.sessions} == {life.id for life in self.lives}
        assert {item["session_id"] for item in rows.steps + rows.events} <= {life.id for life in self.lives}
        for life in self.lives:
            [row] = [row for row in rows.sessions if row["id"] == life.id]
            self.check_row(life, row)
            self.check_journal(life, row, [step for step in rows.steps if step["session_id"] == life.id])
            self.check_log(life, row, [event for event in rows.events if event["session_id"] == life.id])

    def check_row(self, life: Life, row: dict[str, Any]) -> None:
        stored = row | {
            "has_lease": row["lease_until"] is not None,
            "was_rung": row["rung_at"] is not None,
            "has_ended": row["ended_at"] is not None,
        }
        expected = life.to_row()
        assert {name: stored[name] for name in expected} == expected
        if life.claim is not None:
            assert (row["worker"], row["epoch"], row["writes"]) == (
                life.claim.worker,
                life.claim.epoch,
                life.claim.written,
            )
        if life.state is State.FAILED and life.crashes >= _CRASH_LIMIT:
            assert row["error"] == f"Its worker process died {life.crashes} times in a row without a new step."
        if life.is_final:
            assert self.final.setdefault(life.id, tuple(row.values())) == tuple(row.values())

    def check_journal(self, life: Life, row: dict[str, Any], journal: list[dict[str, Any]]) -> None:
        assert [step["key"] for step in journal] == life.steps
        assert [step["position"] for step in journal] == list(range(1, len(journal) + 1))
        for step in journal:
            assert self.committed.setdefault((life.id, step["key"]), step) == step
        for total in ("prompt_tokens", "output_tokens"):
            assert row[total] == sum(step[total] for step in journal)
        assert row["steps_planned"] >= row["steps_done"]
        assert life.state is not State.COMPLETED or row["steps_planned"] == row["steps_done"]

    def check_log(self, life: Life, row: dict[str, Any], log: list[dict[str, Any]]) -> None:
        assert [event["seq"] for event in log] == list(range(1, row["last_seq"] + 1))
        told = [event["data"] for event in log if event["type"] == "session_moved"]
        assert [(move["status"], move["epoch"]) for move in told] == life.moves
        for before, after in itertools.pairwise(told):
            assert after["status"] in MOVES[State(before["status"])]
            assert after["epoch"] == before["epoch"] + (after["status"] == State.RUNNING)
        last = told[-1]
        assert (last["status"], last["error"]) == (row["state"], row["error"])
        assert row["waits_for"] in {None, last["waits_for"]}
        if last["status"] == State.RUNNING:
            assert last["worker"] == row["worker"]
        elif last["receipt"] is not None:
            assert last["receipt"] == row["receipt"]
        if life.state in {State.PAUSED, State.STOPPED}:
            assert last["receipt"] is not None


def _pick(things: list[T], number: int) -> T:
    return things[number % len(things)]


def _rows(db: Session, query: Any) -> list[dict[str, Any]]:
    return [dict(row) for row in db.execute(query).mappings()]


@pytest.mark.timeout(420)  # for a machine that has much else to do
def test_sessions_live_as_the_model_says_whatever_happens_in_whatever_order(
    database: Database, make_settings: Callable[..., Any]
) -> None:
    if database.is_sqlite:  # no machine loses its power here, so that nothing has to reach the disk
        event.listen(database.engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous=OFF"))
        database.dispose()
    alone = make_settings(
        lease_seconds=_LEASE_SECONDS, ring_again_seconds=_RING_AGAIN_SECONDS, crash_limit=_CRASH_LIMIT
    )
    bus = Bus("", alone.redis_prefix)
    here = Installation(
        database=database,
        dispatcher=Dispatcher(alone, database, bus, create_doorbell(alone)),
        people=(
            make_user(database),
            make_user(database, "bob@example.org"),
            make_user(database, "root@example.org", admin=True),
        ),
    )

    class Here(Lifecycle):
        installation = here

    run_state_machine_as_test(Here, settings=_QUICKLY)
    bus.close()
