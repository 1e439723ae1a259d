"""What the API says of sessions: of one, of its parts, of many and of their figures."""

from __future__ import annotations

import datetime as dt
from typing import Any

from pydantic import BaseModel

from common.events import AgentInfo, Claim, LoggedEvent, Receipt
from web.api.schemas import Success


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
