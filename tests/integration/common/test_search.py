"""Full text: what a search finds, in both databases alike, and what hostile words cannot do."""

from __future__ import annotations

import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text

from common.database import Database
from common.models import FlowSession, User
from common.queries import search
from common.queries.history import Order, Sorting, list_ended
from common.queries.search import find_words
from common.queries.sessions import SessionFilter, delete_session, find_session, list_active
from common.states import State
from tests.support.data import make_session, make_user


@pytest.fixture
def owner(database: Database) -> User:
    return make_user(database, admin=True)


def found(database: Database, q: str) -> set[str]:
    """Return the names of the active sessions that a search finds."""
    with database.read() as db:
        return {session.name for session in list_active(db, SessionFilter(q=q))}


def test_words_are_found_in_name_task_and_result_by_their_beginnings(database: Database, owner: User) -> None:
    first = make_session(database, owner, name="Cache design", task="Compare caches_for the API: Redis/Valkey.")
    make_session(database, owner, name="Bees", task="Count the bees.")
    for q in ("cache", "CACH", "caches compare", "valkey", "redis", "for", "api:", "design red"):
        assert found(database, q) == {"Cache design"}, q
    assert found(database, "compare bees") == set()
    assert found(database, "ache") == set()
    assert found(database, "co") == {"Cache design", "Bees"}
    with database.write() as db:
        find_session(db, first.id).result = "Memcached wins."
    assert found(database, "memcached") == {"Cache design"}


def test_accents_and_scripts_make_no_difference(database: Database, owner: User) -> None:
    make_session(database, owner, name="Übung", task="Café, naïve, 東京 план हिन्दी.")
    for q in ("ubung", "Übung", "u\u0308bung", "cafe", "café", "naive", "東", "план", "हिन्दी", "हिन्"):
        assert found(database, q) == {"Übung"}, q


def test_what_changes_and_what_is_deleted_is_not_found_by_its_old_words(database: Database, owner: User) -> None:
    session = make_session(database, owner, name="Alpha")
    with database.write() as db:
        find_session(db, session.id).name = "Beta"
    assert (found(database, "alpha"), found(database, "beta")) == (set(), {"Beta"})
    with database.write() as db:
        find_session(db, session.id).state = State.STOPPED
    with database.write() as db:
        delete_session(db, session.id, by=owner)
    with database.read() as db:
        assert not db.connection().exec_driver_sql("SELECT * FROM session_search").all()
    make_session(database, owner, name="Gamma")
    assert (found(database, "beta"), found(database, "gamma")) == (set(), {"Gamma"})


def test_deleting_a_person_takes_their_words_and_figures_along(database: Database, owner: User) -> None:
    session = make_session(database, owner, name="Alpha")
    with database.write() as db:
        row = find_session(db, session.id)
        row.state, row.ended_at = State.STOPPED, row.created_at
    with database.write() as db:
        db.delete(db.get_one(User, owner.id))
    with database.read() as db:
        for table in ("session_search", "session_days", "sessions"):
            assert not db.execute(select(text("1")).select_from(text(table))).all(), table


def test_texts_of_any_length_and_variety_can_be_stored(database: Database, owner: User) -> None:
    dice = random.Random(1)  # noqa: S311 - the same text in each run
    wide = " ".join(chr(0x4E00 + dice.randrange(20_000)) + chr(0x4E00 + dice.randrange(20_000)) for _ in range(33_000))
    session = make_session(database, owner, name="Wide", task=wide, model="x" * 100)
    with database.write() as db:
        find_session(db, session.id).result = "x" * 200_000 + " " + wide
    assert found(database, wide.split()[5]) == {"Wide"}


HOSTILE = ['"', "'", "''; DROP TABLE sessions; --", "a AND", "NOT", "NEAR(a b", "a OR b", "^a", "a*", "-a", "name:a",
           "{a b}:c", "(", ")", "*", "a:*", "!a & | <->", "\\", "%", "_", "\x00", "\x1f", "\ud83d", "🐝", "…", "“”",
           "a" * 200, "- " * 100, "a " * 100]  # fmt: skip


@pytest.mark.parametrize("q", HOSTILE)
def test_no_query_language_is_spoken(database: Database, owner: User, q: str) -> None:
    make_session(database, owner, name="a b not near")
    found(database, q)
    assert found(database, "near") == {"a b not near"}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(q=st.text(max_size=40))
def test_whatever_is_typed_is_answered(sqlite_url: str, q: str) -> None:
    database = Database(sqlite_url)
    found(database, q)
    database.dispose()


def test_signs_alone_are_no_words_and_words_are_few() -> None:
    assert find_words("... -- “” \x00") == []
    assert find_words("foo_bar-Baz 3.14") == ["foo", "bar", "Baz", "3", "14"]
    assert len(find_words("a " * 100)) == 16


def test_many_that_are_found_come_in_any_order_as_few_do(
    database: Database, owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = [_end(database, make_session(database, owner, name=name)) for name in ("cab", "Abc", "bca")]
    other = make_session(database, owner, name="other", task="nothing")
    _end(database, other)
    for most in (1000, 1):
        monkeypatch.setattr(search, "_FEW", most)
        for sorting, names in (
            (Sorting(order=Order.NAME, descending=False), ["Abc", "bca", "cab"]),
            (Sorting(), [session.name for session in reversed(made)]),
        ):
            with database.read() as db:
                listed = list_ended(db, SessionFilter(q="count"), sorting=sorting)
            assert [session.name for session in listed] == names, most


def _end(database: Database, session: FlowSession) -> FlowSession:
    with database.write() as db:
        row = find_session(db, session.id)
        row.state, row.ended_at = State.STOPPED, row.created_at
    return session
