"""The framework's front door: a swarm of agents that works on one task."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import JsonValue, TypeAdapter

from common.errors import InvalidInput, OutputInvalid
from common.events import AgentInfo, Claim, SwarmFormed
from common.options import FlowOptions
from common.states import Architecture
from workers.flow.architectures import run_architecture
from workers.flow.casting import cast_models
from workers.flow.context import QUEEN, FlowContext, emit_nothing
from workers.flow.given import Given, take_up
from workers.flow.journal import Emit, Journal, MemoryJournal, StepRequest, StepResult
from workers.flow.model import ModelClient
from workers.flow.prompts import Prompts, shipped_prompts, use_prompts
from workers.flow.sandbox import Sandbox
from workers.flow.swarm import MOST_WORKERS, Swarm, form_swarm
from workers.flow.text import clean_text
from workers.flow.workspace import Workspace

#: Raised whenever keys, prompts or rules change, so that a journal of an earlier version is known as such.
FLOW_VERSION = 4

_AGENTS: TypeAdapter[list[AgentInfo]] = TypeAdapter(list[AgentInfo])
_MODELS: TypeAdapter[dict[str, str]] = TypeAdapter(dict[str, str])


@dataclass(frozen=True, kw_only=True)
class FlowResult:
    """What a flow came to."""

    answer: str
    agents: tuple[AgentInfo, ...]
    #: How many steps it has, choices and replayed ones included.
    steps: int
    prompt_tokens: int
    output_tokens: int
    #: The paths of all files that came out of it, sorted.
    artifacts: tuple[str, ...]
    #: What the answer claims was done, each *verified* by the journal or only claimed; none where it claims nothing.
    claims: tuple[Claim, ...] = ()


class OllamaFlowFramework:
    """Lets a queen, sub-queens and drones work on a task, in one of three architectures.

    Knows nothing but what it is given: a model, and if wanted a journal that makes it resumable, a workspace for files
    and an `emit` that hears of everything as it happens. Cancelling `run_task` stops it and closes all streams.
    """

    def __init__(
        self,
        client: ModelClient,
        model: str,
        workers: int = 4,
        architecture: Architecture = Architecture.HIERARCHICAL,
        journal: Journal | None = None,
        workspace: Workspace | None = None,
        emit: Emit | None = None,
        options: FlowOptions | None = None,
        retry_delays: Sequence[float] = (0.5, 2.0),
        prompts: Path | Prompts | None = None,
        sandbox: Sandbox | None = None,
    ) -> None:
        """Take the parts; `retry_delays` are the seconds before each new attempt where the model server is away.

        `prompts` are a folder whose files replace the shipped prompts of the same names, or prompts that are read
        already. `sandbox` runs the commands of a flow whose options ask for them. Raises InvalidInput.
        """
        if not 1 <= workers <= MOST_WORKERS:
            raise InvalidInput(f"A swarm has 1 to {MOST_WORKERS} workers, not {workers}.")
        self._client = client
        self._model = model
        self._workers = workers
        self._architecture = architecture
        self._journal = journal if journal is not None else MemoryJournal(emit)
        self._workspace = workspace
        self._emit = emit or emit_nothing
        self._sandbox = sandbox
        self._options = options or FlowOptions()
        self._retry_delays = tuple(retry_delays)
        self._prompts = prompts if isinstance(prompts, Prompts) else Prompts(prompts) if prompts else shipped_prompts()

    async def run_task(self, task: str) -> FlowResult:
        """Work on `task` until the answer stands. With a journal that holds steps already, go on where it ends.

        Raises InvalidInput, ModelError, JournalMismatch, or what the journal and `emit` raise.
        """
        if not task.strip() or task != clean_text(task):
            raise InvalidInput("A task needs text, without NUL characters or broken Unicode.")
        flow = FlowContext(
            task=task.strip(),
            client=self._client,
            model=self._model,
            journal=self._journal,
            options=self._options,
            emit=self._emit,
            workspace=self._workspace,
            sandbox=self._sandbox,
            retry_delays=self._retry_delays,
        )
        with use_prompts(self._prompts):
            agents, flow.models, flow.given = await self._form_swarm(flow)
            answer = await run_architecture(self._architecture, flow, Swarm.of(agents, flow))
        if not answer.text:
            raise OutputInvalid("The model wrote nothing that could be an answer.")
        return FlowResult(
            answer=answer.text,
            agents=tuple(agents),
            steps=flow.steps,
            prompt_tokens=flow.prompt_tokens,
            output_tokens=flow.output_tokens,
            artifacts=tuple(sorted(flow.artifacts)),
            claims=answer.claims,
        )

    async def _form_swarm(self, flow: FlowContext) -> tuple[list[AgentInfo], Mapping[str, str], Given]:
        """Journal who takes part, which roles have models of their own, and what lies in the project folder.

        This is the first step of every flow; a replay looks at neither the model server nor the folder again.
        """
        agents = form_swarm(self._architecture, self._workers)
        inputs: dict[str, JsonValue] = {
            "task": flow.task,
            "model": self._model,
            "architecture": str(self._architecture),
            "workers": self._workers,
            # Those that shape the flow. What shapes a call is part of that call's input.
            "review": self._options.review,
            "rounds": self._options.rounds,
            "models": dict(asked) if isinstance(asked := self._options.models, dict) else asked,
        }

        async def decide() -> StepResult:
            models = await cast_models(flow)
            cast = [
                agent.model_copy(update={"model": models.get(agent.role or QUEEN, self._model)}) for agent in agents
            ]
            formed = SwarmFormed(architecture=str(self._architecture), model=self._model, agents=cast, models=models)
            output = formed.model_dump(mode="json", include={"agents", "models"})
            given, notices = await take_up(flow.task, flow.workspace)
            output["given"] = given.model_dump(mode="json")
            return StepResult(output={"flow_version": FLOW_VERSION, **output}, events=(formed, *notices))

        request = StepRequest(key="swarm", kind="choice", agent=agents[0].name, input=inputs)
        formed = (await flow.run_step(request, decide)).output
        return (
            _AGENTS.validate_python(formed["agents"]),
            _MODELS.validate_python(formed.get("models", {})),
            Given.model_validate(formed.get("given", {})),
        )
