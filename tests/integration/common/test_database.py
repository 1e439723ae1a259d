"""Databases that fall silent or have no room: a transaction ends in time, and is whole or not there."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import psycopg
import pytest
from sqlalchemy import event, text
from sqlalchemy.engine import make_url

from common.database import Database
from common.errors import DatabaseUnavailable, StorageFull
from common.models import FlowSession
from common.queries import claims, steps
from common.queries.sessions import find_session
from tests.support.data import claim, make_session, make_step, make_user, new_step
from tests.support.line_proxy import LineProxy
from tests.support.waiting import wait_until

ANSWER_SECONDS = 1.0
#: For a machine that is busy; without a limit it would be for ever.
SLACK_SECONDS = 10.0


@pytest.fixture
def wire(postgresql_url: str) -> Iterator[LineProxy]:
    port = make_url(postgresql_url).port
    assert port is not None
    with LineProxy("127.0.0.1", port) as proxy:
        yield proxy


@pytest.fixture
def far(postgresql_url: str, wire: LineProxy) -> Iterator[Database]:
    """PostgreSQL at the other end of a wire."""
    url = make_url(postgresql_url).set(port=wire.port).render_as_string(hide_password=False)
    opened = Database(url, pool_size=1, answer_seconds=ANSWER_SECONDS)
    yield opened
    opened.dispose()


@pytest.fixture
def near(postgresql_url: str) -> Iterator[Database]:
    """The same PostgreSQL, seen directly."""
    opened = Database(postgresql_url)
    yield opened
    opened.dispose()


def check_is_unavailable(act: Callable[[], object], *, seconds: float = ANSWER_SECONDS) -> None:
    """Assert that an act gives up in time."""
    began = time.monotonic()
    with pytest.raises(DatabaseUnavailable):
        act()
    assert time.monotonic() - began < seconds + SLACK_SECONDS


def ask(database: Database) -> int:
    with database.read() as db:
        return int(db.execute(text("SELECT 1")).scalar_one())


def commit(database: Database, session: FlowSession, key: str, *, number: int) -> int:
    """Commit a step as a journal does: where it is committed already, it is found."""
    with database.write() as db:
        if claims.begin_write(db, session.id, epoch=session.epoch, number=number):
            return steps.commit_step(db, session.id, new_step(key), epoch=session.epoch)[0]
        return steps.find_position(db, session.id, key)


def read_keys(database: Database, session: FlowSession) -> list[str]:
    with database.read() as db:
        return [step.key for step in steps.list_steps(db, session.id)]


def test_a_statement_that_is_never_answered_is_given_up_in_time(far: Database, wire: LineProxy) -> None:
    assert ask(far) == 1

    def fall_silent_in_mid_statement() -> None:
        with far.read() as db:
            db.execute(text("SELECT 1"))
            wire.mute()
            db.execute(text("SELECT 2"))

    check_is_unavailable(fall_silent_in_mid_statement)


def test_connections_that_fell_silent_while_nobody_used_them_are_found_out(far: Database, wire: LineProxy) -> None:
    with far.read(), far.read():
        pass
    wire.mute()
    # The one in the pool is looked at first, then a new one is tried.
    check_is_unavailable(lambda: ask(far), seconds=ANSWER_SECONDS + 2)


def test_the_pool_recovers_once_the_server_answers_again(far: Database, wire: LineProxy) -> None:
    assert ask(far) == 1
    wire.mute()
    for _ in range(3):  # more than the pool has places
        check_is_unavailable(lambda: ask(far), seconds=ANSWER_SECONDS + 2)
    wire.pass_on()
    assert [ask(far) for _ in range(5)] == [1] * 5


def test_what_a_silent_connection_began_leaves_nothing_behind(far: Database, near: Database, wire: LineProxy) -> None:
    session = claim(near, make_session(near, make_user(near)))
    ask(far)
    wire.mute(once_said=b"INSERT INTO steps")
    check_is_unavailable(lambda: commit(far, session, "step-1", number=1))
    wire.pass_on()
    assert read_keys(near, session) == []
    assert wait_until(lambda: _try(lambda: commit(far, session, "step-1", number=1)), "it is written") == 1
    assert read_keys(near, session) == ["step-1"]


def test_a_commit_whose_answer_is_lost_is_found_by_the_repeated_write(
    far: Database, near: Database, wire: LineProxy
) -> None:
    session = claim(near, make_session(near, make_user(near)))
    assert commit(far, session, "step-1", number=1) == 1
    wire.mute(once_said=b"COMMIT")
    check_is_unavailable(lambda: commit(far, session, "step-2", number=2))
    wait_until(lambda: read_keys(near, session) == ["step-1", "step-2"], "it is committed")
    wire.pass_on()
    assert commit(far, session, "step-2", number=2) == 2
    assert commit(far, session, "step-3", number=3) == 3
    assert read_keys(near, session) == ["step-1", "step-2", "step-3"]
    with near.read() as db:
        stored = find_session(db, session.id)
        assert (stored.steps_done, stored.writes, stored.last_seq) == (3, 3, 5)


def test_a_connection_that_the_server_ends_is_unavailable_then_replaced(near: Database, postgresql_url: str) -> None:
    def lose() -> None:
        with near.read() as db:
            number = db.execute(text("SELECT pg_backend_pid()")).scalar_one()
            with psycopg.connect(postgresql_url.replace("+psycopg", ""), autocommit=True) as other:
                other.execute("SELECT pg_terminate_backend(%s, 10000)", [number])
            db.execute(text("SELECT 1"))

    check_is_unavailable(lose)
    assert ask(near) == 1


def test_a_server_that_is_not_there_is_unavailable(near: Database, wire: LineProxy, far: Database) -> None:
    wire.cut()
    check_is_unavailable(lambda: ask(far))


def test_a_row_that_another_transaction_holds_too_long_is_unavailable(near: Database, far: Database) -> None:
    session = claim(near, make_session(near, make_user(near)))
    with near.write() as db:
        claims.begin_write(db, session.id, epoch=1, number=1)
        check_is_unavailable(lambda: commit(far, session, "step-1", number=1))
    assert commit(near, session, "step-1", number=2) == 1


@pytest.mark.parametrize("when", ["while it writes", "when it commits"])
def test_a_full_disk_of_postgresql_is_told_apart_and_nothing_is_half_written(near: Database, when: str) -> None:
    session = claim(near, make_session(near, make_user(near)))
    make_step(near, session)
    with near.write() as db:
        db.execute(
            text(
                "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS "
                "$$ BEGIN RAISE 'could not extend file' USING ERRCODE = '53100'; END $$"
            )
        )
        timing = "INITIALLY DEFERRED" if when == "when it commits" else "INITIALLY IMMEDIATE"
        trigger = f"CREATE CONSTRAINT TRIGGER no_room AFTER INSERT ON events DEFERRABLE {timing}"
        db.execute(text(f"{trigger} FOR EACH ROW EXECUTE FUNCTION refuse()"))
    with pytest.raises(StorageFull, match="disk of the database is full"):
        commit(near, session, "step-2", number=1)
    with near.read() as db:
        stored = find_session(db, session.id)
        assert (stored.steps_done, stored.writes, stored.last_seq) == (1, 0, 3)
    assert read_keys(near, session) == ["step-1"]
    with near.write() as db:
        db.execute(text("DROP TRIGGER no_room ON events"))
    assert commit(near, session, "step-2", number=1) == 2


def test_a_full_disk_of_sqlite_is_told_apart_and_nothing_is_half_written(sqlite_url: str) -> None:
    limit = ["PRAGMA max_page_count = 1073741823"]
    database = Database(sqlite_url)
    event.listen(database.engine, "checkout", lambda connection, *_: connection.execute(limit[0]))
    session = claim(database, make_session(database, make_user(database)))
    make_step(database, session)
    limit[0] = "PRAGMA max_page_count = 1"  # SQLite takes the pages that there are for the least

    def fill() -> None:
        for number in range(1, 1000):
            commit(database, session, f"filler-{number}" + "x" * 2000, number=number)

    with pytest.raises(StorageFull, match="disk of the database is full"):
        fill()
    keys = read_keys(database, session)
    with database.read() as db:
        stored = find_session(db, session.id)
        assert stored.steps_done == stored.writes + 1 == len(keys)
        assert stored.last_seq == 2 + len(keys)
    limit[0] = "PRAGMA max_page_count = 1073741823"
    assert commit(database, session, "step-2", number=stored.writes + 1) == len(keys) + 1
    database.dispose()


def test_a_locked_sqlite_is_unavailable_in_time(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("common.database._BEGIN_SECONDS", 0.2)
    first, second = Database(sqlite_url), Database(sqlite_url)
    with first.write():
        check_is_unavailable(lambda: make_user(second), seconds=0.2)
    make_user(second)
    for database in (first, second):
        database.dispose()


def _try(act: Callable[[], int]) -> int | None:
    try:
        return act()
    except DatabaseUnavailable:
        return None
