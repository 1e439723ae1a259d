"""One model call: fitted into the context, streamed, tried again where the server is away."""

from __future__ import annotations

import asyncio
import itertools
import json
import math
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import cast

from pydantic import JsonValue

from common.errors import FlowError, ModelNotFound, ModelUnavailable
from common.events import ContextCut, DurableEvent, Notice, StepFailed, StepStarted, TokenDelta
from workers.flow.budget import Fitted, estimate_tokens, find_truncation, fit_prompt
from workers.flow.context import FlowContext
from workers.flow.journal import StepRequest
from workers.flow.model import ChatChunk, ChatRequest, ModelInfo, ToolCall, ToolSpec
from workers.flow.prompt import Asking, Prompt
from workers.flow.prompts import render_prompt
from workers.flow.schemas import count_characters
from workers.flow.text import clean_json, clean_text

#: The most tokens of a free answer where neither a person nor the model says anything.
DEFAULT_OUTPUT_TOKENS = 2048
_FIRST_DELAY_SECONDS = 0.5
_LONGEST_DELAY_SECONDS = 15.0
#: What attempts that fail at once may take beside the delays between them.
_SLACK_SECONDS = 1.0


def spread_retries(seconds: float) -> tuple[float, ...]:
    """Return delays that double from half a second, stay below a quarter of a minute, and take `seconds` together."""
    delays: list[float] = []
    while (left := seconds - sum(delays)) > 0.01:
        delays.append(min(_FIRST_DELAY_SECONDS * 2 ** len(delays), _LONGEST_DELAY_SECONDS, left))
    return tuple(delays)


@dataclass(frozen=True, kw_only=True)
class CallOutcome:
    """What a model said."""

    text: str
    prompt_tokens: int
    output_tokens: int
    duration_seconds: float
    #: Of these, what the model had; the rest was waiting for a free place at the server.
    stream_seconds: float = 0.0
    #: From the start to the first piece of the text; None where there is none.
    first_token_seconds: float | None = None
    #: What people should know of it, to be committed with the step.
    events: tuple[DurableEvent, ...] = ()
    #: Whether it was at its limit of tokens before it was at its end.
    cut_off: bool = False
    #: What it wants done before it goes on.
    tool_calls: tuple[ToolCall, ...] = ()
    #: Whether tools were offered to it.
    offered: bool = False
    #: Whether it was ended because it took too long; the text is as far as it came.
    timed_out: bool = False


@dataclass(frozen=True, kw_only=True)
class Offer:
    """What a call may use and take, in a loop that lets a model call tools."""

    #: Offered where the model can call tools; where it cannot, nothing of this applies.
    tools: tuple[ToolSpec, ...] = ()
    output_tokens: int | None = None
    seconds: float | None = None


NO_OFFER = Offer()


@dataclass(frozen=True, kw_only=True)
class ModelCall:
    """A call that a step makes."""

    flow: FlowContext
    model: str
    step: StepRequest
    asking: Asking
    prompt: Prompt
    schema: Mapping[str, JsonValue] | None
    options: Mapping[str, JsonValue]
    offer: Offer = NO_OFFER

    async def make(self) -> CallOutcome:
        """Call the model, again after each of the flow's retry delays while it is unavailable or has no such model.

        The sum of the delays is the budget: time that failing attempts take uses it up too. Each attempt is told by
        `step_started`, each failure by `step_failed`. Raises ModelError; being cancelled closes the stream.
        """
        delays, give_up_at = iter(self.flow.retry_delays), math.inf
        for attempt in itertools.count(1):
            await self._tell_start(attempt)
            try:
                return await self._attempt(attempt)
            except (ModelUnavailable, ModelNotFound) as error:
                failed_at = time.monotonic()
                give_up_at = min(give_up_at, failed_at + sum(self.flow.retry_delays) + _SLACK_SECONDS)
                delay = next(delays, None) if failed_at <= give_up_at else None
                await self._tell_failure(attempt, error, delay)
                if delay is None:
                    raise
                await asyncio.sleep(delay)
            except FlowError as error:
                await self._tell_failure(attempt, error, None)
                raise
        raise AssertionError("the last attempt returns or raises")

    async def _attempt(self, attempt: int) -> CallOutcome:
        began = time.perf_counter()
        info = await self.flow.describe_model(self.model)
        context_length = min(info.context_length, self.flow.options.num_ctx or info.context_length)
        overhead = _estimate_tools(self.offer.tools)
        offered = bool(self.offer.tools) and info.can_call_tools and overhead <= context_length // 4
        bound = self.offer if offered or not self.offer.tools else NO_OFFER
        fitted = self._fit(info, bound, context_length, overhead if offered else 0)
        options = {**self.options, "num_ctx": fitted.num_ctx, "num_predict": fitted.num_predict}
        request = ChatRequest(
            model=self.model,
            messages=fitted.messages,
            schema=self.schema,
            tools=bound.tools,
            options=options,
            step_key=self.step.key,
        )
        text, last = "", ChatChunk(text="")
        calls: list[ToolCall] = []
        first_token_seconds: float | None = None
        async with self.flow.client.chat(request) as chunks:
            opened = time.perf_counter()
            try:
                async with asyncio.timeout(bound.seconds) as limit:
                    async for chunk in chunks:
                        last = chunk
                        calls += [_clean_call(call) for call in chunk.tool_calls]
                        if piece := clean_text(chunk.text):
                            if first_token_seconds is None:
                                first_token_seconds = round(time.perf_counter() - began, 3)
                            delta = TokenDelta(
                                step=self.step.key, agent=self.step.agent, attempt=attempt, offset=len(text), text=piece
                            )
                            text += piece
                            await self.flow.emit(delta)
            except TimeoutError:
                if not limit.expired():
                    raise
        ended = time.perf_counter()
        if not last.done and not limit.expired():
            raise ModelUnavailable("The model server broke off its answer.")
        return CallOutcome(
            text=text,
            prompt_tokens=last.prompt_tokens,
            output_tokens=last.output_tokens if last.done else estimate_tokens(text),
            duration_seconds=round(ended - began, 3),
            stream_seconds=round(ended - opened, 3),
            first_token_seconds=first_token_seconds,
            events=self._judge_context(fitted, last),
            cut_off=last.done_reason == "length",
            tool_calls=tuple(calls) if offered else (),
            offered=offered,
            timed_out=limit.expired(),
        )

    def _fit(self, info: ModelInfo, bound: Offer, context_length: int, overhead: int) -> Fitted:
        prompt = self.prompt
        if bound.tools:  # no part of the step's input: it depends on the server whether they are offered
            prompt = prompt.add_system(render_prompt("tools.md", tools=[tool.name for tool in bound.tools]))
        fitted = fit_prompt(
            prompt,
            context_length=context_length,
            output_tokens=min(self._limit_output(info), bound.output_tokens or sys.maxsize),
            at_least=self.flow.windows.get(self.model, 0),
            overhead=overhead,
        )
        self.flow.windows[self.model] = fitted.num_ctx
        return fitted

    def _limit_output(self, info: ModelInfo) -> int:
        """Return the most tokens of the answer: all that a schema allows; else what a person or the model set."""
        if self.schema is not None:
            return count_characters(self.schema)  # a token has one character at least, where it is not a byte
        return self.flow.options.max_output_tokens or info.max_output_tokens or DEFAULT_OUTPUT_TOKENS

    def _judge_context(self, fitted: Fitted, last: ChatChunk) -> tuple[DurableEvent, ...]:
        events: list[DurableEvent] = []
        if fitted.cut:
            events.append(
                ContextCut(step=self.step.key, agent=self.step.agent, cut=list(fitted.cut), tokens=fitted.cut_tokens)
            )
        if problem := find_truncation(fitted, last.prompt_tokens):
            events.append(Notice(level="warning", message=f"{self.asking.label} ({self.step.agent}): {problem}"))
        if last.done_reason == "length" and self.schema is None:
            limit = f"stopped at its limit of {last.output_tokens} tokens"
            events.append(Notice(message=f"{self.asking.label} ({self.step.agent}): the answer {limit}."))
        return tuple(events)

    async def _tell_start(self, attempt: int) -> None:
        await self.flow.emit(
            StepStarted(
                step=self.step.key,
                kind="model",
                agent=self.step.agent,
                role=self.step.role,
                label=self.asking.label,
                subtask=self.asking.subtask,
                model=self.model,
                attempt=attempt,
            )
        )

    async def _tell_failure(self, attempt: int, error: FlowError, delay: float | None) -> None:
        await self.flow.emit(
            StepFailed(
                step=self.step.key,
                agent=self.step.agent,
                attempt=attempt,
                error=str(error),
                retry_in_seconds=delay,
            )
        )


def _estimate_tools(tools: Sequence[ToolSpec]) -> int:
    """Return about how many tokens it takes to tell a model of its tools."""
    return estimate_tokens(json.dumps([asdict(tool) for tool in tools])) if tools else 0


def _clean_call(call: ToolCall) -> ToolCall:
    """Return a call as the journal gives it back, so that what follows from it is the same on a replay."""
    given = call.arguments
    return ToolCall(
        name=clean_text(call.name)[:100],
        arguments=clean_text(given)
        if isinstance(given, str)
        else cast("dict[str, JsonValue]", clean_json(dict(given))),
    )
