"""The last hour in samples, one in 15 s: what worker processes and the dispatcher keep in Redis for the charts."""

from __future__ import annotations

import datetime as dt

from pydantic import BaseModel

from common.heartbeat import Heartbeat

SAMPLE_SECONDS = 15
HISTORY_SECONDS = 3600


class HostSample(BaseModel):
    """How a host was at a moment."""

    at: dt.datetime
    cpu_percent: float
    memory_percent: float
    disk_percent: float
    received_bytes_per_second: float
    sent_bytes_per_second: float

    @classmethod
    def take(cls, heartbeat: Heartbeat) -> HostSample:
        """Make a sample from the figures that a worker process of the host tells."""
        return cls(at=heartbeat.at, **heartbeat.resources.model_dump(include=set(cls.model_fields) - {"at"}))


class QueueSample(BaseModel):
    """How full the installation was at a moment."""

    at: dt.datetime
    queued: int
    running: int
    #: Of worker processes that are alive and not draining.
    seats: int


class History(BaseModel):
    """All samples that Redis has, the oldest first."""

    hosts: dict[str, list[HostSample]] = {}
    queue: list[QueueSample] = []


def ring_place(at: dt.datetime) -> int:
    """Return the place of a moment's sample in a ring that holds an hour, so that each takes that of an hour before."""
    return int(at.timestamp()) // SAMPLE_SECONDS % (HISTORY_SECONDS // SAMPLE_SECONDS)
