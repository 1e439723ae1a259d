"""The event log: numbering, appending and reading."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from common.errors import LeaseLost
from common.events import DurableEvent, LoggedEvent, SwarmFormed, durable_event
from common.models import EventRecord, FlowSession
from common.models.base import db_now
from common.queries.model_usage import note_models


def append_events(
    db: Session, session_id: str, events: Sequence[DurableEvent], *, epoch: int | None = None
) -> list[LoggedEvent]:
    """Number, date and store `events`; with `epoch`, only while that claim owns the session (else LeaseLost).

    Their time is the database's: clocks of hosts differ.
    """
    statement = update(FlowSession).where(FlowSession.id == session_id)
    if epoch is not None:
        statement = statement.where(FlowSession.epoch == epoch, FlowSession.state == "running")
    row = db.execute(
        statement.values(last_seq=FlowSession.last_seq + len(events))
        .returning(FlowSession.last_seq, db_now().label("now"))
        .execution_options(synchronize_session=False)
    ).one_or_none()
    if row is None:
        raise LeaseLost(f"Session {session_id} is no longer owned by epoch {epoch}.")
    logged = [
        LoggedEvent(session_id=session_id, seq=row.last_seq - len(events) + number, at=row.now, event=event)
        for number, event in enumerate(events, start=1)
    ]
    if logged:
        db.execute(insert(EventRecord), [_to_row(item) for item in logged])
    for event in events:
        if isinstance(event, SwarmFormed):  # tells which models were chosen where that was left to the flow
            note_models(db, session_id, event.models.values())
    return logged


def read_events(db: Session, session_id: str, *, after: int = 0, limit: int = 500) -> list[LoggedEvent]:
    """Return the events with `seq > after`, in order, `limit` at most."""
    rows = db.scalars(
        select(EventRecord)
        .where(EventRecord.session_id == session_id, EventRecord.seq > after)
        .order_by(EventRecord.seq)
        .limit(limit)
    )
    return [_to_logged(row) for row in rows]


def read_events_of(db: Session, session_id: str, types: Iterable[str]) -> list[LoggedEvent]:
    """Return all events of these types, in order."""
    query = select(EventRecord).where(EventRecord.session_id == session_id, EventRecord.type.in_(list(types)))
    return [_to_logged(row) for row in db.scalars(query.order_by(EventRecord.seq))]


def read_last_seqs(db: Session, session_ids: Iterable[str]) -> dict[str, int]:
    """Return the number of the last event of each of these sessions."""
    rows = db.execute(select(FlowSession.id, FlowSession.last_seq).where(FlowSession.id.in_(list(session_ids))))
    return {row.id: row.last_seq for row in rows}


def _to_row(logged: LoggedEvent) -> dict[str, object]:
    data = logged.event.model_dump(mode="json", exclude={"type"})
    return {
        "session_id": logged.session_id,
        "seq": logged.seq,
        "at": logged.at,
        "type": logged.event.type,
        "data": data,
    }


def _to_logged(row: EventRecord) -> LoggedEvent:
    event = durable_event.validate_python({**row.data, "type": row.type})
    return LoggedEvent(session_id=row.session_id, seq=row.seq, at=row.at, event=event)
