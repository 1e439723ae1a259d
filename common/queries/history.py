"""The sessions that have ended: in any of the orders, found by words and filters, a page at a time."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Double, Integer, String, or_, select, type_coerce
from sqlalchemy.orm import InstrumentedAttribute, Session
from sqlalchemy.types import TypeEngine

from common.models import FlowSession
from common.queries.sessions import SessionFilter, choose_sessions


class Order(enum.StrEnum):
    """What the history is sorted by."""

    ENDED = "ended"
    CREATED = "created"
    DURATION = "duration"
    TOKENS = "tokens"
    NAME = "name"


_COLUMNS: dict[Order, InstrumentedAttribute[Any]] = {
    Order.ENDED: FlowSession.ended_at,
    Order.CREATED: FlowSession.created_at,
    Order.DURATION: FlowSession.ran_seconds,
    Order.TOKENS: FlowSession.tokens,
    Order.NAME: FlowSession.sort_name,
}


#: What places hold; a time is a number of seconds. With another type than the column's, PostgreSQL passes its index by.
_TYPES: dict[Order, TypeEngine[Any]] = {Order.TOKENS: Integer(), Order.NAME: String()}


@dataclass(frozen=True, kw_only=True)
class Sorting:
    """An order and its direction; equal ones are told apart by their ids, in the same direction."""

    order: Order = Order.ENDED
    descending: bool = True


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a session stands in a sorted list: what it is sorted by, as exactly as the database has it, and its id."""

    value: float | str
    session_id: str


LATEST_FIRST = Sorting()


def list_ended(
    db: Session,
    wanted: SessionFilter,
    *,
    sorting: Sorting = LATEST_FIRST,
    limit: int = 50,
    after: Place | None = None,
) -> list[FlowSession]:
    """Return the sessions that have ended; `after` is the `read_place` of the last one seen."""
    column = _COLUMNS[sorting.order]
    query = choose_sessions(db, select(FlowSession), wanted).where(FlowSession.ended_at.is_not(None))
    if after is not None:
        # Spelled out: a row-value comparison would lose the type of times. The first condition is for the index.
        if sorting.descending:
            query = query.where(column <= after.value, or_(column < after.value, FlowSession.id < after.session_id))
        else:
            query = query.where(column >= after.value, or_(column > after.value, FlowSession.id > after.session_id))
    keys = (column, FlowSession.id)
    query = query.order_by(*(key.desc() if sorting.descending else key.asc() for key in keys))
    return list(db.scalars(query.limit(limit)))


def read_place(db: Session, session: FlowSession, order: Order = Order.ENDED) -> Place:
    """Return where an ended session stands in a list."""
    value = type_coerce(_COLUMNS[order], _TYPES.get(order, Double()))
    found: float | str = db.execute(select(value).where(FlowSession.id == session.id)).scalar_one()
    return Place(value=found, session_id=session.id)
