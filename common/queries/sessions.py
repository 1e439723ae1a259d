"""Sessions as people see them: create, find, list, end and delete."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from common.errors import Conflict, NotFound
from common.events import LoggedEvent, Receipt, SessionMoved
from common.models import FlowSession, User
from common.models.base import db_now
from common.queries.active import is_active
from common.queries.events import append_events
from common.queries.model_usage import note_models
from common.queries.search import holds_words
from common.states import FINAL_STATES, State, check_move


@dataclass(frozen=True, kw_only=True)
class NewSession:
    """What a session is made from; already validated."""

    owner_id: str
    name: str
    task: str
    workers: int
    architecture: str
    model: str
    project_folder: str | None = None
    options: dict[str, Any] = field(default_factory=dict)
    template_id: str | None = None
    template_version: int | None = None
    template_name: str | None = None
    idempotency_key: str | None = None


@dataclass(frozen=True, kw_only=True)
class SessionFilter:
    """Which sessions a list holds; None stands for any."""

    #: The asker, unless an admin: members see their own.
    owner_id: str | None = None
    states: Sequence[State] | None = None
    architecture: str | None = None
    model: str | None = None
    #: Words that the name, the task or the result holds.
    q: str | None = None
    #: When it ended, at the earliest and at the latest; one that has not ended will do so later than now.
    since: dt.datetime | None = None
    until: dt.datetime | None = None


def create_session(db: Session, new: NewSession) -> tuple[FlowSession, list[LoggedEvent]]:
    """Store a queued session and its first event; the same idempotency key gives the same session and no event."""
    if (known := _find_repeated(db, new)) is not None:
        return known, []
    created = FlowSession(**vars(new))
    try:
        with db.begin_nested():
            db.add(created)
    except IntegrityError:
        # PostgreSQL lets two writers in at a time: the other one was quicker with this key.
        if (known := _find_repeated(db, new)) is not None:
            return known, []
        raise
    by_role = new.options.get("models")
    note_models(db, created.id, [new.model, *(by_role.values() if isinstance(by_role, dict) else [])])
    events = append_events(db, created.id, [SessionMoved(status=State.QUEUED)])
    db.refresh(created)
    return created, events


def _find_repeated(db: Session, new: NewSession) -> FlowSession | None:
    if new.idempotency_key is None:
        return None
    return db.scalar(
        select(FlowSession).where(
            FlowSession.owner_id == new.owner_id, FlowSession.idempotency_key == new.idempotency_key
        )
    )


def find_session(db: Session, session_id: str, *, seen_by: User | None = None) -> FlowSession:
    """Return the session; raises NotFound where it does not exist or `seen_by` may not see it."""
    found = db.get(FlowSession, session_id)
    if found is None or (seen_by is not None and not seen_by.is_admin and found.owner_id != seen_by.id):
        raise NotFound("There is no such session.")
    return found


def list_named(db: Session, session_ids: Iterable[str]) -> list[FlowSession]:
    """Return those of these sessions that exist, oldest first."""
    query = select(FlowSession).where(FlowSession.id.in_(list(session_ids)))
    return list(db.scalars(query.order_by(FlowSession.created_at, FlowSession.id)))


def find_known(db: Session, session_ids: Iterable[str]) -> set[str]:
    """Return those of these ids that sessions have."""
    return set(db.scalars(select(FlowSession.id).where(FlowSession.id.in_(list(session_ids)))))


def read_active_seqs(db: Session) -> dict[str, int]:
    """Return the number of the last event of each session that has not ended."""
    query = select(FlowSession.id, FlowSession.last_seq).where(is_active())
    return {row.id: row.last_seq for row in db.execute(query)}


def list_active(db: Session, wanted: SessionFilter, *, limit: int = 200) -> list[FlowSession]:
    """Return the sessions that have not ended, oldest first."""
    if wanted.until is not None:
        return []
    wanted = dataclasses.replace(wanted, since=None)
    query = choose_sessions(db, select(FlowSession), wanted).where(is_active())
    return list(db.scalars(query.order_by(FlowSession.created_at, FlowSession.id).limit(limit)))


def end_session(
    db: Session,
    session: FlowSession,
    state: State,
    *,
    reason: str | None = None,
    error: str | None = None,
    receipt: Receipt | None = None,
) -> list[LoggedEvent]:
    """Move a locked session to a final state, with its event."""
    check_move(State(session.state), state)
    session.state = state
    session.reason = reason
    session.error = error
    session.lease_until = None
    session.rung_at = None
    session.waits_for = session.wake_at = None
    session.ended_at = db_now()
    if receipt is not None:
        session.receipt = receipt.model_dump()
    db.flush()
    moved = SessionMoved(
        status=state, reason=reason, result=session.result, error=error, epoch=session.epoch, receipt=receipt
    )
    events = append_events(db, session.id, [moved])
    db.refresh(session)
    return events


def delete_session(db: Session, session_id: str, *, by: User) -> FlowSession:
    """Delete an ended session with all that belongs to it. Raises NotFound, or Conflict where it has not ended."""
    session = lock_session(db, session_id, seen_by=by)
    if session.state not in FINAL_STATES:
        raise Conflict(f"This session is {session.state}; stop it before deleting it.")
    db.delete(session)
    return session


def lock_session(db: Session, session_id: str, *, seen_by: User) -> FlowSession:
    """Return the session, locked until the transaction ends. Raises NotFound as `find_session` does."""
    find_session(db, session_id, seen_by=seen_by)
    locked = db.scalar(
        select(FlowSession)
        .where(FlowSession.id == session_id)
        .with_for_update(of=FlowSession)
        .execution_options(populate_existing=True)
    )
    if locked is None:
        raise NotFound("There is no such session.")
    return locked


def choose_sessions(db: Session, query: Select[Any], wanted: SessionFilter) -> Select[Any]:
    """Return the query for those sessions only that the filter lets through."""
    conditions: list[ColumnElement[bool]] = []
    if wanted.owner_id is not None:
        conditions.append(FlowSession.owner_id == wanted.owner_id)
    if wanted.states is not None:
        conditions.append(FlowSession.state.in_(list(wanted.states)))
    if wanted.architecture is not None:
        conditions.append(FlowSession.architecture == wanted.architecture)
    if wanted.model is not None:
        conditions.append(FlowSession.model == wanted.model)
    if wanted.since is not None:
        conditions.append(FlowSession.ended_at >= wanted.since)
    if wanted.until is not None:
        conditions.append(FlowSession.ended_at <= wanted.until)
    if wanted.q is not None:
        conditions.append(holds_words(db, wanted.q))
    return query.where(*conditions)
