"""The model as the framework sees it: one small interface, with Ollama behind it in `ollama_model.py`."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Literal, Protocol

from pydantic import JsonValue, TypeAdapter


@dataclass(frozen=True, kw_only=True)
class ToolSpec:
    """A tool as a model is told of it."""

    name: str
    description: str
    #: The JSON schema of an object: what the tool takes.
    parameters: Mapping[str, JsonValue]


@dataclass(frozen=True, kw_only=True)
class ToolCall:
    """A model's wish that a tool be used."""

    name: str
    #: What the tool is given; text where the model wrote something that is no object.
    arguments: Mapping[str, JsonValue] | str


_WRITTEN_CALL: TypeAdapter[ToolCall] = TypeAdapter(ToolCall)


@dataclass(frozen=True, kw_only=True)
class Message:
    """One message of a conversation."""

    role: Literal["system", "user", "assistant", "tool"]
    content: str
    #: What an assistant asked for beside its text; each is answered by a message of the role `tool`, in this order.
    tool_calls: tuple[ToolCall, ...] = ()
    #: Whose result a message of the role `tool` is.
    tool_name: str = ""


def write_message(message: Message) -> dict[str, JsonValue]:
    """Return a message as the journal keeps it: what is empty beside its text is left out."""
    written: dict[str, JsonValue] = {"role": message.role, "content": message.content}
    if message.tool_calls:
        written["tool_calls"] = [write_call(call) for call in message.tool_calls]
    if message.tool_name:
        written["tool_name"] = message.tool_name
    return written


def write_call(call: ToolCall) -> dict[str, JsonValue]:
    """Return a tool call as the journal keeps it."""
    return {"name": call.name, "arguments": call.arguments if isinstance(call.arguments, str) else dict(call.arguments)}


def read_call(written: JsonValue) -> ToolCall:
    """Return the tool call that `write_call` wrote."""
    return _WRITTEN_CALL.validate_python(written)


@dataclass(frozen=True, kw_only=True)
class ChatRequest:
    """One call of a model."""

    model: str
    messages: tuple[Message, ...]
    #: A JSON schema that the answer must follow; None for free text.
    schema: Mapping[str, JsonValue] | None = None
    #: What the model may call; only for models whose `ModelInfo.can_call_tools`.
    tools: tuple[ToolSpec, ...] = ()
    #: Ollama's options: temperature, num_predict, num_ctx, seed, stop …
    options: Mapping[str, JsonValue] = field(default_factory=dict)
    #: The key of the step that asks, sent along as `X-Step-Key` so that a server can count calls by step.
    step_key: str = ""
    #: The session that the step belongs to, sent along as `X-Session-Id`; empty outside of one.
    session_id: str = ""


@dataclass(frozen=True, kw_only=True)
class ChatChunk:
    """A piece of an answer; the last one says why it ended and what it took."""

    text: str
    #: Whole calls; a server may spread them over several pieces.
    tool_calls: tuple[ToolCall, ...] = ()
    done: bool = False
    #: `stop` or `length`, on the last piece.
    done_reason: str | None = None
    prompt_tokens: int = 0
    output_tokens: int = 0


@dataclass(frozen=True, kw_only=True)
class ModelInfo:
    """What a model can do."""

    name: str
    #: In tokens.
    context_length: int
    #: The most tokens of an answer by the model's own word (`num_predict` of its parameters); None where it has none.
    max_output_tokens: int | None = None
    #: As `/api/show` tells: completion, tools, vision, thinking …
    capabilities: frozenset[str] = frozenset()

    @property
    def can_call_tools(self) -> bool:
        """Whether it was trained to call tools."""
        return "tools" in self.capabilities


@dataclass(frozen=True, kw_only=True)
class ListedModel:
    """A model that the server has."""

    name: str
    size_bytes: int
    #: family, parameter_size, quantization_level … as far as the server tells.
    details: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class LoadedModel:
    """A model that the server holds in memory."""

    name: str
    size_bytes: int
    #: The part of it that is in the memory of graphics cards.
    vram_bytes: int
    #: When the server lets go of it unless it is used; None where it does not tell.
    expires_at: dt.datetime | None = None


@dataclass(frozen=True, kw_only=True)
class PullProgress:
    """How far the server is with fetching a model; 0 of 0 bytes before it tells."""

    said: str
    completed_bytes: int
    total_bytes: int


class ModelClient(Protocol):
    """Speaks to a model server."""

    def chat(self, request: ChatRequest) -> AbstractAsyncContextManager[AsyncIterator[ChatChunk]]:
        """Stream an answer; leaving the context closes the stream, so that the server stops generating.

        Raises ModelUnavailable, ModelNotFound or ModelError.
        """
        ...

    async def describe(self, model: str) -> ModelInfo:
        """Return what `model` can do; raises ModelNotFound or ModelUnavailable."""
        ...

    async def list_models(self) -> Sequence[ListedModel]:
        """Return what the server has, by name; raises ModelUnavailable or ModelError."""
        ...
