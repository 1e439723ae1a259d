"""The last hour of the system: samples from Redis, and what the database tells of each minute."""

from __future__ import annotations

import datetime as dt

from common.bus import Bus
from common.clock import utc_now
from common.database import Database
from common.history import HISTORY_SECONDS
from common.queries.activity import MINUTE_SECONDS, Minute, read_minutes
from common.states import State
from web.api.system_schemas import HistoryAnswer, HostHistory, MinuteView


def read_status_history(database: Database, bus: Bus) -> HistoryAnswer:
    """Return the last hour; the first minute is a whole one, and the last one has only begun."""
    until = utc_now()
    last = int(until.timestamp()) // MINUTE_SECONDS
    first = last - HISTORY_SECONDS // MINUTE_SECONDS + 1
    samples = bus.read_history()
    with database.read() as db:
        minutes = read_minutes(db, since=_begin_of(first))
    return HistoryAnswer(
        since=until - dt.timedelta(seconds=HISTORY_SECONDS),
        until=until,
        hosts=[HostHistory(host=host, samples=told) for host, told in samples.hosts.items()],
        queue=samples.queue,
        minutes=[_view(number, minutes.get(number, Minute())) for number in range(first, last + 1)],
    )


def _begin_of(minute: int) -> dt.datetime:
    return dt.datetime.fromtimestamp(minute * MINUTE_SECONDS, dt.UTC)


def _view(number: int, minute: Minute) -> MinuteView:
    return MinuteView(
        at=_begin_of(number),
        started=minute.started,
        completed=minute.ended.get(State.COMPLETED, 0),
        failed=minute.ended.get(State.FAILED, 0),
        stopped=minute.ended.get(State.STOPPED, 0),
        output_tokens=minute.output_tokens,
    )
