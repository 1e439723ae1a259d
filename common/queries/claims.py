"""Ownership: claim, renew, hand back, end. Every write here is conditional on the epoch of the claim.

What a worker writes under a claim is numbered: `begin_write` finds a write that was committed although its answer got
lost, so that repeating it changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Double, case, select, type_coerce, update
from sqlalchemy.orm import Session

from common.errors import LeaseLost
from common.events import LoggedEvent, Receipt, SessionMoved
from common.models import FlowSession
from common.models.base import db_now
from common.queries.events import append_events
from common.queries.model_usage import note_models
from common.queries.sessions import end_session
from common.states import Desired, State, WaitsFor, check_move


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What was under way when a session was cut short; see `common.events.Receipt`."""

    calls_cut: int = 0
    streams_closed: int = 0


@dataclass(frozen=True, kw_only=True)
class Trouble:
    """Why a session pauses that nobody wants paused."""

    waits_for: WaitsFor
    #: How long the first pause lasts at least; each that follows without a new step lasts twice as long.
    first_seconds: float
    most_seconds: float = 300.0

    def wait_seconds(self, setbacks: int) -> float:
        """Return how long the pause lasts that is the `setbacks`-th in a row."""
        return min(self.first_seconds * 2.0 ** min(setbacks - 1, 16), max(self.most_seconds, self.first_seconds))


def claim_session(
    db: Session, session_id: str, *, worker: str, lease_seconds: float, flow_version: int
) -> tuple[FlowSession, list[LoggedEvent]] | None:
    """Make `worker` the owner of a queued session; None where it is not to be had."""
    claimed = db.execute(
        update(FlowSession)
        .where(FlowSession.id == session_id, FlowSession.state == State.QUEUED, FlowSession.desired == Desired.RUN)
        .values(
            state=State.RUNNING,
            reason=None,
            worker=worker,
            epoch=FlowSession.epoch + 1,
            writes=0,
            lease_until=_from_now(lease_seconds),
            rung_at=None,
            started_at=case((FlowSession.started_at.is_(None), db_now()), else_=FlowSession.started_at),
            flow_version=case((FlowSession.flow_version.is_(None), flow_version), else_=FlowSession.flow_version),
        )
        .returning(FlowSession.epoch)
        .execution_options(synchronize_session=False)
    ).scalar()
    if claimed is None:
        return None
    events = append_events(
        db, session_id, [SessionMoved(status=State.RUNNING, worker=worker, epoch=claimed)], epoch=claimed
    )
    session = db.get_one(FlowSession, session_id, populate_existing=True)
    return session, events


def renew_leases(db: Session, epochs: Mapping[str, int], *, worker: str, lease_seconds: float) -> dict[str, Desired]:
    """Renew the leases of all sessions of a worker process; return what is wanted of those that it still owns."""
    rows = db.execute(
        update(FlowSession)
        .where(FlowSession.worker == worker, FlowSession.state == State.RUNNING, FlowSession.id.in_(list(epochs)))
        .values(lease_until=_from_now(lease_seconds))
        .returning(FlowSession.id, FlowSession.epoch, FlowSession.desired)
        .execution_options(synchronize_session=False)
    )
    return {row.id: Desired(row.desired) for row in rows if epochs[row.id] == row.epoch}


def begin_write(db: Session, session_id: str, *, epoch: int, number: int) -> bool:
    """Begin the owner's write of this number; False where it is committed already. Raises LeaseLost."""
    begun = db.execute(
        update(FlowSession)
        .where(
            FlowSession.id == session_id,
            FlowSession.epoch == epoch,
            FlowSession.state == State.RUNNING,
            FlowSession.writes < number,
        )
        .values(writes=number)
        .execution_options(synchronize_session=False)
    )
    if begun.rowcount:  # type: ignore[attr-defined]  # an UPDATE gives a CursorResult
        return True
    # A move away from running has no later write, so one that is found moved was lost, not repeated.
    _fenced(db, session_id, epoch)
    return False


def set_model(db: Session, session_id: str, *, epoch: int, model: str) -> None:
    """Journal the model that a session without one gets. Raises LeaseLost."""
    _fenced(db, session_id, epoch).model = model
    note_models(db, session_id, [model])


def finish_session(
    db: Session,
    session_id: str,
    *,
    epoch: int,
    state: State,
    result: str | None = None,
    reason: str | None = None,
    error: str | None = None,
    cost: Cost | None = None,
) -> list[LoggedEvent]:
    """End an owned session: completed, failed or stopped. Raises LeaseLost."""
    session = _fenced(db, session_id, epoch)
    session.result = result
    if state is State.COMPLETED:
        session.steps_planned = session.steps_done  # a debate may end early
    return end_session(db, session, state, reason=reason, error=error, receipt=_receipt(session, cost))


def release_session(
    db: Session,
    session_id: str,
    *,
    epoch: int,
    state: State,
    reason: str | None = None,
    cost: Cost | None = None,
    trouble: Trouble | None = None,
) -> list[LoggedEvent]:
    """Give an owned session up, to the queue or into a pause, as is wanted of it by now. Raises LeaseLost.

    With `trouble` nobody wants the pause: the session is woken once that is over.
    """
    session = _fenced(db, session_id, epoch)
    receipt = _receipt(session, cost)
    if session.desired == Desired.STOP:
        return end_session(db, session, State.STOPPED, receipt=receipt)
    if session.desired == Desired.PAUSE:
        return give_up(db, session, State.PAUSED, reason=None, receipt=receipt)
    kept = receipt if state is State.PAUSED else None  # handed on, it costs nothing that anybody asked for
    return give_up(db, session, state, reason=reason, receipt=kept, trouble=trouble)


def give_up(
    db: Session,
    session: FlowSession,
    state: State,
    *,
    reason: str | None,
    receipt: Receipt | None = None,
    trouble: Trouble | None = None,
) -> list[LoggedEvent]:
    """Move a locked session to a waiting state, with its event."""
    check_move(State(session.state), state)
    session.state = state
    session.reason = reason
    session.lease_until = None
    session.rung_at = None
    session.waits_for = session.wake_at = None
    if trouble is not None:
        session.setbacks += 1
        session.waits_for = trouble.waits_for
        session.wake_at = _from_now(trouble.wait_seconds(session.setbacks))
    if receipt is not None:
        session.receipt = receipt.model_dump()
    db.flush()
    moved = SessionMoved(status=state, reason=reason, epoch=session.epoch, waits_for=session.waits_for, receipt=receipt)
    return append_events(db, session.id, [moved])


def _receipt(session: FlowSession, cost: Cost | None) -> Receipt | None:
    if cost is None:
        return None
    return Receipt(steps_kept=session.steps_done, calls_cut=cost.calls_cut, streams_closed=cost.streams_closed)


def _fenced(db: Session, session_id: str, epoch: int) -> FlowSession:
    session = db.scalar(
        select(FlowSession)
        .where(FlowSession.id == session_id, FlowSession.epoch == epoch, FlowSession.state == State.RUNNING)
        .with_for_update(of=FlowSession)
        .execution_options(populate_existing=True)
    )
    if session is None:
        raise LeaseLost(f"Session {session_id} is no longer owned by epoch {epoch}.")
    return session


def _from_now(seconds: float) -> Any:
    return type_coerce(db_now(), Double) + seconds


def set_waiting_reason(db: Session, session_id: str, reason: str) -> None:
    """Say why a queued session waits although a worker process heard its doorbell."""
    db.execute(
        update(FlowSession)
        .where(FlowSession.id == session_id, FlowSession.state == State.QUEUED)
        .values(reason=reason)
        .execution_options(synchronize_session=False)
    )
