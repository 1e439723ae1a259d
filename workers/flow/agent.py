"""An agent: a name in a swarm that asks the model, always through the journal."""

from __future__ import annotations

import zlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from pydantic import BaseModel, JsonValue

from common.errors import ContextTooSmall
from common.events import AgentInfo, DurableEvent, Notice, StepFinished
from workers.flow.call import NO_OFFER, CallOutcome, ModelCall, Offer
from workers.flow.context import FlowContext
from workers.flow.journal import (
    ArtifactDraft,
    StepRequest,
    StepResult,
    name_turn,
)
from workers.flow.model import write_call, write_message
from workers.flow.prompt import Asking, Prompt
from workers.flow.schemas import Draft, DraftType, read_draft
from workers.flow.text import shorten

Value = TypeVar("Value", bound=BaseModel)

#: How often an answer that cannot be read is asked for in all.
STRUCTURED_TURNS = 3
#: Of structured answers, and where nothing but files is asked for.
CALM_TEMPERATURE = 0.2


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What a step came to, as the flow goes on with it."""

    #: The agent that did it, which on a replay may be another than the one that asks.
    agent: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """What an answer is worth: a value to go on with, or what is wrong with it and what to ask for instead."""

    value: JsonValue = None
    #: A sentence for people and for the model.
    error: str | None = None
    again: str = ""
    events: tuple[DurableEvent, ...] = ()
    artifacts: tuple[ArtifactDraft, ...] = ()


#: Judges an outcome of the step with the given key; after the last turn there is no error, only the best to be had.
Judge = Callable[[CallOutcome, str, bool], Awaitable[Judgement]]


@dataclass(frozen=True, kw_only=True)
class Agent:
    """A queen, a sub-queen or a drone."""

    info: AgentInfo
    flow: FlowContext

    @property
    def name(self) -> str:
        """Its name in the swarm."""
        return self.info.name

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
    ) -> Value:
        """Ask for structured output and return what `repair` makes of it; the journal keeps that, so it never changes.

        Output that cannot be read is asked for again, with the error; then `repair` gets None and makes something by
        rule. `follow` gets the value and the key of its step. Raises ModelError.
        """

        async def judge(outcome: CallOutcome, step: str, last: bool) -> Judgement:
            read: Draft | str = read_draft(draft, outcome.text)
            if isinstance(read, str) and not last:
                if outcome.cut_off:
                    cut = f"The answer was cut off at its limit of {outcome.output_tokens} tokens."
                    return Judgement(error=cut, again="Answer again, much shorter, as JSON only.")
                return Judgement(error=f"The answer cannot be used: {read}.", again="Answer again, as JSON only.")
            mended = repair(read if isinstance(read, draft) else None)
            return Judgement(value=mended.model_dump(mode="json"), events=follow(mended, step))

        output = await self.converse(key, prompt, asking, judge, turns=STRUCTURED_TURNS, schema=schema)
        return value.model_validate(output["value"])

    async def converse(
        self,
        key: str,
        prompt: Prompt,
        asking: Asking,
        judge: Judge,
        *,
        turns: int,
        schema: Mapping[str, JsonValue] | None = None,
    ) -> Mapping[str, JsonValue]:
        """Ask until an answer is of use; every turn is a step of its own."""
        for turn in range(1, turns + 1):
            step = await self.run_turn(name_turn(key, turn), prompt, asking, judge, last=turn == turns, schema=schema)
            output = step.output
            if output["error"] is None:
                return output
            prompt = prompt.ask_again(shorten(str(output["text"]), 500), str(output["error"]))
        raise AssertionError("the last turn has no error")

    async def run_turn(
        self,
        key: str,
        prompt: Prompt,
        asking: Asking,
        judge: Judge,
        *,
        last: bool,
        schema: Mapping[str, JsonValue] | None = None,
        offer: Offer = NO_OFFER,
        told: tuple[DurableEvent, ...] = (),
        is_calm: bool = False,
        may_be_left_out: bool = False,
    ) -> StepResult:
        """Make one model call as a step of its own; `told` is committed along with it, and a calm one takes no risks.

        One that may be left out is, where the context has no room for it: what others go on with is journaled, for on a
        replay elsewhere there may be room. Its output holds the text, the value and the error that `judge` made of it,
        and the tool calls where tools were offered. Raises ModelError.
        """
        options = self._choose_options(key, free=schema is None, calm=is_calm or schema is not None)
        model = self.flow.model_of(asking.role)
        request = StepRequest(
            key=key,
            kind="model",
            agent=self.name,
            role=asking.role,
            model=model,
            # Nothing of the server (its limits, whether it is there) and nothing of the drone: a replay elsewhere and
            # on another day has the same hash.
            input={
                "model": model,
                "messages": [write_message(item) for item in prompt.messages()],
                "schema": dict(schema) if schema is not None else None,
                "options": options,
            },
        )
        call = ModelCall(
            flow=self.flow,
            model=model,
            step=request,
            asking=asking,
            prompt=prompt,
            schema=schema,
            options=options,
            offer=offer,
        )

        async def execute() -> StepResult:
            try:
                outcome = await call.make()
            except ContextTooSmall:
                if not may_be_left_out:
                    raise
                return StepResult(output={"agent": self.name, "text": "", "value": None, "error": None})
            judgement = await judge(outcome, key, last)
            events = judgement.events
            if judgement.error is not None:
                sentence = f"{asking.label} ({self.name}): {judgement.error} The model is asked again."
                events = (*events, Notice(level="warning", message=sentence))
            finished = StepFinished(
                step=key,
                agent=self.name,
                text=outcome.text,
                prompt_tokens=outcome.prompt_tokens,
                output_tokens=outcome.output_tokens,
                duration_seconds=outcome.duration_seconds,
                first_token_seconds=outcome.first_token_seconds,
                cut_off=outcome.cut_off,
            )
            output: dict[str, JsonValue] = {
                "agent": self.name,
                "text": outcome.text,
                "value": judgement.value,
                "error": judgement.error and f"{judgement.error} {judgement.again}",
            }
            if outcome.offered:
                output["tool_calls"] = [write_call(wanted) for wanted in outcome.tool_calls]
                output["seconds"] = outcome.stream_seconds
            return StepResult(
                output=output,
                prompt_tokens=outcome.prompt_tokens,
                output_tokens=outcome.output_tokens,
                events=(*outcome.events, finished, *told, *events),
                artifacts=judgement.artifacts,
            )

        return await self.flow.run_step(request, execute)

    def _choose_options(self, key: str, *, free: bool, calm: bool) -> dict[str, JsonValue]:
        """Return what a person set of Ollama's options for a free or a structured answer."""
        given = self.flow.options
        options: dict[str, JsonValue] = {
            "temperature": min(given.temperature, CALM_TEMPERATURE) if calm else given.temperature,
        }
        if free and given.max_output_tokens is not None:
            options["num_predict"] = given.max_output_tokens
        if given.seed is not None:  # one seed for all would make drones with like prompts say the same
            options["seed"] = (given.seed + zlib.crc32(key.encode())) % 2**31
        return options
