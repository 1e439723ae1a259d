"""What models were used for: the sessions that speak with them, in their own name or in that of a role."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from common.models import FlowSession, SessionModel

_MOST_LATEST = 3


@dataclass(frozen=True, kw_only=True)
class Usage:
    """The sessions of one model."""

    sessions: int
    #: The newest first.
    latest: list[FlowSession]


def full_name(model: str) -> str:
    """Return a model's name with its tag: `llama3` is what people write for `llama3:latest`."""
    return model if ":" in model.rpartition("/")[2] else f"{model}:latest"


def note_models(db: Session, session_id: str, models: Iterable[str]) -> None:
    """Note that a session speaks with these models; what is noted already stays."""
    names = {full_name(model) for model in models if model}
    query = select(SessionModel.model).where(SessionModel.session_id == session_id)
    new = sorted(names - set(db.scalars(query))) if names else []
    if new:
        owner_id = db.scalars(select(FlowSession.owner_id).where(FlowSession.id == session_id)).one()
        rows = [{"session_id": session_id, "model": model, "owner_id": owner_id} for model in new]
        db.execute(insert(SessionModel), rows)


def read_usage(db: Session, models: Iterable[str], *, owner_id: str | None) -> dict[str, Usage]:
    """Return how many sessions of one owner, or of anybody, speak with each of these models, and the latest of them."""
    names = {model: full_name(model) for model in models}
    query = select(SessionModel.model, func.count()).where(SessionModel.model.in_(set(names.values())))
    if owner_id is not None:
        query = query.where(SessionModel.owner_id == owner_id)
    counts: dict[str, int] = {row[0]: row[1] for row in db.execute(query.group_by(SessionModel.model))}
    return {
        model: Usage(sessions=counts[name], latest=_list_latest(db, name, owner_id))
        if name in counts
        else Usage(sessions=0, latest=[])
        for model, name in names.items()
    }


def _list_latest(db: Session, name: str, owner_id: str | None) -> list[FlowSession]:
    # Ids sort by when they were made.
    query = select(SessionModel.session_id).where(SessionModel.model == name)
    if owner_id is not None:
        query = query.where(SessionModel.owner_id == owner_id)
    latest = db.scalars(query.order_by(SessionModel.session_id.desc()).limit(_MOST_LATEST)).all()
    found = db.scalars(select(FlowSession).where(FlowSession.id.in_(latest)))
    return sorted(found, key=lambda session: session.id, reverse=True)
