"""The one clock of a process. Decisions about leases use the database's clock (`common.models.base.db_now`)."""

from __future__ import annotations

import datetime as dt
import time


def utc_now() -> dt.datetime:
    """Return the present time, aware, in UTC."""
    return dt.datetime.now(dt.UTC)


def format_time(at: dt.datetime) -> str:
    """Write a time as ISO 8601 in UTC with milliseconds and `Z`."""
    return at.astimezone(dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def elapsed_clock() -> float:
    """Return seconds that only grow, for measuring durations inside one process."""
    return time.perf_counter()
