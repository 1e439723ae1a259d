"""Numbered writes: one whose answer was lost is found, one of an old claim is refused, on both databases."""

from __future__ import annotations

import threading

import pytest

from common.database import Database
from common.errors import LeaseLost
from common.events import Notice
from common.models import FlowSession
from common.queries import claims, events
from common.queries.sessions import find_session
from common.states import State
from tests.support.data import claim, make_session, make_user


@pytest.fixture
def session(database: Database) -> FlowSession:
    return claim(database, make_session(database, make_user(database)))


def begin(database: Database, session: FlowSession, number: int, *, epoch: int = 1) -> bool:
    with database.write() as db:
        return claims.begin_write(db, session.id, epoch=epoch, number=number)


def read_writes(database: Database, session: FlowSession) -> int:
    with database.read() as db:
        return find_session(db, session.id).writes


def test_each_number_begins_once(database: Database, session: FlowSession) -> None:
    assert [begin(database, session, number) for number in (1, 1, 2, 2, 1)] == [True, False, True, False, False]
    assert read_writes(database, session) == 2


def test_a_number_may_be_left_out(database: Database, session: FlowSession) -> None:
    assert begin(database, session, 3)
    assert not begin(database, session, 2)


def test_a_write_that_broke_off_begins_again(database: Database, session: FlowSession) -> None:
    with pytest.raises(ZeroDivisionError), database.write() as db:  # noqa: PT012 - as a line that breaks off
        assert claims.begin_write(db, session.id, epoch=1, number=1)
        raise ZeroDivisionError
    assert read_writes(database, session) == 0
    assert begin(database, session, 1)


def test_an_older_or_a_later_epoch_is_refused_and_changes_nothing(database: Database, session: FlowSession) -> None:
    with database.write() as db:
        claims.release_session(db, session.id, epoch=1, state=State.QUEUED)
    claim(database, session, "w2")
    for epoch in (0, 1, 3):
        with pytest.raises(LeaseLost, match=f"no longer owned by epoch {epoch}"):
            begin(database, session, 1, epoch=epoch)
    assert read_writes(database, session) == 0
    assert begin(database, session, 1, epoch=2)


def test_each_claim_counts_its_writes_from_one(database: Database, session: FlowSession) -> None:
    for number in range(1, 4):
        assert begin(database, session, number)
    with database.write() as db:
        claims.release_session(db, session.id, epoch=1, state=State.QUEUED)
    assert claim(database, session, "w2").writes == 0
    assert begin(database, session, 1, epoch=2)


@pytest.mark.parametrize("state", [State.QUEUED, State.PAUSED, State.COMPLETED])
def test_after_a_move_the_claim_is_lost_be_the_number_new_or_repeated(
    database: Database, session: FlowSession, state: State
) -> None:
    with database.write() as db:
        assert claims.begin_write(db, session.id, epoch=1, number=1)
        if state is State.COMPLETED:
            claims.finish_session(db, session.id, epoch=1, state=state, result="Done.")
        else:
            claims.release_session(db, session.id, epoch=1, state=state)
    for number in (1, 2):
        with pytest.raises(LeaseLost):
            begin(database, session, number)


def test_a_session_that_is_gone_has_no_owner(database: Database, session: FlowSession) -> None:
    with database.write() as db:
        db.delete(find_session(db, session.id))
    with pytest.raises(LeaseLost):
        begin(database, session, 1)


def test_of_a_write_that_is_repeated_while_it_still_runs_one_counts(database: Database, session: FlowSession) -> None:
    """A connection that fell silent may commit after all: its repetition waits for it."""
    start, wrote = threading.Barrier(4), []

    def write() -> None:
        start.wait()
        with database.write() as db:
            if claims.begin_write(db, session.id, epoch=1, number=1):
                events.append_events(db, session.id, [Notice(message="once")], epoch=1)
                wrote.append(True)

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrote == [True]
    with database.read() as db:
        assert [event.event for event in events.read_events(db, session.id, after=2)] == [Notice(message="once")]
