"""Model orders: given by people, carried out by one worker process at a time."""

from __future__ import annotations

from typing import Any, Literal

from sqlalchemy import Double, and_, or_, select, type_coerce, update
from sqlalchemy.orm import Session

from common.errors import Conflict, NotFound
from common.models import ModelOrder, User
from common.models.base import db_now
from common.states import OrderState

_ACTIVE = (OrderState.QUEUED, OrderState.RUNNING)


def create_order(db: Session, kind: Literal["pull", "delete"], model: str, *, by: User) -> ModelOrder:
    """Order a model to be pulled or deleted; the order that is under way already where it is the same.

    Raises Conflict where the opposite is under way.
    """
    known = db.scalar(select(ModelOrder).where(ModelOrder.model == model, ModelOrder.state.in_(_ACTIVE)))
    if known is not None and known.kind == kind:
        return known
    if known is not None:
        raise Conflict(f"{model} is being {'pulled' if known.kind == 'pull' else 'deleted'} just now.")
    order = ModelOrder(owner_id=by.id, kind=kind, model=model, state=OrderState.QUEUED)
    db.add(order)
    db.flush()
    return order


def list_orders(db: Session, *, limit: int = 20) -> list[ModelOrder]:
    """Return the latest orders, the newest first."""
    return list(db.scalars(select(ModelOrder).order_by(ModelOrder.id.desc()).limit(limit)))


def cancel_order(db: Session, order_id: str, *, by: User) -> ModelOrder:
    """Want an order cancelled: a waiting one is at once. Raises NotFound, also of others' orders, or Conflict."""
    order = db.scalar(select(ModelOrder).where(ModelOrder.id == order_id).with_for_update())
    if order is None or not (by.is_admin or order.owner_id == by.id):
        raise NotFound("There is no such order, or it is somebody else's.")
    if order.state not in _ACTIVE:
        raise Conflict(f"This is {order.state} already.")
    order.wanted = False
    if order.state == OrderState.QUEUED:
        order.state, order.ended_at = OrderState.CANCELLED, db_now()
    db.flush()
    db.refresh(order)
    return order


def has_claimable(db: Session) -> bool:
    """Tell whether an order waits for a worker process, so that looking is no write."""
    return db.scalar(select(ModelOrder.id).where(_is_claimable()).limit(1)) is not None


def claim_order(db: Session, *, worker: str, lease_seconds: float) -> ModelOrder | None:
    """Give the oldest waiting order, or one whose worker process is gone, to this one; None where there is none."""
    oldest = select(ModelOrder.id).where(_is_claimable()).order_by(ModelOrder.id).limit(1)
    claimed = db.execute(
        update(ModelOrder)
        .where(ModelOrder.id == oldest.with_for_update(skip_locked=True).scalar_subquery())
        .values(state=OrderState.RUNNING, worker=worker, lease_until=_from_now(lease_seconds))
        .returning(ModelOrder.id)
        .execution_options(synchronize_session=False)
    ).scalar()
    return None if claimed is None else db.get_one(ModelOrder, claimed, populate_existing=True)


def report_order(
    db: Session,
    order_id: str,
    *,
    worker: str,
    lease_seconds: float,
    progress: str | None,
    completed_bytes: int,
    total_bytes: int,
) -> bool | None:
    """Say how far an order is, and keep it; return whether it is wanted still, None where it is another's by now."""
    return db.execute(
        _own(order_id, worker)
        .values(
            lease_until=_from_now(lease_seconds),
            progress=progress,
            completed_bytes=completed_bytes,
            total_bytes=total_bytes,
        )
        .returning(ModelOrder.wanted)
    ).scalar()


def finish_order(db: Session, order_id: str, *, worker: str, state: OrderState, error: str | None = None) -> None:
    """End an own order; nothing happens where it is another's by now."""
    db.execute(_own(order_id, worker).values(state=state, error=error, lease_until=None, ended_at=db_now()))


def release_order(db: Session, order_id: str, *, worker: str) -> None:
    """Hand an own order back, for another worker process to go on with."""
    db.execute(_own(order_id, worker).values(state=OrderState.QUEUED, worker=None, lease_until=None))


def reclaim_orders(db: Session) -> None:
    """Return the orders whose worker process is gone to the queue; those that nobody wants any more end."""
    lost = update(ModelOrder).where(_has_expired()).execution_options(synchronize_session=False)
    db.execute(
        lost.where(ModelOrder.wanted.is_(False)).values(
            state=OrderState.CANCELLED, worker=None, lease_until=None, ended_at=db_now()
        )
    )
    db.execute(lost.values(state=OrderState.QUEUED, worker=None, lease_until=None))


def _own(order_id: str, worker: str) -> Any:
    return (
        update(ModelOrder)
        .where(ModelOrder.id == order_id, ModelOrder.worker == worker, ModelOrder.state == OrderState.RUNNING)
        .execution_options(synchronize_session=False)
    )


def _is_claimable() -> Any:
    return or_(ModelOrder.state == OrderState.QUEUED, _has_expired())


def _has_expired() -> Any:
    return and_(ModelOrder.state == OrderState.RUNNING, ModelOrder.lease_until < db_now())


def _from_now(seconds: float) -> Any:
    return type_coerce(db_now(), Double) + seconds
