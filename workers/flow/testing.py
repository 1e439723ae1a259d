"""A scripted model: stands in for a model server in tests of whatever uses the framework."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import inspect
import json
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal, cast

from pydantic import JsonValue

from common.errors import ModelNotFound
from workers.flow.budget import estimate_calls, estimate_messages, estimate_tokens
from workers.flow.model import ChatChunk, ChatRequest, ListedModel, ModelInfo, ToolCall
from workers.flow.text import shorten


@dataclass(frozen=True)
class Calls:
    """An answer that calls tools, perhaps after some text."""

    calls: tuple[ToolCall, ...]
    text: str = ""


def call_tool(name: str, **arguments: JsonValue) -> Calls:
    """Return the answer that calls one tool."""
    return Calls((ToolCall(name=name, arguments=arguments),))


#: What a script may answer: text, an object that is sent as JSON, or tool calls. It may also raise.
Scripted = str | Mapping[str, JsonValue] | Calls
Script = Callable[[ChatRequest], Scripted | Awaitable[Scripted]]


def sample_answer(request: ChatRequest) -> str:
    """Return a fitting answer to any request, the same each time: an instance of its schema, or a line of text."""
    if request.schema is not None:
        return json.dumps(sample_instance(request.schema), ensure_ascii=False)
    asked = "\n".join(message.content for message in request.messages)
    mark = hashlib.sha256(asked.encode()).hexdigest()[:8]
    return f"Scripted answer {mark} to: {shorten(request.messages[-1].content, 120)}"


def sample_instance(schema: Mapping[str, JsonValue], name: str = "value", number: int = 1) -> JsonValue:
    """Return a small valid instance of a JSON schema of the kinds that `workers.flow.schemas` makes.

    Lists that need items get one more than they need, where they may, and differ in their strings and choices.
    """
    if isinstance(choices := schema.get("enum"), list):
        return choices[(number - 1) % len(choices)]
    match schema.get("type"):
        case "object":
            properties = cast("Mapping[str, Mapping[str, JsonValue]]", schema.get("properties", {}))
            return {key: sample_instance(value, key, number) for key, value in properties.items()}
        case "array":
            least = cast("int", schema.get("minItems", 0))
            count = min(least + 1, cast("int", schema.get("maxItems", least + 1))) if least else 0
            items = cast("Mapping[str, JsonValue]", schema.get("items", {}))
            return [sample_instance(items, name, position) for position in range(1, count + 1)]
        case "integer" | "number":
            return cast("int", schema.get("minimum", 0))
        case "boolean":
            return True
        case "null":
            return None
    return f"Some {name} {number}"[: cast("int", schema.get("maxLength", 1000))]


@dataclass(kw_only=True)
class RecordedCall:
    """One call that the scripted model got."""

    request: ChatRequest
    #: On the process's clock, in seconds; `ended` is None while it runs.
    started: float
    ended: float | None = None
    outcome: Literal["running", "finished", "failed", "cancelled"] = "running"

    @property
    def key(self) -> str:
        """The key of the step that asked."""
        return self.request.step_key

    @property
    def prompt(self) -> str:
        """All that was said to the model."""
        return "\n".join(message.content for message in self.request.messages)


@dataclass(frozen=True, kw_only=True)
class ServedModel:
    """One of several models that a scripted one stands for."""

    name: str
    size_bytes: int = 4_000_000_000
    family: str = "llama"
    context_length: int = 8192
    capabilities: frozenset[str] = frozenset({"completion"})


@dataclass(kw_only=True)
class ScriptedModel:
    """A `ModelClient` that answers by a function, with samples where none is given, and keeps to `num_predict`."""

    script: Script = sample_answer
    #: How long each call takes before its first piece, in seconds.
    delay: float = 0.0
    #: In characters.
    piece_length: int = 12
    context_length: int = 8192
    #: What it says of itself, see `ModelInfo`.
    max_output_tokens: int | None = None
    capabilities: frozenset[str] = frozenset({"completion"})
    #: What it says each prompt took, in tokens; None means an estimate.
    counted_tokens: int | None = None
    #: What the server has; where it has none, any name is answered, as the fields above say. May change as a test goes.
    models: list[ServedModel] = field(default_factory=list)
    #: Every call, in the order in which they began.
    calls: list[RecordedCall] = field(default_factory=list)
    #: The most calls that ran at the same time.
    max_parallel: int = 0
    #: How often `describe` was called.
    descriptions: int = 0

    @property
    def keys(self) -> list[str]:
        """The keys of all calls, in the order in which they began."""
        return [call.key for call in self.calls]

    def call(self, key: str) -> RecordedCall:
        """Return the last call of a step."""
        return next(call for call in reversed(self.calls) if call.key == key)

    @contextlib.asynccontextmanager
    async def chat(self, request: ChatRequest) -> AsyncIterator[AsyncIterator[ChatChunk]]:
        """See `ModelClient.chat`."""
        with self._record(request) as call:
            pieces = self._stream(call)
            try:
                yield pieces
            finally:
                await pieces.aclose()

    async def describe(self, model: str) -> ModelInfo:
        """See `ModelClient.describe`."""
        self.descriptions += 1
        served = self._find(model)
        return ModelInfo(
            name=model,
            context_length=served.context_length,
            max_output_tokens=self.max_output_tokens,
            capabilities=served.capabilities,
        )

    async def list_models(self) -> list[ListedModel]:
        """See `ModelClient.list_models`."""
        return [
            ListedModel(name=item.name, size_bytes=item.size_bytes, details={"family": item.family})
            for item in self.models
        ]

    def _find(self, name: str) -> ServedModel:
        if not self.models:
            return ServedModel(name=name, context_length=self.context_length, capabilities=self.capabilities)
        for served in self.models:
            if served.name == name:
                return served
        raise ModelNotFound(f"The scripted server has no model {name!r}.")

    @contextlib.contextmanager
    def _record(self, request: ChatRequest) -> Iterator[RecordedCall]:
        call = RecordedCall(request=request, started=time.perf_counter())
        self.calls.append(call)
        self.max_parallel = max(self.max_parallel, sum(1 for other in self.calls if other.outcome == "running"))
        try:
            yield call
        except BaseException as error:
            call.outcome = "failed" if isinstance(error, Exception) else "cancelled"
            raise
        finally:
            call.ended = time.perf_counter()
            if call.outcome == "running":  # left before the last piece
                call.outcome = "cancelled"

    async def _stream(self, call: RecordedCall) -> AsyncGenerator[ChatChunk, None]:
        await asyncio.sleep(self.delay)
        self._find(call.request.model)
        answer = self.script(call.request)
        if inspect.isawaitable(answer):
            answer = await answer
        whole, calls = _divide(answer)
        text = _cut(whole, cast("int", call.request.options.get("num_predict", -1)))
        for begin in range(0, len(text), self.piece_length):
            yield ChatChunk(text=text[begin : begin + self.piece_length])
            await asyncio.sleep(0)
        for wanted in calls:  # one a piece, as Ollama streams them
            yield ChatChunk(text="", tool_calls=(wanted,))
            await asyncio.sleep(0)
        call.outcome = "finished"
        yield ChatChunk(
            text="",
            done=True,
            done_reason="stop" if text == whole else "length",
            prompt_tokens=self.counted_tokens or estimate_messages(call.request.messages),
            output_tokens=estimate_tokens(text) + estimate_calls(calls),
        )


def _divide(answer: Scripted) -> tuple[str, tuple[ToolCall, ...]]:
    """Return the text of an answer and its calls."""
    match answer:
        case Calls():
            return answer.text, answer.calls
        case str():
            return answer, ()
    return json.dumps(answer, ensure_ascii=False), ()


def _cut(text: str, limit: int) -> str:
    """Return what of `text` fits into so many tokens; a limit below 0 is none."""
    tokens = estimate_tokens(text)
    return text if limit < 0 or tokens <= limit else text[: len(text) * limit // tokens]
