"""What all agents of one flow share: task, model, journal, options, and the sums of what it took."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace

from pydantic import JsonValue

from common.errors import WorkspaceError
from common.events import DurableEvent, FlowEvent, Notice
from common.options import FlowOptions
from workers.flow.journal import Emit, Journal, StepRequest, StepResult
from workers.flow.model import ModelClient, ModelInfo
from workers.flow.prompts import current_prompts
from workers.flow.sandbox import Sandbox
from workers.flow.versions import FileVersions
from workers.flow.workspace import Workspace


async def emit_nothing(event: FlowEvent) -> None:
    """Take the place of an `emit` where nobody listens."""


@dataclass(kw_only=True)
class FlowContext:
    """One run of a flow."""

    task: str
    client: ModelClient
    model: str
    journal: Journal
    options: FlowOptions
    emit: Emit = emit_nothing
    workspace: Workspace | None = None
    #: Runs commands, where they are allowed.
    sandbox: Sandbox | None = None
    #: How long to wait before each new attempt at a step, in seconds.
    retry_delays: tuple[float, ...] = (0.5, 2.0)

    #: The largest window asked for so far: a server may load the model anew when it changes, so it only grows.
    window: int = 0
    #: Totals over all steps, replayed ones too.
    steps: int = 0
    prompt_tokens: int = 0
    output_tokens: int = 0
    artifacts: set[str] = field(default_factory=set)
    versions: FileVersions = field(default_factory=FileVersions)
    #: Notices that are told once in a flow, by what they say.
    noticed: set[str] = field(default_factory=set)
    #: Held by a tool call that writes, from its read to its write.
    writing: asyncio.Lock = field(default_factory=asyncio.Lock)
    _info: ModelInfo | None = None
    _describing: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def describe_model(self) -> ModelInfo:
        """Return what the model can do, asking the server once: when the first step is not in the journal."""
        async with self._describing:
            if self._info is None:
                self._info = await self.client.describe(self.model)
            return self._info

    async def choose(
        self,
        key: str,
        agent: str,
        inputs: Mapping[str, JsonValue],
        decide: Callable[[], tuple[Mapping[str, JsonValue], tuple[DurableEvent, ...]]],
    ) -> Mapping[str, JsonValue]:
        """Journal a choice that needs no model: return what was decided, now or when the journal got it."""

        async def execute() -> StepResult:
            output, events = decide()
            return StepResult(output=output, events=events)

        request = StepRequest(key=key, kind="choice", agent=agent, input=inputs)
        return (await self.run_step(request, execute)).output

    async def run_step(self, request: StepRequest, execute: Callable[[], Awaitable[StepResult]]) -> StepResult:
        """Pass a step through the journal, add it to the totals, and write its files if it ran here."""
        if request.kind == "model":  # what is asked depends on them
            request = replace(request, input={**request.input, "prompts": current_prompts().digest})

        async def execute_and_compare() -> StepResult:
            result = await execute()
            # Nothing is awaited from here to the commit's place in its line, so this is the order of commits.
            return replace(result, events=(*result.events, *self.versions.add_written(request, result)))

        result = await self.journal.run_step(request, execute_and_compare)
        if result.replayed:
            self.versions.add_replayed(request, result)
        self.steps += 1
        self.prompt_tokens += result.prompt_tokens
        self.output_tokens += result.output_tokens
        for artifact in result.artifacts:
            self.artifacts.add(artifact.path)
            if self.workspace is not None and not result.replayed:
                try:
                    await asyncio.to_thread(self.workspace.write, artifact.path, artifact.content, result.position)
                except WorkspaceError as error:  # the file is safe in the journal, so the flow goes on
                    await self.emit(Notice(level="warning", message=str(error)))
        return result
