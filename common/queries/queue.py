"""The queue: fair order, free seats, doorbells to ring, leases that expired."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Double, Subquery, exists, func, or_, select, type_coerce, update
from sqlalchemy.orm import Session

from common.models import FlowSession, Turn, Worker
from common.models.base import db_now
from common.queries.active import is_active
from common.states import Desired, State, WaitsFor


@dataclass(frozen=True, kw_only=True)
class QueueFigures:
    """How full the installation is."""

    queued: int
    running: int
    #: Of worker processes that are alive and not draining.
    seats: int

    @property
    def free_seats(self) -> int:
        """Seats that nobody sits on."""
        return max(0, self.seats - self.running)


def queue_order() -> Subquery:
    """Rank the queue: rescued sessions first, then whose owner has the fewest ahead of it, then by age.

    Columns: `id`, `position` (from 1), `rung_at`. What people see as their position is what the dispatcher rings by.
    """
    running = (
        select(FlowSession.owner_id, func.count().label("count"))
        .where(is_active(State.RUNNING))
        .group_by(FlowSession.owner_id)
        .subquery()
    )
    is_new = (FlowSession.epoch == 0).label("is_new")
    age = (FlowSession.created_at, FlowSession.id)
    waiting = (
        select(
            FlowSession.id,
            FlowSession.rung_at,
            FlowSession.created_at,
            is_new,
            func.row_number().over(partition_by=FlowSession.owner_id, order_by=(is_new, *age)).label("turn"),
            func.coalesce(running.c.count, 0).label("running"),
        )
        .outerjoin(running, running.c.owner_id == FlowSession.owner_id)
        .where(is_active(State.QUEUED), FlowSession.desired == Desired.RUN)
        .subquery()
    )
    order = (waiting.c.is_new, waiting.c.running + waiting.c.turn, waiting.c.created_at, waiting.c.id)
    return select(waiting.c.id, waiting.c.rung_at, func.row_number().over(order_by=order).label("position")).subquery()


def read_positions(db: Session, session_ids: list[str] | None = None) -> dict[str, int]:
    """Return the place in the queue of each queued session, or of those named."""
    order = queue_order()
    query = select(order.c.id, order.c.position)
    if session_ids is not None:
        query = query.where(order.c.id.in_(session_ids))
    return {row.id: row.position for row in db.execute(query)}


def read_queue_figures(db: Session, *, alive_seconds: float) -> QueueFigures:
    """Count the queued, the running and the seats."""
    counts = {
        row[0]: row[1]
        for row in db.execute(
            select(FlowSession.state, func.count())
            .where(is_active(State.QUEUED, State.RUNNING))
            .group_by(FlowSession.state)
        )
    }
    seats = db.scalar(
        select(func.coalesce(func.sum(Worker.seats), 0)).where(
            Worker.last_seen > _ago(alive_seconds), Worker.draining.is_(False)
        )
    )
    return QueueFigures(queued=counts.get(State.QUEUED, 0), running=counts.get(State.RUNNING, 0), seats=int(seats or 0))


def take_doorbells(db: Session, *, alive_seconds: float, ring_again_seconds: float) -> list[str]:
    """Mark the sessions whose doorbell is to be rung now, as many as there are free seats, and return their ids."""
    free = read_queue_figures(db, alive_seconds=alive_seconds).free_seats
    still_ringing = db.scalar(
        select(func.count()).where(is_active(State.QUEUED), FlowSession.rung_at > _ago(ring_again_seconds))
    )
    free -= int(still_ringing or 0)
    if free <= 0:
        return []
    order = queue_order()
    due = (
        select(order.c.id)
        .where(or_(order.c.rung_at.is_(None), order.c.rung_at <= _ago(ring_again_seconds)))
        .order_by(order.c.position)
        .limit(free)
    )
    chosen = list(db.scalars(due))
    if chosen:
        db.execute(
            update(FlowSession)
            .where(FlowSession.id.in_(chosen), FlowSession.state == State.QUEUED)
            .values(rung_at=db_now())
            .execution_options(synchronize_session=False)
        )
    return chosen


def lock_expired(db: Session, *, limit: int = 100) -> list[FlowSession]:
    """Return the running sessions whose lease is over, locked; those that another transaction holds are left out."""
    return list(
        db.scalars(
            select(FlowSession)
            .where(is_active(State.RUNNING), FlowSession.lease_until < db_now())
            .order_by(FlowSession.lease_until)
            .limit(limit)
            .with_for_update(of=FlowSession, skip_locked=True)
        )
    )


def lock_wakeable(db: Session, *, alive_seconds: float, limit: int = 100) -> list[FlowSession]:
    """Return the paused sessions whose trouble may be over, locked; those that another transaction holds are left out.

    The model server is back where a living worker process says so; for the disk, trying tells.
    """
    server_is_back = exists().where(
        Worker.model_server_up, Worker.draining.is_(False), Worker.last_seen > _ago(alive_seconds)
    )
    return list(
        db.scalars(
            select(FlowSession)
            .where(
                is_active(State.PAUSED),
                FlowSession.desired == Desired.RUN,
                FlowSession.waits_for.is_not(None),
                FlowSession.wake_at < db_now(),
                or_(FlowSession.waits_for != WaitsFor.MODEL_SERVER, server_is_back),
            )
            .order_by(FlowSession.wake_at)
            .limit(limit)
            .with_for_update(of=FlowSession, skip_locked=True)
        )
    )


def take_turn(db: Session, name: str, *, holder: str, seconds: float) -> bool:
    """Take or keep the turn at a job that one process does at a time; False while another has it."""
    taken = db.execute(
        update(Turn)
        .where(Turn.name == name, or_(Turn.holder == holder, Turn.until < db_now()))
        .values(holder=holder, until=type_coerce(db_now(), Double) + seconds)
        .execution_options(synchronize_session=False)
    )
    return bool(taken.rowcount)  # type: ignore[attr-defined]  # an UPDATE gives a CursorResult


def _ago(seconds: float) -> object:
    return type_coerce(db_now(), Double) - seconds
