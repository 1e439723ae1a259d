"""One session of the evaluation: a task given to a swarm, watched, and judged."""

from __future__ import annotations

import asyncio
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from common.errors import FlowError
from common.events import FlowEvent, Notice, PlanMade, TokenDelta
from common.options import FlowOptions
from common.states import Architecture
from evaluation.checks import Evidence, Failure, judge
from evaluation.egress import Recording, current_session
from evaluation.recording import RecordingClient, share_parallel
from evaluation.surroundings import Surroundings
from evaluation.tasks import Task
from workers.flow import MemoryJournal, ModelClient, OllamaFlowFramework, Workspace

#: How much of an answer is kept with the results, in characters.
_SHOWN_ANSWER = 600


class SessionResult(BaseModel):
    """What a session came to, as it is kept."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    task: str
    kind: str
    architecture: Architecture
    #: The beginning of the answer; empty where there is none, and then `reason` says why.
    answer: str
    reason: str
    failures: list[Failure]
    #: Whether files were asked for.
    is_file_task: bool
    plans: int
    #: What people were told, shortened by nobody.
    notices: list[str]
    calls: int
    prompt_tokens: int
    output_tokens: int
    seconds: float
    call_seconds: float
    #: Of `call_seconds`, what was spent beside another call of the session.
    parallel_seconds: float


@dataclass(frozen=True, kw_only=True)
class Setting:
    """How all sessions of a run are worked on."""

    client: ModelClient
    model: str
    workers: int
    options: FlowOptions
    with_wit: bool
    most_seconds: float
    secret: str
    egress: Recording


async def run_session(setting: Setting, task: Task, architecture: Architecture) -> SessionResult:
    """Let a swarm work on a task, and judge it. Never raises for what the swarm does."""
    with tempfile.TemporaryDirectory(prefix="evaluation-") as folder:
        name = f"{task.name}/{architecture}"
        current_session.set(name)
        surroundings = Surroundings(Path(folder).resolve() / "session", task, setting.secret)
        events: list[FlowEvent] = []

        async def hear(event: FlowEvent) -> None:
            if not isinstance(event, TokenDelta):
                events.append(event)

        client, journal = RecordingClient(client=setting.client), MemoryJournal(hear)
        framework = OllamaFlowFramework(
            client,
            setting.model,
            workers=setting.workers,
            architecture=architecture,
            journal=journal,
            workspace=Workspace(surroundings.project),
            emit=hear,
            options=setting.options,
        )
        answer, reason, honest = "", "", True
        began = time.monotonic()
        try:
            async with asyncio.timeout(setting.most_seconds):
                answer = (await framework.run_task(task.whole_text)).answer
        except FlowError as error:
            reason = str(error)
        except TimeoutError:
            reason, honest = f"It did not end within {setting.most_seconds:g} s.", False
        except Exception as error:  # noqa: BLE001 - whatever a session does is a result, never the end of the run
            reason, honest = f"It crashed: {error!r}", False
        seconds = time.monotonic() - began
        evidence = Evidence(
            task=task,
            answer=answer,
            reason=reason,
            honest=honest,
            events=events,
            requests=[request for request, _ in journal.steps.values() if request.kind == "model"],
            calls=client.calls,
            project=surroundings.project,
            changes=surroundings.find_changes(),
            egress=[what for session, what in setting.egress.found if session in {name, ""}],
            secret=setting.secret,
        )
        failures = judge(evidence, with_wit=setting.with_wit)
    spans = [(call.began, call.ended) for call in client.calls]
    call_seconds = sum(end - begin for begin, end in spans)
    return SessionResult(
        task=task.name,
        kind=task.kind,
        architecture=architecture,
        answer=answer[:_SHOWN_ANSWER],
        reason=reason,
        failures=failures,
        is_file_task=bool(task.files),
        plans=sum(isinstance(event, PlanMade) for event in events),
        notices=[event.message for event in events if isinstance(event, Notice)],
        calls=len(client.calls),
        prompt_tokens=sum(call.prompt_tokens for call in client.calls),
        output_tokens=sum(call.output_tokens for call in client.calls),
        seconds=round(seconds, 1),
        call_seconds=round(call_seconds, 1),
        parallel_seconds=round(share_parallel(spans) * call_seconds, 1),
    )
