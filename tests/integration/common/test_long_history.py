"""What is asked all the time uses an index: it costs as little with 100,000 sessions as with ten."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import Connection, event
from sqlalchemy.orm import Session

from common.database import Database
from common.queries import history, model_usage, queue, sessions, statistics, templates
from common.queries.history import Order, Sorting
from common.queries.sessions import SessionFilter
from common.states import State
from tests.support.data import make_session, make_user

_QUESTIONS: dict[str, Callable[[Session, str], object]] = {
    "active": lambda db, owner: sessions.list_active(db, SessionFilter()),
    "seqs": lambda db, owner: sessions.read_active_seqs(db),
    "running": lambda db, owner: sessions.list_active(db, SessionFilter(states=[State.RUNNING])),
    "statistics": lambda db, owner: statistics.count_sessions(db),
    "own active": lambda db, owner: sessions.list_active(db, SessionFilter(owner_id=owner)),
    "own statistics": lambda db, owner: statistics.count_sessions(db, owner_id=owner),
    "history of a model": lambda db, owner: history.list_ended(db, SessionFilter(model="rare", states=[State.FAILED])),
    "by state": lambda db, owner: statistics.count_by_state(db),
    "positions": lambda db, owner: queue.read_positions(db),
    "figures": lambda db, owner: queue.read_queue_figures(db, alive_seconds=5),
    "doorbells": lambda db, owner: queue.take_doorbells(db, alive_seconds=5, ring_again_seconds=5),
    "uses of templates": lambda db, owner: templates.count_uses(db, ["small-tool", "x"], owner_id=None),
    "own uses of templates": lambda db, owner: templates.count_uses(db, ["small-tool", "x"], owner_id=owner),
    "usage of models": lambda db, owner: model_usage.read_usage(db, ["tiny", "rare"], owner_id=None),
    "own usage of models": lambda db, owner: model_usage.read_usage(db, ["tiny", "rare"], owner_id=owner),
    "expired": lambda db, owner: queue.lock_expired(db),
    "wakeable": lambda db, owner: queue.lock_wakeable(db, alive_seconds=5),
}
for _order in Order:
    _QUESTIONS[f"history by {_order}"] = lambda db, owner, order=_order: history.list_ended(  # type: ignore[misc]
        db, SessionFilter(), sorting=Sorting(order=order)
    )
    _QUESTIONS[f"own history by {_order}"] = lambda db, owner, order=_order: history.list_ended(  # type: ignore[misc]
        db, SessionFilter(owner_id=owner), sorting=Sorting(order=order, descending=False)
    )


@pytest.mark.parametrize("question", list(_QUESTIONS))
def test_no_question_that_is_asked_again_and_again_reads_the_whole_table(sqlite_url: str, question: str) -> None:
    database = Database(sqlite_url)
    owner = make_user(database)
    make_session(database, owner)
    plans: list[str] = []

    def explain(connection: Connection, cursor: object, statement: str, parameters: object, *_: object) -> None:
        if not statement.startswith(("EXPLAIN", "BEGIN")):
            rows = connection.connection.dbapi_connection.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)  # type: ignore[union-attr]
            plans.extend(f"{row[3]}  in  {statement}" for row in rows)

    event.listen(database.engine, "before_cursor_execute", explain)
    with database.write() as db:
        _QUESTIONS[question](db, owner.id)
    database.dispose()
    assert plans
    assert [plan for plan in plans if "SCAN sessions" in plan.split("  in  ")[0] and "INDEX" not in plan] == []
    # All of one owner may be nearly all.
    assert [plan for plan in plans if "uq_sessions_owner_id" in plan] == []
    assert [plan for plan in plans if "TEMP B-TREE FOR ORDER BY" in plan and "history" in question] == []


def test_a_place_has_the_type_of_its_column_without_which_postgresql_passes_its_index_by(database: Database) -> None:
    owner = make_user(database)
    session = make_session(database, owner)
    with database.write() as db:
        row = sessions.find_session(db, session.id)
        row.state, row.ended_at = State.STOPPED, row.created_at
    with database.read() as db:
        types = {order: type(history.read_place(db, session, order).value) for order in Order}
    assert types.pop(Order.TOKENS) is int
    assert types.pop(Order.NAME) is str
    assert set(types.values()) == {float}
