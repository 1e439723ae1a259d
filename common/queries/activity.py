"""What happened in each of the last minutes: sessions that began and ended, tokens that were written."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Double, Integer, func, select, type_coerce
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session
from sqlalchemy.sql.functions import FunctionElement

from common.models import FlowSession, Step
from common.queries.active import is_active

MINUTE_SECONDS = 60


@dataclass(kw_only=True)
class Minute:
    """What happened in one minute."""

    started: int = 0
    #: How many sessions ended, by their final state.
    ended: dict[str, int] = field(default_factory=dict)
    #: Of the steps that were committed in it.
    output_tokens: int = 0


class _minute_of(FunctionElement[int]):  # noqa: N801 - reads as the SQL function that it is
    """The number of the minute that a time lies in, since 1970."""

    type = Integer()
    inherit_cache = True


@compiles(_minute_of, "sqlite")
def _sqlite_minute(element: _minute_of, compiler: Any, **kw: Any) -> str:
    return f"CAST({compiler.process(element.clauses, **kw)} / {MINUTE_SECONDS} AS INTEGER)"


@compiles(_minute_of, "postgresql")
def _postgresql_minute(element: _minute_of, compiler: Any, **kw: Any) -> str:
    return f"CAST(floor({compiler.process(element.clauses, **kw)} / {MINUTE_SECONDS}) AS INTEGER)"


def read_minutes(db: Session, *, since: dt.datetime) -> dict[int, Minute]:
    """Return the minutes in which anything happened by their number since 1970; each question has an index."""
    minutes: defaultdict[int, Minute] = defaultdict(Minute)
    has_ended = FlowSession.ended_at >= since
    # Whoever began since then is still active, or ended since then.
    for condition in (is_active(), has_ended):
        for minute, count in _count(db, FlowSession.started_at, condition, FlowSession.started_at >= since):
            minutes[minute].started += count
    ended = select(_minute_of(FlowSession.ended_at).label("minute"), FlowSession.state, func.count()).where(has_ended)
    for minute, state, count in db.execute(ended.group_by("minute", FlowSession.state)):
        minutes[minute].ended[state] = count
    written = select(_minute_of(Step.ended_at).label("minute"), func.sum(Step.output_tokens))
    for minute, tokens in db.execute(written.where(Step.ended_at >= since).group_by("minute")):
        minutes[minute].output_tokens = int(tokens)
    return dict(minutes)


def _count(db: Session, column: Any, *conditions: ColumnElement[bool]) -> Iterator[tuple[int, int]]:
    minute = _minute_of(type_coerce(column, Double)).label("minute")
    for row in db.execute(select(minute, func.count()).where(*conditions).group_by("minute")):
        yield row[0], row[1]
