"""Sessions as JSON: rows of the database in, the shapes of `web.api.schemas` out."""

from __future__ import annotations

import datetime as dt
import shlex
from collections.abc import Mapping, Sequence
from itertools import groupby
from urllib.parse import quote

from sqlalchemy.orm import Session

from common.clock import utc_now
from common.events import (
    AgentInfo,
    ArtifactWritten,
    Claim,
    ClaimsMade,
    Receipt,
    StepFinished,
    StepStarted,
    SwarmFormed,
)
from common.models import Artifact, FlowSession, Step
from common.queries.events import read_events_of
from common.queries.queue import QueueFigures, read_positions, read_queue_figures
from common.queries.statistics import count_sessions, list_days
from common.queries.steps import find_step, list_steps, list_versions
from common.settings import Settings
from common.states import Desired, State
from web.api.session_schemas import (
    ArtifactView,
    DayView,
    Progress,
    QueuePlace,
    SessionDetail,
    SessionView,
    StatisticsView,
    StepDetail,
    StepView,
    TemplateOrigin,
    Totals,
    VersionView,
)

#: More than any flow of ours has.
_STEPS = 10_000
_FIRST_DAY = dt.date(1970, 1, 1)


def view_sessions(db: Session, sessions: Sequence[FlowSession], settings: Settings) -> list[SessionView]:
    """Return these sessions as JSON models, with their places in the queue."""
    queued = [session.id for session in sessions if session.state == State.QUEUED]
    positions = read_positions(db, queued) if queued else {}
    figures = read_queue_figures(db, alive_seconds=settings.lease_seconds) if queued else None
    return [_view_session(session, positions.get(session.id), figures) for session in sessions]


def view_session(db: Session, session: FlowSession, settings: Settings) -> SessionView:
    """Return one session as a JSON model."""
    return view_sessions(db, [session], settings)[0]


def view_detail(db: Session, session: FlowSession, settings: Settings) -> SessionDetail:
    """Return one session with its agents, steps, artifacts and command."""
    formed = [event.event for event in read_events_of(db, session.id, ["swarm_formed"])]
    agents: list[AgentInfo] = []
    if formed and isinstance(formed[-1], SwarmFormed):
        agents = formed[-1].agents
    return SessionDetail(
        **vars(view_session(db, session, settings)),
        agents=agents,
        steps=view_steps(db, session),
        artifacts=view_artifacts(db, session),
        claims=view_claims(db, session),
        command=write_command(session),
    )


def view_statistics(db: Session, owner_id: str | None) -> StatisticsView:
    """Return the figures above a list: of one owner, or of all."""
    return StatisticsView(**vars(count_sessions(db, owner_id)))


def view_days(db: Session, owner_id: str | None, *, count: int) -> list[DayView]:
    """Return the figures of the last days, today's last; a day without an end has zeros."""
    today = utc_now().date()
    first = (today - _FIRST_DAY).days - count + 1
    known = {day.day: vars(day) for day in list_days(db, owner_id, first=first)}
    nothing = {"completed": 0, "failed": 0, "stopped": 0, "tokens": 0, "average_duration_seconds": None}
    return [
        DayView(**known.get(number, nothing) | {"day": _FIRST_DAY + dt.timedelta(days=number)})
        for number in range(first, first + count)
    ]


def view_steps(db: Session, session: FlowSession) -> list[StepView]:
    """Return the journal, each step with the label and the text that its events tell."""
    labels: dict[str, str] = {}
    texts: dict[str, str] = {}
    for logged in read_events_of(db, session.id, ["step_started", "step_finished"]):
        if isinstance(logged.event, StepStarted):
            labels[logged.event.step] = logged.event.label
        elif isinstance(logged.event, StepFinished):
            texts[logged.event.step] = logged.event.text
    return [
        _view_step(step, labels.get(step.key), texts.get(step.key, ""))
        for step in list_steps(db, session.id, limit=_STEPS)
    ]


def view_step(db: Session, session: FlowSession, key: str) -> StepDetail:
    """Return one step of the journal with its request. Raises NotFound."""
    step = find_step(db, session.id, key)
    seen = next(view for view in view_steps(db, session) if view.key == key)
    return StepDetail(**vars(seen), request=step.request)


def view_artifacts(db: Session, session: FlowSession) -> list[ArtifactView]:
    """Return the files, each version with the step, the agent and the model call that it came from."""
    steps = {step.key: step for step in list_steps(db, session.id, limit=_STEPS)}
    written = {
        (logged.event.step, logged.event.path): logged.event
        for logged in read_events_of(db, session.id, ["artifact_written"])
        if isinstance(logged.event, ArtifactWritten)
    }
    views = []
    for path, artifacts in groupby(list_versions(db, session.id), lambda artifact: artifact.path):
        versions = [_view_version(item, steps, written.get((item.step_key, path))) for item in artifacts]
        newest = versions[0].model_copy(update={"url": _write_url(session.id, path)})
        views.append(ArtifactView(path=path, versions=versions, **vars(newest)))
    return views


def view_claims(db: Session, session: FlowSession) -> list[Claim]:
    """Return what the answer claims, as it was held against the journal."""
    made = [logged.event for logged in read_events_of(db, session.id, ["claims_made"])]
    return made[-1].claims if made and isinstance(made[-1], ClaimsMade) else []


def view_origin(session: FlowSession) -> TemplateOrigin | None:
    """Return the template that a session came from, if it did."""
    if session.template_id is None or session.template_name is None:
        return None
    return TemplateOrigin(id=session.template_id, version=session.template_version, name=session.template_name)


def write_command(session: FlowSession) -> str:
    """Write the command line that does the same as this session."""
    words = ["ollama-flow", "run", session.task, "--workers", str(session.workers), "--arch", session.architecture]
    if session.model:
        words += ["--model", session.model]
    models = session.options.get("models")
    if models:
        words += ["--models", models if isinstance(models, str) else ",".join(f"{k}={v}" for k, v in models.items())]
    if session.project_folder:
        words += ["--project-folder", session.project_folder]
    if session.options.get("commands"):
        words.append("--commands")
    return shlex.join(words)


def _view_session(session: FlowSession, position: int | None, figures: QueueFigures | None) -> SessionView:
    queue = None
    if session.state == State.QUEUED and figures is not None:
        queue = QueuePlace(position=position, reason=_why_it_waits(session, figures))
    return SessionView(
        id=session.id,
        name=session.name,
        task=session.task,
        workers=session.workers,
        architecture=session.architecture,
        model=session.model,
        project_folder=session.project_folder,
        options=session.options,
        template=view_origin(session),
        status=session.state,
        desired=session.desired,
        owner=session.owner.email,
        worker=None if session.state in {State.QUEUED, State.PAUSED} else session.worker,
        created_at=session.created_at,
        started_at=session.started_at,
        ended_at=session.ended_at,
        duration_seconds=session.duration_seconds,
        progress=Progress(done=session.steps_done, planned=session.steps_planned),
        totals=Totals(calls=session.calls, prompt_tokens=session.prompt_tokens, output_tokens=session.output_tokens),
        queue=queue,
        reason=session.reason,
        waits_for=session.waits_for,
        receipt=None if session.receipt is None else Receipt.model_validate(session.receipt),
        result=session.result,
        error=session.error,
        last_seq=session.last_seq,
    )


def _why_it_waits(session: FlowSession, figures: QueueFigures) -> str | None:
    if session.reason:
        return session.reason
    if session.desired != Desired.RUN:
        return None
    if not figures.seats:
        return "No worker process is running."
    if not figures.free_seats:
        return f"All seats are taken ({figures.running} of {figures.seats})."
    return None


def _view_step(step: Step, label: str | None, text: str) -> StepView:
    return StepView(
        key=step.key,
        position=step.position,
        kind=step.kind,
        agent=step.agent,
        role=step.role,
        model=step.model,
        label=label,
        output=step.output,
        text=text,
        prompt_tokens=step.prompt_tokens,
        output_tokens=step.output_tokens,
        started_at=step.started_at,
        ended_at=step.ended_at,
        duration_seconds=max(0.0, (step.ended_at - step.started_at).total_seconds()),
    )


def _view_version(artifact: Artifact, steps: Mapping[str, Step], written: ArtifactWritten | None) -> VersionView:
    step = steps[artifact.step_key]
    call = (written.call if written else None) or artifact.step_key
    return VersionView(
        size=artifact.size,
        sha256=artifact.sha256,
        step=artifact.step_key,
        call=call,
        agent=step.agent,
        model=steps[call].model if call in steps else None,
        checked=written is not None and written.checked,
        problem=written.problem if written else None,
        written_at=step.ended_at,
        url=f"{_write_url(artifact.session_id, artifact.path)}?step={quote(artifact.step_key, safe='')}",
    )


def _write_url(session_id: str, path: str) -> str:
    return f"/api/sessions/{session_id}/artifacts/{quote(path)}"
