"""What all agents of one flow share: task, model, journal, options, and the sums of what it took."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace

from pydantic import JsonValue

from common.errors import WorkspaceError
from common.events import ArtifactWritten, DurableEvent, FlowEvent, Notice
from common.options import FlowOptions
from workers.flow.checks import FileCheck, check_files
from workers.flow.given import Given
from workers.flow.journal import Emit, Journal, StepRequest, StepResult
from workers.flow.ledger import Ledger
from workers.flow.model import ModelClient, ModelInfo
from workers.flow.prompts import current_prompts
from workers.flow.sandbox import Sandbox
from workers.flow.versions import FileVersions
from workers.flow.workspace import Workspace

#: What `FlowOptions.models` calls queens and sub-queens.
QUEEN = "queen"


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

    #: What lay in the project folder when the flow began.
    given: Given = field(default_factory=Given)
    #: The roles that use another model than `model`, and which.
    models: Mapping[str, str] = field(default_factory=dict)
    #: The largest window asked of each model so far: a server may load it anew when it changes, so it only grows.
    windows: dict[str, int] = field(default_factory=dict)
    #: Totals over all steps, replayed ones too.
    steps: int = 0
    prompt_tokens: int = 0
    output_tokens: int = 0
    artifacts: set[str] = field(default_factory=set)
    versions: FileVersions = field(default_factory=FileVersions)
    ledger: Ledger = field(default_factory=Ledger)
    #: Notices that are told once in a flow, by what they say.
    noticed: set[str] = field(default_factory=set)
    #: Held by a tool call that writes, from its read to its write.
    writing: asyncio.Lock = field(default_factory=asyncio.Lock)
    _infos: dict[str, ModelInfo] = field(default_factory=dict)
    _describing: asyncio.Lock = field(default_factory=asyncio.Lock)

    def model_of(self, role: str | None) -> str:
        """Return the model of a role; None stands for queens and sub-queens."""
        return self.models.get(role or QUEEN, self.model)

    async def describe_model(self, model: str) -> ModelInfo:
        """Return what a model can do, asking the server once: when its first step is not in the journal."""
        async with self._describing:
            if model not in self._infos:
                self._infos[model] = await self.client.describe(model)
            return self._infos[model]

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

        checks: dict[str, FileCheck] = {}

        async def execute_and_compare() -> StepResult:
            result = await execute()
            told = [event for event in result.events if isinstance(event, ArtifactWritten)]
            checks.update({event.path: FileCheck(checked=event.checked, problem=event.problem) for event in told})
            # Nothing is awaited from here to the commit's place in its line, so this is the order of commits.
            return replace(result, events=(*result.events, *self.versions.add_written(request, result)))

        result = await self.journal.run_step(request, execute_and_compare)
        if result.replayed:
            self.versions.add_replayed(request, result)
        unchecked = [draft for draft in result.artifacts if draft.path not in checks]
        checks.update(zip([draft.path for draft in unchecked], await check_files(unchecked), strict=True))
        self.ledger.add_step(request, result, checks)
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
