"""The model behind the official `ollama` client, on an aiohttp transport (httpx's own collapses beyond 50 calls)."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping
from contextvars import ContextVar
from types import MappingProxyType
from urllib.parse import quote, urlsplit

import aiohttp
import httpx
import ollama
from httpx_aiohttp import AiohttpTransport
from pydantic import ValidationError

from common.errors import ModelError, ModelNotFound, ModelUnavailable
from workers.flow.model import (
    ChatChunk,
    ChatRequest,
    ListedModel,
    LoadedModel,
    Message,
    ModelInfo,
    PullProgress,
    ToolCall,
    ToolSpec,
)

DEFAULT_PORT = 11434
#: What is assumed of a model that does not tell its context length, in tokens.
UNKNOWN_CONTEXT_LENGTH = 2048

#: How long the end of a stream may take after its last piece.
_END_SECONDS = 1.0

#: What Ollama says of a tool call that is no JSON.
_UNREADABLE_CALL = "error parsing tool call"

#: What the request that goes out carries of the step that asks.
_headers: ContextVar[Mapping[str, str]] = ContextVar("headers", default=MappingProxyType({}))


def base_url(host: str) -> str:
    """Return the address that `host` names in any of Ollama's ways, e.g. `0.0.0.0`, `:11434` or `https://host/path`."""
    parts = urlsplit(host if "://" in host else f"http://{host}")
    name = parts.hostname or "127.0.0.1"
    name = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(name, name)  # noqa: S104 - read, never bound
    known = {"http": 80, "https": 443} if "://" in host else {}
    port = parts.port or known.get(parts.scheme, DEFAULT_PORT)
    return f"{parts.scheme}://{f'[{name}]' if ':' in name else name}:{port}{parts.path.rstrip('/')}"


class OllamaModel:
    """Speaks to one Ollama server; connects when first used, inside the loop that uses it."""

    def __init__(
        self,
        host: str,
        *,
        max_concurrent_calls: int = 16,
        connect_seconds: float = 5,
        first_token_seconds: float = 300,
        next_token_seconds: float = 120,
        call_seconds: float = 3600,
        lookup_seconds: float = 30,
    ) -> None:
        self.url = base_url(host)
        self._slots = asyncio.Semaphore(max_concurrent_calls)
        self._max_connections = max_concurrent_calls + 8  # lookups go beside the calls
        self._connect_seconds = connect_seconds
        self._first_token_seconds = first_token_seconds
        self._next_token_seconds = next_token_seconds
        self._call_seconds = call_seconds
        self._lookup_seconds = lookup_seconds
        self._clients: tuple[ollama.AsyncClient, httpx.AsyncClient] | None = None

    @contextlib.asynccontextmanager
    async def chat(self, request: ChatRequest) -> AsyncIterator[AsyncIterator[ChatChunk]]:
        """See `ModelClient.chat`."""
        async with self._slots:
            client, _ = self._open()
            with _mapped(self.url, request.model):
                parts = await client.chat(
                    model=request.model,
                    messages=[_write_message(message) for message in request.messages],
                    tools=[_write_tool(tool) for tool in request.tools] or None,
                    stream=True,
                    format=dict(request.schema) if request.schema is not None else None,
                    options=dict(request.options),
                )
            pieces = self._read_pieces(parts, request)
            try:
                yield pieces
            finally:
                await pieces.aclose()
                await parts.aclose()  # type: ignore[attr-defined] # the client calls its generator an iterator

    async def describe(self, model: str) -> ModelInfo:
        """See `ModelClient.describe`."""
        async with self._lookup(model):
            shown = await self._open()[0].show(model)
        facts = shown.modelinfo or {}
        lengths = [
            value for name, value in facts.items() if name.endswith(".context_length") and isinstance(value, int)
        ]
        return ModelInfo(
            name=model,
            context_length=lengths[0] if lengths else UNKNOWN_CONTEXT_LENGTH,
            max_output_tokens=_find_output_limit(shown.parameters or ""),
            capabilities=frozenset(shown.capabilities or ()),
        )

    async def list_models(self) -> list[ListedModel]:
        """See `ModelClient.list_models`."""
        async with self._lookup():
            listed = await self._open()[0].list()
        models = [
            ListedModel(
                name=item.model,
                size_bytes=int(item.size or 0),
                details={
                    name: value
                    for name, value in (item.details.model_dump() if item.details else {}).items()
                    if isinstance(value, str)
                },
            )
            for item in listed.models
            if item.model
        ]
        return sorted(models, key=lambda item: item.name)

    async def list_loaded(self) -> list[LoadedModel]:
        """Return the models that the server holds in memory, by name; raises ModelUnavailable or ModelError."""
        async with self._lookup():
            loaded = await self._open()[0].ps()
        models = [
            LoadedModel(
                name=item.model,
                size_bytes=int(item.size or 0),
                vram_bytes=int(item.size_vram or 0),
                expires_at=item.expires_at,
            )
            for item in loaded.models
            if item.model
        ]
        return sorted(models, key=lambda item: item.name)

    async def pull(self, model: str) -> AsyncGenerator[PullProgress, None]:
        """Let the server fetch a model, and tell how far it is; raises ModelUnavailable or ModelError."""
        layers: dict[str, tuple[int, int]] = {}
        with _mapped(self.url, model):
            parts = await self._open()[0].pull(model, stream=True)
            try:
                async for part in parts:
                    if part.digest and part.total:
                        layers[part.digest] = (part.completed or 0, part.total)
                    yield PullProgress(
                        said=part.status or "",
                        completed_bytes=sum(completed for completed, _ in layers.values()),
                        total_bytes=sum(total for _, total in layers.values()),
                    )
            finally:
                await parts.aclose()  # type: ignore[attr-defined] # the client calls its generator an iterator

    async def delete(self, model: str) -> None:
        """Delete a model on the server; raises ModelUnavailable, ModelNotFound or ModelError."""
        async with self._lookup(model):
            await self._open()[0].delete(model)

    async def version(self) -> str:
        """Return the server's version; raises ModelUnavailable or ModelError."""
        async with self._lookup():
            # The official client has no call for it.
            response = await self._open()[1].get("/api/version")
            if response.is_error:
                raise ollama.ResponseError(response.text, response.status_code)
            return str(response.json()["version"])

    async def aclose(self) -> None:
        """Close all connections; the model may be used again afterwards."""
        clients, self._clients = self._clients, None
        if clients is not None:
            official, plain = clients
            await official.close()  # type: ignore[no-untyped-call] # the client has no types here
            await plain.aclose()

    def _open(self) -> tuple[ollama.AsyncClient, httpx.AsyncClient]:
        if self._clients is None:
            transport = AiohttpTransport(limits=httpx.Limits(max_connections=self._max_connections))
            timeout = httpx.Timeout(None, connect=self._connect_seconds)
            # Proxies are for the way out; a model server is near. `trust_env` would send even loopback through one.
            official = ollama.AsyncClient(
                host=self.url,
                transport=transport,
                timeout=timeout,
                trust_env=False,
                event_hooks={"request": [_add_headers]},
            )
            plain = httpx.AsyncClient(base_url=self.url, transport=transport, timeout=timeout, trust_env=False)
            self._clients = (official, plain)
        return self._clients

    async def _read_pieces(
        self, parts: AsyncIterator[ollama.ChatResponse], request: ChatRequest
    ) -> AsyncGenerator[ChatChunk, None]:
        seconds, clock = self._first_token_seconds, asyncio.get_running_loop().time
        until = clock() + self._call_seconds
        with _mapped(self.url, request.model):
            while True:
                # The request goes out with the first piece that is asked for, and takes the headers along.
                token = _headers.set({"X-Step-Key": request.step_key, "X-Session-Id": request.session_id})
                try:
                    async with asyncio.timeout(min(seconds, until - clock())):
                        part = await anext(parts)
                except StopAsyncIteration:
                    raise ModelUnavailable(f"The model server at {self.url} broke off its answer.") from None
                except TimeoutError:
                    said = "was silent for" if clock() < until else "was not done within"
                    limit = seconds if clock() < until else self._call_seconds
                    raise ModelUnavailable(f"The model server at {self.url} {said} {limit:g} s.") from None
                except (ollama.ResponseError, ValidationError) as error:
                    if (call := _find_unreadable_call(error)) is None or not request.tools:
                        raise
                    yield ChatChunk(text="", tool_calls=(call,), done=True, done_reason="stop")
                    return
                finally:
                    _headers.reset(token)
                seconds = self._next_token_seconds
                yield ChatChunk(
                    text=part.message.content or "",
                    tool_calls=tuple(
                        ToolCall(name=call.function.name, arguments=dict(call.function.arguments))
                        for call in part.message.tool_calls or ()
                    ),
                    done=bool(part.done),
                    done_reason=part.done_reason,
                    prompt_tokens=part.prompt_eval_count or 0,
                    output_tokens=part.eval_count or 0,
                )
                if part.done:
                    break
        # Only the end comes after the last piece; a stream that was read to it leaves a connection to be used again.
        with contextlib.suppress(
            StopAsyncIteration, ollama.ResponseError, httpx.HTTPError, aiohttp.ClientError, OSError, ValueError
        ):
            async with asyncio.timeout(_END_SECONDS):
                await anext(parts)

    @contextlib.asynccontextmanager
    async def _lookup(self, model: str = "") -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(self._lookup_seconds):
                with _mapped(self.url, model):
                    yield
        except TimeoutError:
            message = f"The model server at {self.url} did not answer within {self._lookup_seconds:g} s."
            raise ModelUnavailable(message) from None


def _write_message(message: Message) -> ollama.Message:
    calls = [
        ollama.Message.ToolCall(
            function=ollama.Message.ToolCall.Function(
                name=call.name,
                # Ollama takes objects only.
                arguments={"unreadable": call.arguments} if isinstance(call.arguments, str) else call.arguments,
            )
        )
        for call in message.tool_calls
    ]
    return ollama.Message(
        role=message.role, content=message.content, tool_calls=calls or None, tool_name=message.tool_name or None
    )


def _write_tool(tool: ToolSpec) -> ollama.Tool:
    return ollama.Tool.model_validate(
        {"function": {"name": tool.name, "description": tool.description, "parameters": dict(tool.parameters)}}
    )


def _find_unreadable_call(error: ollama.ResponseError | ValidationError) -> ToolCall | None:
    """Return the call that a model wrote and nobody can read, where that is what went wrong, else None.

    Ollama ends the answer with "error parsing tool call"; other servers send what the client's types do not take.
    """
    if isinstance(error, ollama.ResponseError):
        return ToolCall(name="", arguments=error.error[:500]) if _UNREADABLE_CALL in error.error.lower() else None
    for problem in error.errors(include_url=False):
        if "tool_calls" in problem["loc"]:
            return ToolCall(name="", arguments=str(problem["input"])[:500])
    return None


def _find_output_limit(parameters: str) -> int | None:
    """Return `num_predict` of a model's parameters, one a line; 0 and less mean that there is no limit."""
    found = re.search(r"^num_predict\s+(\d+)\s*$", parameters, re.MULTILINE)
    return (int(found.group(1)) or None) if found else None


async def _add_headers(request: httpx.Request) -> None:
    for name, value in _headers.get().items():
        if value:
            request.headers[name] = quote(value, safe="/:_.-")


@contextlib.contextmanager
def _mapped(url: str, model: str) -> Iterator[None]:
    """Turn the client's errors into ours."""
    try:
        yield
    except ollama.ResponseError as error:
        reason = error.error.strip()[:300] or "no reason given"
        if error.status_code == httpx.codes.NOT_FOUND and model:
            raise ModelNotFound(f"The model server at {url} has no model {model!r}.") from error
        if 400 <= error.status_code < 500 and error.status_code != httpx.codes.TOO_MANY_REQUESTS:
            raise ModelError(f"The model server at {url} refused the call: {reason}") from error
        raise ModelUnavailable(f"The model server at {url} failed: {reason}") from error
    except (json.JSONDecodeError, ValidationError, KeyError, UnicodeDecodeError) as error:
        raise ModelUnavailable(f"The model server at {url} sent something that is not Ollama's protocol.") from error
    except (httpx.HTTPError, aiohttp.ClientError, OSError) as error:
        raise ModelUnavailable(f"The model server at {url} is away: {str(error) or type(error).__name__}") from error
