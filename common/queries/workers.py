"""Worker processes: who is there, with how many seats."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Double, delete, func, select, type_coerce, update
from sqlalchemy.orm import Session

from common.models import FlowSession, Worker
from common.models.base import db_now
from common.queries.active import is_active
from common.states import State


@dataclass(frozen=True, kw_only=True)
class WorkerSeats:
    """A living worker process and how many of its seats are taken."""

    worker: Worker
    busy: int


def register_worker(db: Session, worker: Worker) -> None:
    """Store a worker process's record at its start."""
    db.merge(worker)


def touch_worker(db: Session, name: str, *, draining: bool, model_server_up: bool) -> bool | None:
    """Say that a worker process lives; return whether it is asked to drain.

    None where its record is gone and must be registered again.
    """
    return db.execute(
        update(Worker)
        .where(Worker.name == name)
        .values(last_seen=db_now(), draining=draining, model_server_up=model_server_up)
        .returning(Worker.drain_wanted)
        .execution_options(synchronize_session=False)
    ).scalar()


def want_drain(db: Session, *, alive_seconds: float, host: str, name: str | None = None) -> list[str]:
    """Ask the living worker processes of a host, or the one of a name, to drain and to end; return their names."""
    return list(
        db.scalars(
            update(Worker)
            .where(
                Worker.last_seen > type_coerce(db_now(), Double) - alive_seconds,
                Worker.name == name if name is not None else Worker.host == host,
            )
            .values(drain_wanted=True)
            .returning(Worker.name)
            .execution_options(synchronize_session=False)
        )
    )


def list_names(db: Session, names: Iterable[str], *, alive_seconds: float) -> list[str]:
    """Return those of these worker processes that live."""
    alive = Worker.last_seen > type_coerce(db_now(), Double) - alive_seconds
    return list(db.scalars(select(Worker.name).where(Worker.name.in_(list(names)), alive).order_by(Worker.name)))


def forget_worker(db: Session, name: str) -> None:
    """Remove the record of a worker process that ended."""
    db.execute(delete(Worker).where(Worker.name == name))


def forget_lost_workers(db: Session, *, lost_seconds: float) -> None:
    """Remove the records of worker processes that were not seen for so long."""
    db.execute(
        delete(Worker)
        .where(Worker.last_seen < type_coerce(db_now(), Double) - lost_seconds)
        .execution_options(synchronize_session=False)
    )


def list_silent(db: Session, *, alive_seconds: float) -> list[Worker]:
    """Return the worker processes that count as dead by now although they did not end in order, by name."""
    dead = Worker.last_seen <= type_coerce(db_now(), Double) - alive_seconds
    return list(db.scalars(select(Worker).where(dead).order_by(Worker.name)))


def list_workers(db: Session, *, alive_seconds: float) -> list[WorkerSeats]:
    """Return the worker processes that live, by name."""
    busy = (
        select(FlowSession.worker, func.count().label("busy"))
        .where(is_active(State.RUNNING))
        .group_by(FlowSession.worker)
        .subquery()
    )
    rows = db.execute(
        select(Worker, func.coalesce(busy.c.busy, 0))
        .outerjoin(busy, busy.c.worker == Worker.name)
        .where(Worker.last_seen > type_coerce(db_now(), Double) - alive_seconds)
        .order_by(Worker.name)
    )
    return [WorkerSeats(worker=worker, busy=count) for worker, count in rows]
