"""What the framework's tests share: a listener, plans to script, and a run of a flow."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from typing import TypeVar, cast

from pydantic import JsonValue

from common.events import EventModel, FlowEvent
from common.options import FlowOptions
from common.states import Architecture
from workers.flow import ChatRequest, FlowResult, Journal, OllamaFlowFramework, Workspace
from workers.flow.testing import Script, ScriptedModel, sample_answer

Told = TypeVar("Told", bound=EventModel)


class Listener:
    """Hears all events of a flow."""

    def __init__(self) -> None:
        self.events: list[FlowEvent] = []

    async def __call__(self, event: FlowEvent) -> None:
        self.events.append(event)

    def all(self, kind: type[Told]) -> list[Told]:
        """Return the events of one kind, in order."""
        return [event for event in self.events if isinstance(event, kind)]


def subtask(title: str, *depends_on: int, role: str = "developer") -> dict[str, JsonValue]:
    """Return a subtask as a model drafts it."""
    return {"title": title, "instructions": f"Do {title}.", "role": role, "depends_on": list(depends_on)}


def plan(*subtasks: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """Return a plan as a model drafts it."""
    return {"subtasks": [dict(item) for item in subtasks]}


def script(answers: Mapping[str, object]) -> Script:
    """Answer some steps as given, by key, as text or as JSON, and all others with samples."""

    def answer(request: ChatRequest) -> str:
        given = answers.get(request.step_key)
        return given if isinstance(given, str) else json.dumps(given) if given else sample_answer(request)

    return answer


def longest(schema: Mapping[str, JsonValue]) -> JsonValue:
    """Return the longest instance of a schema of ours, with text that takes a token for each character."""
    if isinstance(choices := schema.get("enum"), list):
        return max(choices, key=lambda choice: len(str(choice)))
    match schema["type"]:
        case "object":
            fields = cast("Mapping[str, Mapping[str, JsonValue]]", schema["properties"])
            return {name: longest(field) for name, field in fields.items()}
        case "array":
            return [longest(cast("Mapping[str, JsonValue]", schema["items"]))] * cast("int", schema["maxItems"])
        case "string":
            return "7" * cast("int", schema["maxLength"])
        case "integer":
            return schema["maximum"]
    return False


async def run_flow(
    model: ScriptedModel,
    architecture: Architecture = Architecture.CENTRALIZED,
    *,
    workers: int = 4,
    journal: Journal | None = None,
    listener: Listener | None = None,
    workspace: Workspace | None = None,
    task: str = "Explain the tides.",
    given: FlowOptions | None = None,
    **options: bool | float | None,
) -> FlowResult:
    """Run a task to its end, with options as a whole or by name; a failing model server is tried again at once."""
    return await OllamaFlowFramework(
        model,
        "scripted",
        workers,
        architecture,
        journal=journal,
        workspace=workspace,
        emit=listener,
        options=given or FlowOptions.model_validate(options),
        retry_delays=(0.0, 0.0),
    ).run_task(task)


class Barrier:
    """Holds scripted calls until so many are there at once; a flow that is less parallel never gets through."""

    def __init__(self, size: int, counts: Callable[[ChatRequest], bool]) -> None:
        self._size = size
        self._counts = counts
        self._waiting = 0
        self._full = asyncio.Event()

    async def __call__(self, request: ChatRequest) -> str:
        if self._counts(request):
            self._waiting += 1
            if self._waiting >= self._size:
                self._full.set()
            async with asyncio.timeout(10):
                await self._full.wait()
        return sample_answer(request)
