"""The figures of sessions: whatever happens to sessions, they are what counting each one would give."""

from __future__ import annotations

import datetime as dt

import pytest

from common.database import Database
from common.models import FlowSession, User
from common.queries import claims
from common.queries.sessions import delete_session, find_session
from common.queries.statistics import count_by_state, count_sessions, list_days
from common.states import State
from tests.support.data import claim, make_session, make_step, make_user

_NOON = dt.datetime(2026, 5, 3, 12, tzinfo=dt.UTC)
_DAY = (_NOON.date() - dt.date(1970, 1, 1)).days


@pytest.fixture
def ada(database: Database) -> User:
    return make_user(database)


def end(
    database: Database, owner: User, state: State, *, ended: dt.datetime, seconds: float, tokens: int
) -> FlowSession:
    """Return a session that ended then, after so long."""
    session = make_session(database, owner)
    with database.write() as db:
        row = find_session(db, session.id)
        row.state, row.started_at, row.ended_at = state, ended - dt.timedelta(seconds=seconds), ended
        row.prompt_tokens, row.output_tokens = tokens - 1, 1
    return session


def test_sessions_count_on_the_day_of_their_end_and_no_longer_once_they_are_deleted(
    database: Database, ada: User
) -> None:
    bob = make_user(database, "bob@example.org")
    end(database, ada, State.COMPLETED, ended=_NOON, seconds=10, tokens=100)
    gone = end(database, ada, State.COMPLETED, ended=_NOON, seconds=50, tokens=1000)
    end(database, ada, State.FAILED, ended=_NOON + dt.timedelta(days=1), seconds=7, tokens=10)
    end(database, bob, State.STOPPED, ended=_NOON, seconds=1, tokens=5)
    make_session(database, ada)
    with database.read() as db:
        mine = count_sessions(db, ada.id)
        assert (mine.total, mine.active, mine.completed, mine.failed, mine.stopped) == (4, 1, 2, 1, 0)
        assert (mine.tokens, mine.average_duration_seconds) == (1110, 30)
        assert (count_sessions(db).total, count_sessions(db).tokens) == (5, 1115)
        assert count_by_state(db) == {"queued": 1, "completed": 2, "failed": 1, "stopped": 1}
        days = list_days(db, ada.id, first=_DAY)
        assert [(day.day, day.completed, day.failed, day.tokens) for day in days] == [
            (_DAY, 2, 0, 1100),
            (_DAY + 1, 0, 1, 10),
        ]
        assert [day.stopped for day in list_days(db, None, first=_DAY)] == [1, 0]
        assert list_days(db, None, first=_DAY + 2) == []
    with database.write() as db:
        delete_session(db, gone.id, by=ada)
    with database.read() as db:
        mine = count_sessions(db, ada.id)
        assert (mine.total, mine.completed, mine.tokens, mine.average_duration_seconds) == (3, 1, 110, 10)


def test_what_changes_after_the_end_is_counted_anew(database: Database, ada: User) -> None:
    session = end(database, ada, State.COMPLETED, ended=_NOON, seconds=10, tokens=100)
    with database.write() as db:
        find_session(db, session.id).ended_at = _NOON + dt.timedelta(days=1)
    with database.read() as db:
        days = list_days(db, None, first=_DAY)
        assert [(day.day, day.completed) for day in days if day.completed] == [(_DAY + 1, 1)]
        assert count_sessions(db).total == 1


def test_a_session_on_its_usual_way_is_counted_once(database: Database, ada: User) -> None:
    session = claim(database, make_session(database, ada))
    make_step(database, session)
    with database.read() as db:
        before = count_sessions(db)
    assert (before.total, before.active, before.tokens) == (1, 1, 0)
    with database.write() as db:
        claims.finish_session(db, session.id, epoch=1, state=State.COMPLETED, result="Done.")
    with database.read() as db:
        after = count_sessions(db)
    assert (after.total, after.active, after.completed, after.tokens) == (1, 0, 1, 10)
    assert after.average_duration_seconds is not None


def test_without_sessions_there_is_nothing_to_tell(database: Database) -> None:
    with database.read() as db:
        nothing = count_sessions(db)
    assert (nothing.total, nothing.tokens, nothing.average_duration_seconds) == (0, 0, None)
