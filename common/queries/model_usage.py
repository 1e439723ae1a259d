"""What models were used for: the sessions that have them, counted from the indexes of the history and of the queue."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from common.models import FlowSession
from common.queries.active import is_active
from common.queries.history import list_ended
from common.queries.sessions import SessionFilter, list_active

_MOST_LATEST = 3


@dataclass(frozen=True, kw_only=True)
class Usage:
    """The sessions of one model."""

    sessions: int
    #: The newest first.
    latest: list[FlowSession]


def read_usage(db: Session, models: Iterable[str], *, owner_id: str | None) -> dict[str, Usage]:
    """Return how many sessions of one owner, or of anybody, have each of these models, and the latest of them."""
    counts: Counter[str] = Counter()
    for condition in (is_active(), FlowSession.ended_at.is_not(None)):
        query = select(FlowSession.model, func.count()).where(condition).group_by(FlowSession.model)
        if owner_id is not None:
            query = query.where(FlowSession.owner_id == owner_id)
        counts.update({row[0]: row[1] for row in db.execute(query)})
    # `llama3` is what people write for `llama3:latest`.
    named = {model: [name for name in {model, model.removesuffix(":latest")} if counts[name]] for model in models}
    return {
        model: Usage(sessions=sum(counts[name] for name in names), latest=_latest(db, names, owner_id))
        for model, names in named.items()
    }


def _latest(db: Session, names: Iterable[str], owner_id: str | None) -> list[FlowSession]:
    found: list[FlowSession] = []
    for name in names:
        wanted = SessionFilter(owner_id=owner_id, model=name)
        found += [*list_active(db, wanted), *list_ended(db, wanted, limit=_MOST_LATEST)]
    return sorted(found, key=lambda session: session.created_at, reverse=True)[:_MOST_LATEST]
