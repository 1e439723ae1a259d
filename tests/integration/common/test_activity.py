"""What happened in each minute of the last hour, from the database alone."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import text, update

from common.database import Database
from common.models import FlowSession, Step
from common.queries.activity import read_minutes
from common.queries.sessions import find_session
from common.states import State
from tests.support.data import claim, make_session, make_step, make_user

_NOON = dt.datetime(2026, 5, 3, 12, tzinfo=dt.UTC)
_MINUTE = int(_NOON.timestamp()) // 60


def at(minutes: float) -> dt.datetime:
    """Return the time so many minutes after noon."""
    return _NOON + dt.timedelta(minutes=minutes)


def test_starts_and_ends_count_in_their_minutes_and_older_ones_not_at_all(database: Database) -> None:
    ada = make_user(database)
    lives = [
        (State.RUNNING, at(0.99), None),
        (State.PAUSED, at(-5), None),
        (State.COMPLETED, at(0), at(2)),
        (State.COMPLETED, at(-1), at(2.5)),
        (State.FAILED, at(1), at(2.9999)),
        (State.STOPPED, None, at(3)),
        (State.STOPPED, at(-9), at(-0.1)),
    ]
    for state, started, ended in lives:
        session = make_session(database, ada)
        with database.write() as db:
            row = find_session(db, session.id)
            row.state, row.started_at, row.ended_at = state, started, ended
    with database.read() as db:
        minutes = read_minutes(db, since=_NOON)
    assert {number - _MINUTE: minute.started for number, minute in minutes.items()} == {0: 2, 1: 1, 2: 0, 3: 0}
    assert minutes[_MINUTE + 2].ended == {"completed": 2, "failed": 1}
    assert minutes[_MINUTE + 3].ended == {"stopped": 1}


def test_tokens_count_in_the_minute_in_which_their_step_was_committed(database: Database) -> None:
    session = claim(database, make_session(database, make_user(database)))
    for key, ended in {"before": at(-0.01), "one": at(1), "two": at(1.9), "later": at(7)}.items():
        make_step(database, session, key)
        with database.write() as db:
            db.execute(update(Step).where(Step.key == key).values(ended_at=ended))
    with database.write() as db:
        db.execute(update(FlowSession).values(started_at=at(-90)))
    with database.read() as db:
        minutes = read_minutes(db, since=_NOON)
    tokens = {number - _MINUTE: minute.output_tokens for number, minute in minutes.items()}
    assert tokens == {1: 6, 7: 3}


def test_tokens_are_read_from_an_index_alone(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    with database.read() as db:
        statement = "SELECT sum(output_tokens) FROM steps WHERE ended_at >= 0 GROUP BY CAST(ended_at / 60 AS INTEGER)"
        plan = " ".join(row[3] for row in db.execute(text(f"EXPLAIN QUERY PLAN {statement}")))
    assert "COVERING INDEX ix_steps_ended_at" in plan
    database.dispose()
