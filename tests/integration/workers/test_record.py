"""The record of a worker process: made again where it was lost, and gone once it was removed."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from sqlalchemy.orm import Session

from common.database import Database
from common.queries import workers
from common.settings import Settings
from workers.record import WorkerRecord

NOW = {"draining": False, "model_server_up": True}


@pytest.fixture
def record(make_settings: Callable[..., Settings], database: Database) -> WorkerRecord:
    return WorkerRecord(make_settings(), database, "worker-1")


def names(database: Database) -> list[str]:
    with database.read() as db:
        return [seats.worker.name for seats in workers.list_workers(db, alive_seconds=60)]


def test_a_record_that_was_lost_is_made_again(record: WorkerRecord, database: Database) -> None:
    record.register(**NOW)
    with database.write() as db:
        workers.forget_worker(db, "worker-1")
    assert not record.renew(**NOW)
    assert names(database) == ["worker-1"]


def test_a_renewal_tells_that_the_process_is_asked_to_drain(record: WorkerRecord, database: Database) -> None:
    record.register(**NOW)
    assert not record.renew(**NOW)
    with database.write() as db:
        workers.want_drain(db, alive_seconds=60, host="", name="worker-1")
    assert record.renew(**NOW)


def test_no_renewal_brings_back_a_record_that_was_removed(record: WorkerRecord, database: Database) -> None:
    record.register(**NOW)
    record.remove()
    assert not record.renew(**NOW)
    assert names(database) == []


def test_nor_does_one_that_was_under_way_when_it_was_removed(
    record: WorkerRecord, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def find_nothing(db: Session, name: str, **fields: bool) -> None:
        begun.set()
        go_on.wait(10)

    monkeypatch.setattr(workers, "touch_worker", find_nothing)
    renewing = threading.Thread(target=lambda: record.renew(**NOW))
    removing = threading.Thread(target=record.remove)
    renewing.start()
    assert begun.wait(10)
    removing.start()
    removing.join(0.2)
    go_on.set()
    renewing.join(10)
    removing.join(10)
    assert names(database) == []
