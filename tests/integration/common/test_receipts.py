"""What a pause or a stop cost, on each way to it, on both databases."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from common.bus import Bus
from common.database import Database
from common.dispatch import Dispatcher
from common.events import Receipt, SessionMoved
from common.models import FlowSession, User
from common.queries import claims, events, wanted
from common.queries.sessions import find_session
from common.queue import create_doorbell
from common.settings import Settings
from common.states import State
from tests.support.data import claim, make_session, make_step, make_user

COST = claims.Cost(calls_cut=3, streams_closed=2)


@pytest.fixture
def owner(database: Database) -> User:
    return make_user(database)


@pytest.fixture
def dispatcher(database: Database, make_settings: Callable[..., Settings]) -> Iterator[Dispatcher]:
    settings = make_settings(crash_limit=2)
    bus = Bus("", settings.redis_prefix)
    yield Dispatcher(settings, database, bus, create_doorbell(settings))
    bus.close()


def start(database: Database, owner: User, *, steps: int = 2, seconds: float = 30) -> FlowSession:
    """Return a running session with so many steps."""
    session = claim(database, make_session(database, owner), seconds=seconds)
    for number in range(steps):
        make_step(database, session, f"step-{number}")
    return session


def check(database: Database, session: FlowSession, state: State, receipt: Receipt | None) -> FlowSession:
    """Assert that row and log agree on where a session is and what that cost."""
    with database.read() as db:
        stored = find_session(db, session.id)
        last = events.read_events(db, session.id)[-1].event
    assert isinstance(last, SessionMoved)
    assert (stored.state, last.status, last.receipt) == (state, state, receipt)
    assert stored.receipt == (None if receipt is None else receipt.model_dump())
    return stored


def test_a_queued_session_that_is_stopped_or_paused_loses_nothing(database: Database, owner: User) -> None:
    stopped, paused = (make_session(database, owner) for _ in range(2))
    with database.write() as db:
        wanted.want_stop(db, stopped.id, by=owner)
        wanted.want_pause(db, paused.id, by=owner)
    check(database, stopped, State.STOPPED, Receipt(steps_kept=0))
    check(database, paused, State.PAUSED, Receipt(steps_kept=0))


def test_a_session_that_was_handed_back_keeps_its_steps_when_it_is_stopped(database: Database, owner: User) -> None:
    session = start(database, owner)
    with database.write() as db:
        claims.release_session(db, session.id, epoch=1, state=State.QUEUED, cost=COST)
    check(database, session, State.QUEUED, None)  # a drain is nothing that anybody asked for
    with database.write() as db:
        wanted.want_stop(db, session.id, by=owner)
    check(database, session, State.STOPPED, Receipt(steps_kept=2))


def test_a_running_session_that_is_stopped_tells_what_was_cut(database: Database, owner: User) -> None:
    session = start(database, owner)
    with database.write() as db:
        wanted.want_stop(db, session.id, by=owner)
        claims.finish_session(db, session.id, epoch=1, state=State.STOPPED, cost=COST)
    check(database, session, State.STOPPED, Receipt(steps_kept=2, calls_cut=3, streams_closed=2))


@pytest.mark.parametrize("state", [State.QUEUED, State.PAUSED])
@pytest.mark.parametrize("stop", [True, False])
def test_what_is_wanted_by_now_outranks_why_a_session_is_given_up(
    database: Database, owner: User, state: State, *, stop: bool
) -> None:
    session = start(database, owner)
    with database.write() as db:
        (wanted.want_stop if stop else wanted.want_pause)(db, session.id, by=owner)
        claims.release_session(db, session.id, epoch=1, state=state, reason="Something else.", cost=COST)
    expected = Receipt(steps_kept=2, calls_cut=3, streams_closed=2)
    assert check(database, session, State.STOPPED if stop else State.PAUSED, expected).reason is None


def test_a_session_that_ends_by_itself_has_no_receipt(database: Database, owner: User) -> None:
    for state in (State.COMPLETED, State.FAILED):
        session = start(database, owner)
        with database.write() as db:
            claims.finish_session(db, session.id, epoch=1, state=state)
        check(database, session, state, None)


def test_a_receipt_stays_until_the_next_one(database: Database, owner: User) -> None:
    session = start(database, owner)
    with database.write() as db:
        wanted.want_pause(db, session.id, by=owner)
        claims.release_session(db, session.id, epoch=1, state=State.QUEUED, cost=COST)
        wanted.want_resume(db, session.id, by=owner)
    with database.read() as db:
        assert find_session(db, session.id).receipt == {"steps_kept": 2, "calls_cut": 3, "streams_closed": 2}
    with database.write() as db:
        wanted.want_stop(db, session.id, by=owner)
    check(database, session, State.STOPPED, Receipt(steps_kept=2))


def test_a_session_whose_worker_process_is_gone_is_stopped_as_was_wanted(
    database: Database, owner: User, dispatcher: Dispatcher
) -> None:
    session = start(database, owner, seconds=-1)
    with database.write() as db:
        wanted.want_stop(db, session.id, by=owner)
    dispatcher.reconcile()
    stopped = check(database, session, State.STOPPED, Receipt(steps_kept=2))
    assert (stopped.reason, stopped.lease_until) == ("Stopped; its worker process was gone.", None)
    assert stopped.ended_at is not None


def test_a_session_whose_worker_process_is_gone_is_paused_as_was_wanted(
    database: Database, owner: User, dispatcher: Dispatcher
) -> None:
    session = start(database, owner, seconds=-1)
    with database.write() as db:
        wanted.want_pause(db, session.id, by=owner)
    dispatcher.reconcile()
    paused = check(database, session, State.PAUSED, Receipt(steps_kept=2))
    assert (paused.reason, paused.lease_until) == ("Paused; its worker process was gone.", None)


def test_a_session_that_loses_its_worker_process_again_and_again_fails(
    database: Database, owner: User, dispatcher: Dispatcher
) -> None:
    session = start(database, owner, seconds=-1)
    dispatcher.reconcile()
    check(database, session, State.QUEUED, None)
    make_step(database, claim(database, session, seconds=-1), "progress")
    dispatcher.reconcile()
    assert check(database, session, State.QUEUED, None).crashes == 1
    claim(database, session, seconds=-1)
    dispatcher.reconcile()
    failed = check(database, session, State.FAILED, None)
    assert (failed.crashes, failed.steps_done) == (2, 3)
    assert failed.error == "Its worker process died 2 times in a row without a new step."
