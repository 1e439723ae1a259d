"""Rows that tests start from."""

from __future__ import annotations

from typing import Any

from common.database import Database
from common.models import FlowSession, User, Worker
from common.queries import accounts, workers
from common.queries.sessions import NewSession, create_session

PASSWORD = "correct horse battery"


def make_user(database: Database, email: str = "ada@example.org", *, admin: bool = False) -> User:
    with database.write() as db:
        return accounts.create_user(db, email, PASSWORD, admin=admin)


def make_session(database: Database, owner: User, **fields: Any) -> FlowSession:
    settings: dict[str, Any] = {
        "name": "Count to ten",
        "task": "Count to ten in three languages.",
        "workers": 4,
        "architecture": "CENTRALIZED",
        "model": "tiny",
    }
    with database.write() as db:
        return create_session(db, NewSession(owner_id=owner.id, **(settings | fields)))[0]


def make_worker(database: Database, name: str = "worker-1", *, seats: int = 4, draining: bool = False) -> None:
    with database.write() as db:
        workers.register_worker(db, Worker(name=name, host="here", pid=1, version="0", seats=seats, draining=draining))
