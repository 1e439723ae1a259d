"""An agent: a name in a swarm that asks the model, always through the journal."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from pydantic import BaseModel, JsonValue

from common.errors import OutputInvalid
from common.events import AgentInfo, ArtifactWritten, DurableEvent, Notice, StepFinished
from workers.flow.call import ModelCall
from workers.flow.context import FlowContext
from workers.flow.files import read_files
from workers.flow.journal import ArtifactDraft, StepRequest, StepResult
from workers.flow.prompt import Asking, Prompt
from workers.flow.schemas import Draft, DraftType, read_draft
from workers.flow.text import shorten

Value = TypeVar("Value", bound=BaseModel)

#: How often an answer that cannot be read is asked for in all.
STRUCTURED_TURNS = 3
#: How often an empty answer is asked for in all.
FREE_TURNS = 2
#: Generous for what the schemas allow, so that the JSON ends: of a plan, and of a short judgement.
PLAN_TOKENS = 2048
VERDICT_TOKENS = 512
STRUCTURED_TEMPERATURE = 0.2


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What a step came to, as the flow goes on with it."""

    #: The agent that did it, which on a replay may be another than the one that asks.
    agent: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """What an answer is worth: a value to go on with, or an error to ask again with."""

    value: JsonValue = None
    error: str | None = None
    events: tuple[DurableEvent, ...] = ()
    artifacts: tuple[ArtifactDraft, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Agent:
    """A queen, a sub-queen or a drone."""

    info: AgentInfo
    flow: FlowContext

    @property
    def name(self) -> str:
        """Its name in the swarm."""
        return self.info.name

    async def ask(
        self,
        key: str,
        prompt: Prompt,
        asking: Asking,
        follow: Callable[[str], tuple[DurableEvent, ...]] = lambda text: (),
    ) -> Reply:
        """Ask for free text; `follow` turns it into the events that are committed along with it.

        An empty answer is asked for once more. Raises ModelError.
        """

        def judge(text: str, step: str, *, last: bool) -> Judgement:
            if not text.strip() and not last:
                return Judgement(error="Your answer was empty. Write it now.")
            files = read_files(text) if asking.takes_files else None
            if files is None:
                return Judgement(events=follow(text.strip()))
            written = tuple(
                ArtifactWritten(
                    step=step, agent=self.name, path=draft.path, sha256=draft.sha256, size=len(draft.content)
                )
                for draft in files.artifacts
            )
            problems = tuple(Notice(level="warning", message=f"{self.name}: {problem}") for problem in files.problems)
            return Judgement(events=(*follow(text.strip()), *written, *problems), artifacts=files.artifacts)

        output = await self._converse(key, prompt, asking, judge, turns=FREE_TURNS)
        return Reply(agent=str(output["agent"]), text=str(output["text"]).strip())

    async def ask_for(
        self,
        key: str,
        prompt: Prompt,
        asking: Asking,
        *,
        draft: type[DraftType],
        schema: Mapping[str, JsonValue],
        repair: Callable[[DraftType | None], Value],
        value: type[Value],
        follow: Callable[[Value, str], tuple[DurableEvent, ...]],
        output_tokens: int = VERDICT_TOKENS,
    ) -> Value:
        """Ask for structured output and return what `repair` makes of it; the journal keeps that, so it never changes.

        Output that cannot be read is asked for again, with the error, as steps `key/2` and `key/3`; then `repair` gets
        None and makes something by rule. `follow` gets the value and its step's key. Raises ModelError.
        """

        def judge(text: str, step: str, *, last: bool) -> Judgement:
            read: Draft | str = read_draft(draft, text)
            if isinstance(read, str) and not last:
                return Judgement(error=f"That answer cannot be used: {read}. Answer again, as JSON only.")
            mended = repair(read if isinstance(read, draft) else None)
            return Judgement(value=mended.model_dump(mode="json"), events=follow(mended, step))

        output = await self._converse(
            key, prompt, asking, judge, turns=STRUCTURED_TURNS, schema=schema, output_tokens=output_tokens
        )
        return value.model_validate(output["value"])

    async def _converse(
        self,
        key: str,
        prompt: Prompt,
        asking: Asking,
        judge: Callable[..., Judgement],
        *,
        turns: int,
        schema: Mapping[str, JsonValue] | None = None,
        output_tokens: int | None = None,
    ) -> Mapping[str, JsonValue]:
        """Ask until an answer is of use; every turn is a step of its own."""
        for turn in range(1, turns + 1):
            step = key if turn == 1 else f"{key}/{turn}"
            options = self._choose_options(step, output_tokens)
            output = await self._run_turn(
                step, prompt, asking, judge, last=turn == turns, schema=schema, options=options
            )
            if output["error"] is None:
                return output
            prompt = prompt.ask_again(shorten(str(output["text"]), 500), str(output["error"]))
        raise OutputInvalid(f"{asking.label} ({self.name}): the model's answer could not be used.")

    async def _run_turn(
        self,
        key: str,
        prompt: Prompt,
        asking: Asking,
        judge: Callable[..., Judgement],
        *,
        last: bool,
        schema: Mapping[str, JsonValue] | None,
        options: Mapping[str, JsonValue],
    ) -> Mapping[str, JsonValue]:
        request = StepRequest(
            key=key,
            kind="model",
            agent=self.name,
            role=asking.role,
            model=self.flow.model,
            # Nothing of the server and nothing of the drone: a replay elsewhere has the same hash.
            input={
                "model": self.flow.model,
                "messages": [{"role": item.role, "content": item.content} for item in prompt.messages()],
                "schema": dict(schema) if schema is not None else None,
                "options": dict(options),
            },
        )
        call = ModelCall(flow=self.flow, step=request, asking=asking, prompt=prompt, schema=schema, options=options)

        async def execute() -> StepResult:
            outcome = await call.make()
            judgement = judge(outcome.text, key, last=last)
            finished = StepFinished(
                step=key,
                agent=self.name,
                text=outcome.text,
                prompt_tokens=outcome.prompt_tokens,
                output_tokens=outcome.output_tokens,
                duration_seconds=outcome.duration_seconds,
            )
            return StepResult(
                output={
                    "agent": self.name,
                    "text": outcome.text,
                    "value": judgement.value,
                    "error": judgement.error,
                },
                prompt_tokens=outcome.prompt_tokens,
                output_tokens=outcome.output_tokens,
                events=(*outcome.events, finished, *judgement.events),
                artifacts=judgement.artifacts,
            )

        return (await self.flow.run_step(request, execute)).output

    def _choose_options(self, key: str, output_tokens: int | None) -> dict[str, JsonValue]:
        """Return Ollama's options for a free answer, or for a structured one of so many tokens."""
        given = self.flow.options
        free = output_tokens is None
        options: dict[str, JsonValue] = {
            "temperature": given.temperature if free else min(given.temperature, STRUCTURED_TEMPERATURE),
            "num_predict": given.max_output_tokens if free else output_tokens,
        }
        if given.seed is not None:  # one seed for all would make drones with like prompts say the same
            options["seed"] = (given.seed + zlib.crc32(key.encode())) % 2**31
        return options
