"""Rows that tests start from."""

from __future__ import annotations

from typing import Any

from common.database import Database
from common.events import Notice
from common.models import FlowSession, User, Worker
from common.queries import accounts, claims, steps, workers
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


def claim(database: Database, session: FlowSession, worker: str = "w1", *, seconds: float = 30) -> FlowSession:
    """Let a worker process claim a queued session; return it as it is then."""
    with database.write() as db:
        claimed = claims.claim_session(db, session.id, worker=worker, lease_seconds=seconds, flow_version=1)
        assert claimed is not None, "it was not to be had"
        return claimed[0]


def new_step(key: str, *, text: str = "An answer.") -> steps.NewStep:
    """Return a step of a model, with one event, to be committed."""
    return steps.NewStep(
        key=key,
        kind="model",
        agent="drone-1",
        role=None,
        model="tiny",
        input_hash="0",
        request={"messages": []},
        output={"text": text},
        prompt_tokens=7,
        output_tokens=3,
        duration_seconds=0.5,
        events=[Notice(message=f"After {key}.")],
    )


def make_step(database: Database, session: FlowSession, key: str = "step-1") -> None:
    """Commit a step of the session's present claim."""
    with database.write() as db:
        steps.commit_step(db, session.id, new_step(key), epoch=session.epoch)
