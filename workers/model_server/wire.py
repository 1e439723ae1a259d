"""Ollama's shapes: what its API takes and what it answers (https://github.com/ollama/ollama/blob/main/docs/api.md)."""

from __future__ import annotations

import datetime as dt
import json
import re
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from common.clock import format_time, utc_now
from workers.model_server import card
from workers.model_server.errors import Refusal
from workers.model_server.pieces import Ending, Piece

#: In UTF-8; a prompt that fits the context is far smaller.
MOST_BODY_BYTES = 1024 * 1024
_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")


def _as_list(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _without_nothing(value: object) -> object:
    """Take a null for "not given", as Ollama does."""
    return {name: item for name, item in value.items() if item is not None} if isinstance(value, dict) else value


class _Shape(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", strict=True, allow_inf_nan=False)


Positive = Annotated[float, Field(gt=0)]
Share = Annotated[float, Field(ge=0, le=1)]
Int32 = Annotated[int, Field(ge=-(2**31), lt=2**31)]


class Options(_Shape):
    """How to generate; what a request leaves out is as the model's card says."""

    temperature: float = Field(default=card.DEFAULTS["temperature"], ge=0, le=100)
    top_k: Int32 = int(card.DEFAULTS["top_k"])
    top_p: Share = card.DEFAULTS["top_p"]
    min_p: Share = card.DEFAULTS["min_p"]
    repeat_penalty: Positive = card.DEFAULTS["repeat_penalty"]
    repeat_last_n: Annotated[int, Field(ge=-1, le=card.CONTEXT_LENGTH)] = int(card.DEFAULTS["repeat_last_n"])
    presence_penalty: float = 0.0
    frequency_penalty: float = 0.0
    #: None or below 0: another one each time.
    seed: Annotated[int, Field(ge=-(2**63), lt=2**63)] | None = None
    #: Tokens of the answer; 0 or below: as many as the context holds.
    num_predict: Int32 | None = None
    num_ctx: Annotated[int, Field(ge=1, lt=2**31)] = card.CONTEXT_LENGTH
    stop: Annotated[
        list[Annotated[str, Field(min_length=1, max_length=200)]], Field(max_length=16), BeforeValidator(_as_list)
    ] = []

    @property
    def is_repeatable(self) -> bool:
        """Whether two calls shall give the same."""
        return self.temperature == 0 or (self.seed is not None and self.seed >= 0)


class _Asking(_Shape):
    model: str = ""
    stream: bool = True
    format: Any = None
    options: Annotated[Options, BeforeValidator(_without_nothing)] = Options()
    think: bool | str = False


class NamedCall(_Shape):
    """The function of a tool call."""

    name: str = Field(max_length=200)
    arguments: dict[str, Any] = {}


class ToolCall(_Shape):
    """What an assistant asked for."""

    function: NamedCall


class Message(_Shape):
    """One message of a conversation."""

    role: Literal["system", "user", "assistant", "tool"]
    content: str = ""
    images: list[Any] = []
    tool_calls: list[ToolCall] = Field(default=[], max_length=1000)


class Function(_Shape):
    """A function that the model may call."""

    name: str = Field(min_length=1, max_length=200)
    description: str = ""
    parameters: dict[str, Any] = {}


class Tool(_Shape):
    """A tool that the model may use."""

    function: Annotated[Function, BeforeValidator(_without_nothing)]


class ChatRequest(_Asking):
    """The body of /api/chat."""

    messages: list[Annotated[Message, BeforeValidator(_without_nothing)]] = Field(default=[], max_length=1000)
    tools: list[Tool] = Field(default=[], max_length=200)


class GenerateRequest(_Asking):
    """The body of /api/generate."""

    prompt: str = ""
    system: str = ""
    suffix: str = ""
    raw: bool = False
    images: list[Any] = []


class NamedRequest(_Shape):
    """The body of /api/show and /api/pull, which name a model in either way."""

    model: str = ""
    name: str = ""
    stream: bool = True

    @property
    def named(self) -> str:
        """The model that is meant."""
        return self.model or self.name


_ShapeType = TypeVar("_ShapeType", bound=_Shape)


def read_body(body: bytes, shape: type[_ShapeType]) -> _ShapeType:
    """Return what a body says; raises Refusal (400) with a sentence where it says nothing that can be used."""
    try:
        given = json.loads(body, parse_constant=_refuse_constant)
        if _NUL.search(json.dumps(given, ensure_ascii=False).encode().decode()):
            raise Refusal(400, "invalid request: it contains a NUL character")
    except RecursionError:
        raise Refusal(400, "invalid request: the JSON nests too deep") from None
    except UnicodeError:
        raise Refusal(400, "invalid request: it is not valid Unicode") from None
    except ValueError as error:
        raise Refusal(400, f"invalid request: it is not valid JSON: {error}") from None
    if not isinstance(given, dict):
        raise Refusal(400, "invalid request: the body must be a JSON object")
    try:
        return shape.model_validate(_without_nothing(given))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise Refusal(400, f"invalid request: {place}: {first['msg']}") from None


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not a number")


def write_conversation(request: ChatRequest) -> dict[str, Any]:
    """Return a conversation in the engine's words, which are OpenAI's: a tool's result names the call by an id.

    Ollama's messages have none; results come in the order of their calls.
    """
    messages: list[dict[str, Any]] = []
    ids: list[str] = []
    for number, message in enumerate(request.messages):
        written: dict[str, Any] = {"role": message.role, "content": message.content}
        if message.tool_calls:
            ids = [f"call-{number}-{position}" for position in range(len(message.tool_calls))]
            written["tool_calls"] = [
                {
                    "id": call_id,
                    "type": "function",
                    "function": {"name": call.function.name, "arguments": json.dumps(call.function.arguments)},
                }
                for call_id, call in zip(ids, message.tool_calls, strict=True)
            ]
        elif message.role == "tool":
            written["tool_call_id"] = ids.pop(0) if ids else "call"
        messages.append(written)
    if not request.tools:
        return {"messages": messages}
    tools = [{"type": "function", "function": tool.function.model_dump()} for tool in request.tools]
    return {"messages": messages, "tools": tools}


def tell_piece(request: ChatRequest | GenerateRequest, piece: Piece) -> dict[str, Any]:
    """Return one line of a stream."""
    said: dict[str, Any] = {"response": piece.text}
    if isinstance(request, ChatRequest):
        said = {"message": {"role": "assistant", "content": piece.text}}
        if piece.tool_calls:
            calls = [{"function": {"name": call.name, "arguments": call.arguments}} for call in piece.tool_calls]
            said["message"]["tool_calls"] = calls
    return {"model": request.model, "created_at": format_time(utc_now()), **said, "done": False}


def tell_ending(ending: Ending, *, total_ns: int, load_ns: int) -> dict[str, Any]:
    """Return what the last line says beside its text."""
    return {
        "done": True,
        "done_reason": ending.reason,
        "total_duration": total_ns,
        "load_duration": load_ns,
        "prompt_eval_count": ending.prompt_tokens,
        "prompt_eval_duration": ending.prompt_ns,
        "eval_count": ending.output_tokens,
        "eval_duration": ending.output_ns,
    }


def describe_model(weights: card.Weights) -> dict[str, Any]:
    """Return the model as /api/tags lists it."""
    modified = dt.datetime.fromtimestamp(weights.modified, dt.UTC)
    return {
        "name": card.NAME,
        "model": card.NAME,
        "modified_at": format_time(modified),
        "size": weights.size_bytes,
        "digest": weights.digest,
        "details": card.DETAILS,
    }


def describe_loaded(weights: card.Weights) -> dict[str, Any]:
    """Return the model as /api/ps lists it; it stays loaded as long as the server runs."""
    told = describe_model(weights)
    del told["modified_at"]
    expires = utc_now() + dt.timedelta(days=365)
    return told | {"expires_at": format_time(expires), "size_vram": 0, "context_length": card.CONTEXT_LENGTH}


def show_model(weights: card.Weights, template: str, *, can_call_tools: bool) -> dict[str, Any]:
    """Return what /api/show tells."""
    parameters = card.render_parameters()
    return {
        "modelfile": "\n".join(
            ["FROM SmolLM2-135M-Instruct", *(f"PARAMETER {line}" for line in parameters.splitlines())]
        ),
        "parameters": parameters,
        "template": template or card.TEMPLATE,
        "license": "Apache-2.0",
        "details": card.DETAILS,
        "model_info": card.MODEL_INFO,
        "capabilities": ["completion", "tools"] if can_call_tools else ["completion"],
        "modified_at": describe_model(weights)["modified_at"],
    }
