"""What the API says of the system: its parts, its worker processes, the last hour and its problems."""

from __future__ import annotations

import datetime as dt
from typing import Literal

from pydantic import BaseModel

from common.heartbeat import LoadedModel, ModelCard, Resources
from common.history import HostSample, QueueSample
from web.api.schemas import Success


class SystemView(BaseModel):
    """The host of this web process."""

    host: str
    platform: str
    python: str
    version: str
    started_at: dt.datetime
    uptime_seconds: float
    #: Where the dashboard shows Flower, for admins; None where there is none.
    flower_url: str | None


class RunningView(BaseModel):
    """A session that a worker process runs."""

    id: str
    name: str


class WorkerView(BaseModel):
    """A worker process; `sessions` are those that the asker may see."""

    name: str
    host: str
    pid: int
    version: str
    seats: int
    busy: int
    draining: bool
    started_at: dt.datetime
    last_seen: dt.datetime
    resources: Resources | None
    sessions: list[RunningView]


class QueueView(BaseModel):
    """How full the installation is."""

    queued: int
    running: int
    seats: int
    free_seats: int


class ServerView(BaseModel):
    """The model server, as the worker processes see it."""

    url: str
    kind: str
    reachable: bool
    version: str | None


class ModelsView(BaseModel):
    """The model server and what it has; no server is known while no worker process tells of one."""

    server: ServerView | None
    items: list[ModelCard]
    #: What it holds in memory.
    loaded: list[LoadedModel]
    default: str | None
    #: Why none can be pulled or deleted, as a sentence; None where it can.
    pull_refusal: str | None


class DatabaseState(BaseModel):
    """Whether the database answers."""

    ok: bool
    kind: Literal["sqlite", "postgresql"]


class RedisState(BaseModel):
    """Whether Redis answers."""

    ok: bool


class WorkersState(BaseModel):
    """Whether any worker process lives."""

    ok: bool
    count: int


class ModelServerState(BaseModel):
    """Whether the model server answers the worker processes."""

    ok: bool
    detail: str | None


class Components(BaseModel):
    """The parts of the installation."""

    database: DatabaseState
    redis: RedisState
    workers: WorkersState
    model_server: ModelServerState

    @property
    def are_ok(self) -> bool:
        """True while nothing is missing."""
        return self.database.ok and self.redis.ok and self.workers.ok and self.model_server.ok


class ProblemView(BaseModel):
    """Something that is not as it should be, and what to do about it."""

    #: A word for programs: `redis_away`, `no_workers`, `worker_silent`, `worker_draining`, `model_server_away`,
    #: `no_models`, `no_free_seats`, `disk_nearly_full` or `session_failed`.
    kind: str
    severity: Literal["error", "warning"]
    #: What is wrong, and what to do, each for people.
    title: str
    advice: str
    #: Of a session that failed.
    session_id: str | None = None
    at: dt.datetime | None = None


class StatusAnswer(Success):
    """The system at a glance; also the `overview` message of the socket."""

    system: SystemView
    resources: Resources
    workers: list[WorkerView]
    queue: QueueView
    models: ModelsView
    components: Components
    #: The worst first; of failed sessions those of the last hour that the asker may see.
    problems: list[ProblemView]


class HostHistory(BaseModel):
    """The samples of one host, one in 15 s, the oldest first; where nobody told any, there is a gap."""

    host: str
    samples: list[HostSample]


class MinuteView(BaseModel):
    """What happened in the minute that begins at `at`."""

    at: dt.datetime
    #: Sessions that began, and those that ended.
    started: int
    completed: int
    failed: int
    stopped: int
    #: Of the steps that were committed in it.
    output_tokens: int


class HistoryAnswer(Success):
    """The last hour, for charts: from `since` to `until`. Hosts and queue are empty while Redis is away."""

    since: dt.datetime
    until: dt.datetime
    hosts: list[HostHistory]
    queue: list[QueueSample]
    #: Every minute that has begun, also those without anything.
    minutes: list[MinuteView]


class HealthAnswer(Success):
    """Whether all is well; `components` only for the signed in."""

    status: Literal["ok", "degraded"]
    version: str
    timestamp: dt.datetime
    components: Components | None = None
