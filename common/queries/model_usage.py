"""What models were used for: the sessions that named them, from an index of their own."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session, load_only

from common.models import FlowSession

_MOST_LATEST = 3


@dataclass(frozen=True, kw_only=True)
class Usage:
    """The sessions of one model."""

    sessions: int
    #: The newest first.
    latest: list[FlowSession]


def read_usage(db: Session, models: Iterable[str], *, owner_id: str | None) -> dict[str, Usage]:
    """Return how many sessions of one owner, or of anybody, have each of these models, and the latest of them."""
    return {model: _read(db, model, owner_id) for model in models}


def _read(db: Session, model: str, owner_id: str | None) -> Usage:
    # `llama3` is what people write for `llama3:latest`.
    conditions: list[ColumnElement[bool]] = [FlowSession.model.in_({model, model.removesuffix(":latest")})]
    if owner_id is not None:
        conditions.append(FlowSession.owner_id == owner_id)
    ids = db.scalars(select(FlowSession.id).where(*conditions).order_by(FlowSession.id.desc()).limit(_MOST_LATEST))
    latest = select(FlowSession).where(FlowSession.id.in_(list(ids))).order_by(FlowSession.id.desc())
    columns = load_only(FlowSession.id, FlowSession.name, FlowSession.created_at)
    return Usage(
        sessions=db.scalar(select(func.count()).where(*conditions)) or 0,
        latest=list(db.scalars(latest.options(columns))),
    )
