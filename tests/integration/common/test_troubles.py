"""Sessions that pause until something is back, and go on by themselves, on both databases."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import Double, select, type_coerce, update

from common.bus import Bus
from common.database import Database
from common.dispatch import Dispatcher
from common.events import LoggedEvent, SessionMoved, SessionWanted
from common.models import FlowSession, User, Worker
from common.models.base import db_now
from common.queries import claims, events, queue, wanted, workers
from common.queries.sessions import find_session
from common.queue import create_doorbell
from common.settings import Settings
from common.states import Desired, State, WaitsFor
from tests.support.data import claim, make_session, make_step, make_user, make_worker

ALIVE_SECONDS = 30.0


@pytest.fixture
def owner(database: Database) -> User:
    return make_user(database)


@pytest.fixture
def dispatcher(database: Database, make_settings: Callable[..., Settings]) -> Iterator[Dispatcher]:
    settings = make_settings(lease_seconds=ALIVE_SECONDS)
    bus = Bus("", settings.redis_prefix)
    yield Dispatcher(settings, database, bus, create_doorbell(settings))
    bus.close()


def give_up(
    database: Database, session: FlowSession, what: WaitsFor = WaitsFor.MODEL_SERVER, *, seconds: float = -1
) -> list[LoggedEvent]:
    """Let the owner run into trouble; by default the session may wake at once."""
    trouble = claims.Trouble(waits_for=what, first_seconds=seconds, most_seconds=max(seconds, 300))
    with database.write() as db:
        return claims.release_session(
            db,
            session.id,
            epoch=find_session(db, session.id).epoch,
            state=State.PAUSED,
            reason="It is away.",
            cost=claims.Cost(calls_cut=2, streams_closed=1),
            trouble=trouble,
        )


def read(database: Database, session: FlowSession) -> FlowSession:
    with database.read() as db:
        return find_session(db, session.id)


def read_wait(database: Database, session: FlowSession) -> float:
    """Return in how many seconds a session may wake, on the database's clock."""
    with database.read() as db:
        wait = type_coerce(FlowSession.wake_at, Double) - type_coerce(db_now(), Double)
        return float(db.scalars(select(wait).where(FlowSession.id == session.id)).one())


def list_wakeable(database: Database) -> list[str]:
    with database.write() as db:
        return [session.id for session in queue.lock_wakeable(db, alive_seconds=ALIVE_SECONDS)]


def touch(database: Database, *, up: bool = True, draining: bool = False, name: str = "worker-1") -> None:
    with database.write() as db:
        workers.touch_worker(db, name, draining=draining, model_server_up=up)


def test_a_session_in_trouble_says_what_it_waits_for(database: Database, owner: User) -> None:
    session = claim(database, make_session(database, owner))
    [told] = give_up(database, session, seconds=100)
    assert isinstance(told.event, SessionMoved)
    assert (told.event.status, told.event.waits_for, told.event.reason) == ("paused", "model_server", "It is away.")
    paused = read(database, session)
    assert (paused.state, paused.desired, paused.waits_for) == (State.PAUSED, Desired.RUN, WaitsFor.MODEL_SERVER)
    assert (paused.setbacks, paused.crashes, paused.lease_until) == (1, 0, None)
    assert paused.receipt == {"steps_kept": 0, "calls_cut": 2, "streams_closed": 1}
    assert read_wait(database, session) == pytest.approx(100, abs=20)


def test_each_setback_without_a_step_doubles_the_wait_up_to_the_most(database: Database, owner: User) -> None:
    session = make_session(database, owner)
    waits = []
    for _ in range(4):
        claim(database, session)
        give_up(database, session, seconds=100)
        waits.append(read_wait(database, session))
        with database.write() as db:
            wanted.want_resume(db, session.id, by=owner)
    assert waits == [pytest.approx(expected, abs=20) for expected in (100, 200, 300, 300)]
    assert read(database, session).setbacks == 4


def test_a_step_makes_the_next_wait_short_again(database: Database, owner: User) -> None:
    session = make_session(database, owner)
    for _ in range(3):
        claimed = claim(database, session)
        give_up(database, session, seconds=100)
        with database.write() as db:
            wanted.want_resume(db, session.id, by=owner)
    claimed = claim(database, session)
    make_step(database, claimed)
    assert read(database, session).setbacks == 0
    give_up(database, session, seconds=100)
    assert read_wait(database, session) == pytest.approx(100, abs=20)


@pytest.mark.parametrize(
    ("first", "most", "expected"),
    [
        (10.0, 300.0, [10.0, 20.0, 40.0, 80.0, 160.0, 300.0, 300.0]),
        (1000.0, 300.0, [1000.0, 1000.0]),
        (0.1, 300.0, [0.1, 0.2]),
    ],
)
def test_waits_double_from_the_first_up_to_the_most(first: float, most: float, expected: list[float]) -> None:
    trouble = claims.Trouble(waits_for=WaitsFor.DISK, first_seconds=first, most_seconds=most)
    assert [trouble.wait_seconds(number) for number in range(1, len(expected) + 1)] == pytest.approx(expected)
    assert trouble.wait_seconds(1_000_000) == pytest.approx(max(first, most))


def test_it_wakes_once_a_living_worker_process_sees_the_model_server(database: Database, owner: User) -> None:
    session = claim(database, make_session(database, owner))
    make_worker(database)
    give_up(database, session)
    assert list_wakeable(database) == []
    touch(database, up=True)
    assert list_wakeable(database) == [session.id]
    touch(database, up=False)
    assert list_wakeable(database) == []


def test_a_draining_worker_process_wakes_nobody(database: Database, owner: User) -> None:
    session = claim(database, make_session(database, owner))
    make_worker(database)
    give_up(database, session)
    touch(database, draining=True)
    assert list_wakeable(database) == []
    make_worker(database, "worker-2")
    touch(database, name="worker-2")
    assert list_wakeable(database) == [session.id]


def test_a_lost_worker_process_wakes_nobody(database: Database, owner: User) -> None:
    session = claim(database, make_session(database, owner))
    make_worker(database)
    give_up(database, session)
    touch(database)
    with database.write() as db:
        db.execute(update(Worker).values(last_seen=type_coerce(db_now(), Double) - ALIVE_SECONDS * 2))
    assert list_wakeable(database) == []
    touch(database)
    assert list_wakeable(database) == [session.id]


def test_nobody_wakes_before_the_time(database: Database, owner: User) -> None:
    session = claim(database, make_session(database, owner))
    make_worker(database)
    touch(database)
    give_up(database, session, seconds=100)
    assert list_wakeable(database) == []


def test_for_a_disk_only_time_tells(database: Database, owner: User) -> None:
    early, due = (claim(database, make_session(database, owner)) for _ in range(2))
    give_up(database, early, WaitsFor.DISK, seconds=100)
    give_up(database, due, WaitsFor.DISK)
    assert list_wakeable(database) == [due.id]


def test_a_session_that_somebody_paused_does_not_wake_by_itself(database: Database, owner: User) -> None:
    by_hand, in_trouble = (claim(database, make_session(database, owner)) for _ in range(2))
    make_worker(database)
    touch(database)
    with database.write() as db:
        wanted.want_pause(db, by_hand.id, by=owner)
    give_up(database, by_hand)
    give_up(database, in_trouble)
    with database.write() as db:
        session, told = wanted.want_pause(db, in_trouble.id, by=owner)
        assert [event.event for event in told] == [SessionWanted(desired=Desired.PAUSE, by=owner.email)]
        assert (session.state, session.desired, session.waits_for) == (State.PAUSED, Desired.PAUSE, None)
    assert read(database, by_hand).waits_for is None
    assert read(database, by_hand).setbacks == 0
    assert list_wakeable(database) == []


def test_a_session_in_trouble_is_resumed_by_hand_at_once(database: Database, owner: User) -> None:
    session = claim(database, make_session(database, owner))
    give_up(database, session, seconds=100)
    with database.write() as db:
        resumed, told = wanted.want_resume(db, session.id, by=owner)
    assert (resumed.state, resumed.waits_for, resumed.reason) == (State.QUEUED, None, None)
    assert [event.event for event in told] == [SessionMoved(status=State.QUEUED, epoch=1)]
    assert list_wakeable(database) == []
    assert claim(database, session, "w2").epoch == 2


def test_one_that_was_paused_in_trouble_goes_on_when_it_is_resumed(database: Database, owner: User) -> None:
    session = claim(database, make_session(database, owner))
    give_up(database, session)
    with database.write() as db:
        wanted.want_pause(db, session.id, by=owner)
        resumed, _ = wanted.want_resume(db, session.id, by=owner)
    assert (resumed.state, resumed.desired) == (State.QUEUED, Desired.RUN)


def test_the_reconciler_wakes_it_and_the_log_tells(database: Database, owner: User, dispatcher: Dispatcher) -> None:
    session = claim(database, make_session(database, owner))
    make_worker(database)
    give_up(database, session)
    dispatcher.reconcile()
    assert read(database, session).state == State.PAUSED
    touch(database)
    dispatcher.reconcile()
    woken = read(database, session)
    assert (woken.state, woken.waits_for, woken.reason, woken.setbacks) == (State.QUEUED, None, None, 1)
    with database.read() as db:
        assert events.read_events(db, session.id)[-1].event == SessionMoved(status=State.QUEUED, epoch=1)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)  # SQLite lets one writer in at a time
def test_the_reconciler_leaves_out_what_another_transaction_holds(
    database: Database, owner: User, dispatcher: Dispatcher
) -> None:
    held, free = (claim(database, make_session(database, owner)) for _ in range(2))
    for session in (held, free):
        give_up(database, session, WaitsFor.DISK)
    with database.write() as db:
        db.scalar(select(FlowSession).where(FlowSession.id == held.id).with_for_update(of=FlowSession))
        dispatcher.reconcile()
    assert (read(database, held).state, read(database, free).state) == (State.PAUSED, State.QUEUED)
