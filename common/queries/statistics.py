"""The figures of sessions, from what triggers add up; no question here looks at each session."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from common.models import FlowSession, SessionDay
from common.queries.active import is_active
from common.states import State


@dataclass(frozen=True, kw_only=True)
class Ended:
    """Sessions that have ended: how many in which way, and what they took."""

    completed: int
    failed: int
    stopped: int
    #: Read and written by the model, in all.
    tokens: int
    #: Of the completed ones; None where there is none.
    average_duration_seconds: float | None


@dataclass(frozen=True, kw_only=True)
class Statistics(Ended):
    """The figures above the list."""

    total: int
    active: int


@dataclass(frozen=True, kw_only=True)
class Day(Ended):
    """The sessions that ended on one day."""

    #: Days since 1970-01-01, in UTC.
    day: int


def count_sessions(db: Session, owner_id: str | None = None) -> Statistics:
    """Count the sessions of one owner, or of all."""
    active = select(func.count()).where(is_active())
    sums = select(SessionDay.state, *_SUMS).group_by(SessionDay.state)
    if owner_id is not None:
        active = active.where(FlowSession.owner_id == owner_id)
        sums = sums.where(SessionDay.owner_id == owner_id)
    waiting = db.scalar(active) or 0
    ended = _add_up([(state, count, seconds, tokens) for state, count, seconds, tokens in db.execute(sums)])
    total = waiting + ended.completed + ended.failed + ended.stopped
    return Statistics(total=total, active=waiting, **vars(ended))


def list_days(db: Session, owner_id: str | None, *, first: int) -> list[Day]:
    """Return the days from `first` on which sessions of one owner, or of anybody, ended."""
    sums = select(SessionDay.day, SessionDay.state, *_SUMS).group_by(SessionDay.day, SessionDay.state)
    sums = sums.where(SessionDay.day >= first)
    if owner_id is not None:
        sums = sums.where(SessionDay.owner_id == owner_id)
    days: dict[int, list[_Row]] = {}
    for day, state, count, seconds, tokens in db.execute(sums.order_by(SessionDay.day)):
        days.setdefault(day, []).append((state, count, seconds, tokens))
    return [Day(day=day, **vars(_add_up(rows))) for day, rows in days.items()]


def count_by_state(db: Session) -> dict[str, int]:
    """Count all sessions by state, for metrics."""
    active = select(FlowSession.state, func.count()).where(is_active())
    ended = select(SessionDay.state, func.sum(SessionDay.count)).group_by(SessionDay.state)
    counts = {row[0]: int(row[1]) for query in (active.group_by(FlowSession.state), ended) for row in db.execute(query)}
    return {state: count for state, count in counts.items() if count}


_SUMS = (func.sum(SessionDay.count), func.sum(SessionDay.seconds), func.sum(SessionDay.tokens))
#: State, count, seconds and tokens.
_Row = tuple[str, int, float, int]


def _add_up(rows: Sequence[_Row]) -> Ended:
    counts = {state: int(count) for state, count, _, _ in rows}
    completed = counts.get(State.COMPLETED, 0)
    seconds = sum(total for state, _, total, _ in rows if state == State.COMPLETED)
    return Ended(
        completed=completed,
        failed=counts.get(State.FAILED, 0),
        stopped=counts.get(State.STOPPED, 0),
        tokens=sum(int(tokens) for *_, tokens in rows),
        average_duration_seconds=max(0.0, seconds / completed) if completed else None,
    )
