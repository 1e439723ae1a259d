"""Records of worker processes, on both databases."""

from __future__ import annotations

from sqlalchemy import Double, type_coerce, update

from common.database import Database
from common.models import Worker
from common.models.base import db_now
from common.queries import workers
from tests.support.data import claim, make_session, make_user, make_worker

ALIVE_SECONDS = 30.0


def hear_nothing(database: Database, name: str, seconds: float = ALIVE_SECONDS * 2) -> None:
    """Let a worker process be silent for so long."""
    with database.write() as db:
        past = type_coerce(db_now(), Double) - seconds
        db.execute(update(Worker).where(Worker.name == name).values(last_seen=past))


def touch(database: Database, name: str = "worker-1", *, draining: bool = False, up: bool = True) -> bool | None:
    with database.write() as db:
        return workers.touch_worker(db, name, draining=draining, model_server_up=up)


def list_alive(database: Database) -> list[Worker]:
    with database.read() as db:
        return [seats.worker for seats in workers.list_workers(db, alive_seconds=ALIVE_SECONDS)]


def test_touching_says_what_a_worker_process_is_like(database: Database) -> None:
    make_worker(database)
    hear_nothing(database, "worker-1")
    assert list_alive(database) == []
    assert touch(database, draining=True, up=True) is False
    [worker] = list_alive(database)
    assert (worker.draining, worker.model_server_up, worker.drain_wanted) == (True, True, False)
    touch(database, up=False)
    [worker] = list_alive(database)
    assert (worker.draining, worker.model_server_up) == (False, False)


def test_a_worker_process_without_a_record_is_told_so(database: Database) -> None:
    assert touch(database) is None
    make_worker(database)
    with database.write() as db:
        workers.forget_worker(db, "worker-1")
    assert touch(database) is None


def test_touching_one_leaves_the_others_alone(database: Database) -> None:
    for name in ("worker-1", "worker-2"):
        make_worker(database, name)
        hear_nothing(database, name)
    touch(database, "worker-2")
    assert [worker.name for worker in list_alive(database)] == ["worker-2"]


def test_a_drain_is_wanted_of_one_by_its_name(database: Database) -> None:
    for name in ("worker-1", "worker-2"):
        make_worker(database, name)
    with database.write() as db:
        assert workers.want_drain(db, alive_seconds=ALIVE_SECONDS, host="here", name="worker-2") == ["worker-2"]
    assert touch(database, "worker-1") is False
    assert touch(database, "worker-2") is True
    assert touch(database, "worker-2", draining=True) is True  # until it is gone


def test_a_drain_is_wanted_of_all_that_live_on_a_host(database: Database) -> None:
    for name in ("worker-1", "worker-2", "lost", "elsewhere"):
        make_worker(database, name)
    hear_nothing(database, "lost")
    with database.write() as db:
        db.execute(update(Worker).where(Worker.name == "elsewhere").values(host="there"))
        asked = workers.want_drain(db, alive_seconds=ALIVE_SECONDS, host="here")
    assert sorted(asked) == ["worker-1", "worker-2"]
    assert touch(database, "elsewhere") is False
    assert touch(database, "lost") is False


def test_nobody_is_asked_to_drain_whom_nobody_knows(database: Database) -> None:
    make_worker(database)
    with database.write() as db:
        assert workers.want_drain(db, alive_seconds=ALIVE_SECONDS, host="here", name="worker-9") == []
        assert workers.want_drain(db, alive_seconds=ALIVE_SECONDS, host="nowhere") == []
    assert touch(database) is False


def test_a_worker_process_that_starts_anew_is_not_asked_to_drain(database: Database) -> None:
    make_worker(database)
    with database.write() as db:
        workers.want_drain(db, alive_seconds=ALIVE_SECONDS, host="here", name="worker-1")
        workers.forget_worker(db, "worker-1")
    make_worker(database)
    assert touch(database) is False


def test_of_named_ones_those_are_listed_that_live(database: Database) -> None:
    for name in ("worker-2", "worker-1", "lost"):
        make_worker(database, name)
    hear_nothing(database, "lost")
    with database.read() as db:
        named = ["lost", "worker-2", "worker-1", "worker-9"]
        assert workers.list_names(db, named, alive_seconds=ALIVE_SECONDS) == ["worker-1", "worker-2"]
        assert workers.list_names(db, [], alive_seconds=ALIVE_SECONDS) == []


def test_records_are_forgotten_after_a_long_silence_only(database: Database) -> None:
    for name in ("alive", "lost", "long-lost"):
        make_worker(database, name)
    hear_nothing(database, "lost")
    hear_nothing(database, "long-lost", ALIVE_SECONDS * 20)
    with database.write() as db:
        workers.forget_lost_workers(db, lost_seconds=ALIVE_SECONDS * 10)
    assert touch(database, "long-lost") is None
    assert touch(database, "lost") is False
    assert {worker.name for worker in list_alive(database)} == {"alive", "lost"}


def test_a_list_tells_how_many_seats_are_taken(database: Database) -> None:
    owner = make_user(database)
    for name in ("worker-1", "worker-2"):
        make_worker(database, name)
    for _ in range(2):
        claim(database, make_session(database, owner), "worker-2")
    with database.read() as db:
        seats = workers.list_workers(db, alive_seconds=ALIVE_SECONDS)
    assert [(item.worker.name, item.busy) for item in seats] == [("worker-1", 0), ("worker-2", 2)]
