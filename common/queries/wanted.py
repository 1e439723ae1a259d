"""What people want of a session: stop, pause, resume. A waiting one obeys at once, a running one when its worker hears.

Each returns the session and the events to tell of; wanting what is wanted already changes nothing.
"""

from __future__ import annotations

from sqlalchemy.orm import Session

from common.errors import Conflict
from common.events import LoggedEvent, Receipt, SessionWanted
from common.models import FlowSession, User
from common.queries.claims import give_up
from common.queries.events import append_events
from common.queries.sessions import end_session, lock_session
from common.states import FINAL_STATES, Desired, State

Wanted = tuple[FlowSession, list[LoggedEvent]]


def want_stop(db: Session, session_id: str, *, by: User) -> Wanted:
    """Stop a session for good. Raises NotFound; Conflict once it ended."""
    session = _lock_active(db, session_id, by, "stopped")
    if session.state == State.RUNNING:
        return _want(db, session, Desired.STOP, by)
    session.desired = Desired.STOP
    receipt = Receipt(steps_kept=session.steps_done)
    return session, end_session(db, session, State.STOPPED, reason=f"Stopped by {by.email}.", receipt=receipt)


def want_pause(db: Session, session_id: str, *, by: User) -> Wanted:
    """Let a session wait until it is resumed. Raises NotFound; Conflict once it ended or is stopping."""
    session = _lock_active(db, session_id, by, "paused")
    _refuse_stopping(session)
    if session.state in {State.RUNNING, State.PAUSED}:  # one that is paused until something is back, then stays so
        return _want(db, session, Desired.PAUSE, by)
    session.desired = Desired.PAUSE
    return _move(db, session, State.PAUSED, f"Paused by {by.email}.", Receipt(steps_kept=session.steps_done))


def want_resume(db: Session, session_id: str, *, by: User) -> Wanted:
    """Let a paused session go on, or take back a pause. Raises NotFound; Conflict once it ended or is stopping."""
    session = _lock_active(db, session_id, by, "resumed")
    _refuse_stopping(session)
    if session.state == State.RUNNING:
        return _want(db, session, Desired.RUN, by)
    session.desired = Desired.RUN
    if session.state == State.QUEUED:
        return session, []
    return _move(db, session, State.QUEUED, None)


def _lock_active(db: Session, session_id: str, by: User, done: str) -> FlowSession:
    session = lock_session(db, session_id, seen_by=by)
    if session.state in FINAL_STATES:
        raise Conflict(f"This session is already {session.state}; only one that has not ended can be {done}.")
    return session


def _refuse_stopping(session: FlowSession) -> None:
    if session.desired == Desired.STOP:
        raise Conflict("This session is being stopped.")


def _want(db: Session, session: FlowSession, desired: Desired, by: User) -> Wanted:
    """Write down what is wanted of a session that does not obey at once, or does already."""
    if session.desired == desired:
        return session, []
    session.desired = desired
    if session.state == State.PAUSED:  # until something is back; now it is somebody's wish
        session.waits_for = session.wake_at = None
        session.reason = f"Paused by {by.email}."
    db.flush()
    events = append_events(db, session.id, [SessionWanted(desired=desired, by=by.email)])
    db.refresh(session)
    return session, events


def _move(
    db: Session, session: FlowSession, state: State, reason: str | None, receipt: Receipt | None = None
) -> Wanted:
    """Move a waiting session."""
    events = give_up(db, session, state, reason=reason, receipt=receipt)
    db.refresh(session)
    return session, events
