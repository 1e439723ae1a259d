"""Model orders: each is carried out by one worker process at a time, and taken over from one that is gone."""

from __future__ import annotations

import pytest
from sqlalchemy import text, update

from common.database import Database
from common.errors import Conflict, NotFound
from common.models import ModelOrder, User
from common.queries import model_orders
from common.queries.model_usage import read_usage
from common.states import OrderState
from tests.support.data import make_session, make_user


@pytest.fixture
def ada(database: Database) -> User:
    return make_user(database)


def order(database: Database, who: User, model: str = "llama3") -> ModelOrder:
    with database.write() as db:
        return model_orders.create_order(db, "pull", model, by=who)


def claim(database: Database, worker: str) -> str | None:
    with database.write() as db:
        claimed = model_orders.claim_order(db, worker=worker, lease_seconds=30)
        return None if claimed is None else claimed.model


def report(database: Database, item: ModelOrder, worker: str) -> bool | None:
    with database.write() as db:
        return model_orders.report_order(
            db,
            item.id,
            worker=worker,
            lease_seconds=30,
            progress="pulling",
            completed_bytes=5_000_000_000,
            total_bytes=9,
        )


def test_orders_are_claimed_once_and_in_their_order(database: Database, ada: User) -> None:
    order(database, ada)
    order(database, ada, "mistral")
    assert [claim(database, worker) for worker in ("one", "two", "three")] == ["llama3", "mistral", None]
    with database.read() as db:
        assert not model_orders.has_claimable(db)
        assert [item.model for item in model_orders.list_orders(db)] == ["mistral", "llama3"]


def test_the_same_order_is_given_once_and_its_opposite_not_meanwhile(database: Database, ada: User) -> None:
    first = order(database, ada)
    assert order(database, ada).id == first.id
    with database.write() as db, pytest.raises(Conflict, match="llama3 is being pulled"):
        model_orders.create_order(db, "delete", "llama3", by=ada)


def test_an_order_whose_worker_process_is_gone_goes_to_another_one(database: Database, ada: User) -> None:
    item = order(database, ada)
    claim(database, "one")
    assert report(database, item, "one") is True
    assert claim(database, "two") is None
    with database.write() as db:
        db.execute(update(ModelOrder).values(lease_until=1))
    assert claim(database, "two") == "llama3"
    assert report(database, item, "one") is None, "it is another's by now"
    with database.write() as db:
        model_orders.finish_order(db, item.id, worker="one", state=OrderState.FAILED, error="too late")
        model_orders.finish_order(db, item.id, worker="two", state=OrderState.COMPLETED)
    with database.read() as db:
        (ended,) = model_orders.list_orders(db)
    assert (ended.state, ended.error, ended.completed_bytes) == ("completed", None, 5_000_000_000)
    assert ended.ended_at is not None


def test_a_waiting_order_is_cancelled_at_once_and_a_running_one_by_its_worker(database: Database, ada: User) -> None:
    bob = make_user(database, "bob@example.org")
    waiting, running = order(database, ada, "mistral"), order(database, ada)
    with database.write() as db:
        assert model_orders.cancel_order(db, waiting.id, by=ada).state == OrderState.CANCELLED
    claim(database, "one")
    with database.write() as db, pytest.raises(NotFound):
        model_orders.cancel_order(db, running.id, by=bob)
    with database.write() as db:
        assert model_orders.cancel_order(db, running.id, by=ada).state == OrderState.RUNNING
    assert report(database, running, "one") is False
    with database.write() as db, pytest.raises(Conflict):
        model_orders.cancel_order(db, waiting.id, by=ada)


def test_orders_of_a_worker_process_that_is_gone_wait_again_or_end_where_nobody_wants_them(
    database: Database, ada: User
) -> None:
    wanted, unwanted, alive = order(database, ada), order(database, ada, "mistral"), order(database, ada, "tiny")
    for _ in range(3):
        claim(database, "one")
    with database.write() as db:
        model_orders.cancel_order(db, unwanted.id, by=ada)
        db.execute(update(ModelOrder).where(ModelOrder.id != alive.id).values(lease_until=1))
        model_orders.reclaim_orders(db)
    with database.read() as db:
        states = {item.id: (item.state, item.worker) for item in model_orders.list_orders(db)}
    assert states == {wanted.id: ("queued", None), unwanted.id: ("cancelled", None), alive.id: ("running", "one")}


def test_a_model_counts_the_sessions_that_named_it_also_without_its_tag(database: Database, ada: User) -> None:
    bob = make_user(database, "bob@example.org")
    for number, (who, model) in enumerate([(ada, "llama3"), (ada, "llama3:latest"), (bob, "llama3"), (ada, "tiny")]):
        make_session(database, who, model=model, name=f"session {number}")
    with database.read() as db:
        mine = read_usage(db, ["llama3:latest", "none"], owner_id=ada.id)
        everybody = read_usage(db, ["llama3:latest"], owner_id=None)
    assert mine["llama3:latest"].sessions == 2
    assert {session.name for session in mine["llama3:latest"].latest} == {"session 0", "session 1"}
    assert mine["none"].sessions == 0
    assert everybody["llama3:latest"].sessions == 3


def test_usage_is_counted_from_an_index_alone(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    with database.read() as db:
        for owner in ("", " AND owner_id = 'c'"):
            chosen = f"FROM session_models WHERE model IN ('a', 'b'){owner}"
            statement = f"SELECT model, count(*) {chosen} GROUP BY model"
            plan = " ".join(row[3] for row in db.execute(text(f"EXPLAIN QUERY PLAN {statement}")))
            assert "COVERING INDEX ix_session_models_" in plan
    database.dispose()
