"""The JSON of the API's answers, as documented in /api/openapi.json; the socket sends the same shapes."""

from __future__ import annotations

import datetime as dt
from typing import Any, Literal

from pydantic import BaseModel

from common.events import AgentInfo, Claim, LoggedEvent, Receipt
from common.heartbeat import LoadedModel, ModelCard, Resources
from common.history import HostSample, QueueSample
from common.settings import Source
from common.states import OrderState


class Progress(BaseModel):
    """Committed steps, and how many the flow expects in all as far as it knows."""

    done: int
    planned: int


class Totals(BaseModel):
    """What the model calls of a session came to."""

    calls: int
    prompt_tokens: int
    output_tokens: int


class QueuePlace(BaseModel):
    """Where a queued session stands, and why it waits."""

    position: int | None
    reason: str | None


class TemplateOrigin(BaseModel):
    """The template that a session came from, as it was called then; it may be gone by now."""

    id: str
    #: None for a preset.
    version: int | None
    name: str


class SessionView(BaseModel):
    """A session as people see it."""

    id: str
    name: str
    task: str
    workers: int
    architecture: str
    #: Empty until its first claim where nobody named one.
    model: str
    project_folder: str | None
    options: dict[str, Any]
    template: TemplateOrigin | None
    #: A value of `common.states.State`.
    status: str
    #: A value of `common.states.Desired`; a running session whose `desired` is not `run` is stopping or pausing.
    desired: str
    #: An email address.
    owner: str
    worker: str | None
    created_at: dt.datetime
    started_at: dt.datetime | None
    ended_at: dt.datetime | None
    duration_seconds: float | None
    progress: Progress
    totals: Totals
    queue: QueuePlace | None
    reason: str | None
    #: `model_server` or `disk` where it is paused until that is back, and then goes on by itself.
    waits_for: str | None
    #: What its last pause or stop cost.
    receipt: Receipt | None
    result: str | None
    error: str | None
    last_seq: int


class StepView(BaseModel):
    """A committed step."""

    key: str
    position: int
    kind: str
    agent: str
    role: str | None
    model: str | None
    label: str | None
    output: dict[str, Any]
    text: str
    prompt_tokens: int
    output_tokens: int
    started_at: dt.datetime
    ended_at: dt.datetime
    duration_seconds: float


class StepDetail(StepView):
    """A committed step with what it was asked: a model call has `messages`, each with its `role` and `content`."""

    request: dict[str, Any]


class VersionView(BaseModel):
    """One version of a file; `url` is where its bytes are."""

    size: int
    sha256: str
    #: The step that wrote it, and the step of the model call that this was for: another one where a tool wrote it.
    step: str
    call: str
    agent: str | None
    model: str | None
    #: Whether it was parsed, and what is wrong with it where it could not be.
    checked: bool
    problem: str | None
    written_at: dt.datetime
    url: str


class ArtifactView(VersionView):
    """A file as it is now, with all its versions, the newest first."""

    path: str
    versions: list[VersionView]


class SessionDetail(SessionView):
    """A session with all that belongs to it; `command` does the same on the command line."""

    agents: list[AgentInfo]
    steps: list[StepView]
    artifacts: list[ArtifactView]
    #: What the answer claims to be done, each *verified* by the journal or only claimed; empty before the answer.
    claims: list[Claim]
    command: str


class StatisticsView(BaseModel):
    """The figures above the list; the average is that of the completed ones."""

    total: int
    active: int
    completed: int
    failed: int
    stopped: int
    #: Read and written by the models, in all ended ones.
    tokens: int
    average_duration_seconds: float | None


class DayView(BaseModel):
    """The sessions that ended on one day, in UTC; the average is that of the completed ones."""

    day: dt.date
    completed: int
    failed: int
    stopped: int
    tokens: int
    average_duration_seconds: float | None


class Success(BaseModel):
    """Base of all answers that tell of success."""

    success: Literal[True] = True


class SessionListAnswer(Success):
    """The active sessions by id, and a page of the ended ones, newest first."""

    active_sessions: dict[str, SessionView]
    session_history: list[SessionView]
    statistics: StatisticsView
    next_cursor: str | None


class StatisticsAnswer(Success):
    """The figures of all sessions, and those of each of the last days, the oldest first, also where nothing ended."""

    statistics: StatisticsView
    days: list[DayView]


class DeletionView(BaseModel):
    """What became of one session that was to be deleted; `error` says why it still is there, or never was."""

    id: str
    deleted: bool
    code: str | None = None
    error: str | None = None


class DeletionsAnswer(Success):
    """What became of each session, in the order in which they were named."""

    results: list[DeletionView]


class SessionAnswer(Success):
    """One session."""

    session: SessionView


class SessionDetailAnswer(Success):
    """One session with its agents, steps and artifacts."""

    session: SessionDetail


class CreatedAnswer(Success):
    """A session that was just created."""

    session_id: str
    session: SessionView


class EventsAnswer(Success):
    """A page of the log; `last_seq` is the number of its very last event."""

    events: list[LoggedEvent]
    last_seq: int


class StepsAnswer(Success):
    """The journal, in the order of its commits."""

    steps: list[StepView]


class StepAnswer(Success):
    """One step of the journal."""

    step: StepDetail


class ArtifactsAnswer(Success):
    """The files, by path."""

    artifacts: list[ArtifactView]


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


class ModelsAnswer(Success):
    """The models that a session may name."""

    models: ModelsView


class ModelOrderView(BaseModel):
    """A model that somebody wants pulled or deleted."""

    id: str
    kind: Literal["pull", "delete"]
    model: str
    state: OrderState
    #: False once somebody wants it cancelled.
    wanted: bool
    #: What the model server said last, and how far it is; 0 of 0 before it tells.
    progress: str | None
    completed_bytes: int
    total_bytes: int
    error: str | None
    created_at: dt.datetime
    ended_at: dt.datetime | None
    #: Whether the asker may cancel it.
    is_mine: bool


class ModelOrderAnswer(Success):
    """One order."""

    order: ModelOrderView


class ModelOrdersAnswer(Success):
    """The latest orders, pulls and deletions, the newest first."""

    orders: list[ModelOrderView]


class ModelSessionView(BaseModel):
    """A session that has a model."""

    id: str
    name: str
    created_at: dt.datetime


class ModelUsageView(BaseModel):
    """The sessions that have one model, as far as the asker may see them; the latest ones first."""

    model: str
    sessions: int
    latest: list[ModelSessionView]


class ModelUsageAnswer(Success):
    """What each model of the server was used for."""

    usage: list[ModelUsageView]


class UserView(BaseModel):
    """A person."""

    id: str
    email: str
    is_admin: bool


class MeAnswer(Success):
    """Who asks."""

    user: UserView


class TokenView(BaseModel):
    """A program's key, without the key itself."""

    id: str
    name: str
    created_at: dt.datetime
    last_used_at: dt.datetime | None


class TokensAnswer(Success):
    """One's own tokens."""

    tokens: list[TokenView]


class SecretAnswer(Success):
    """A new token, shown this once."""

    secret: str


class AccountView(UserView):
    """A person who may sign in, unless deactivated."""

    is_active: bool
    created_at: dt.datetime


class AccountAnswer(Success):
    """One person."""

    user: AccountView


class UsersAnswer(Success):
    """Everybody."""

    users: list[AccountView]


class SettingView(BaseModel):
    """A setting of the server; the value is null where it is a secret or not set."""

    variable: str
    value: str | None
    source: Source
    is_secret: bool


class SettingsAnswer(Success):
    """All settings of the web process that answers."""

    settings: list[SettingView]


class FolderView(BaseModel):
    """A folder inside the allowed ones."""

    name: str
    path: str


class ProjectFoldersAnswer(Success):
    """The allowed folders, and what is inside of one of them."""

    roots: list[str]
    path: str | None
    folders: list[FolderView]


class FieldErrorView(BaseModel):
    """One field that cannot be used."""

    field: str
    message: str


class ErrorAnswer(BaseModel):
    """Every error: a sentence for people, a word for programs, and for bad input each field at fault."""

    success: Literal[False] = False
    error: str
    code: str
    details: list[FieldErrorView] | None = None
