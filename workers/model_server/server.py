"""The routes, and the life of the process."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import aclosing
from typing import Any

import structlog
from aiohttp import web

from workers.model_server import card
from workers.model_server.answer import answer, check_abilities
from workers.model_server.card import Weights, find_weights
from workers.model_server.engine import Engine
from workers.model_server.errors import Refusal
from workers.model_server.pieces import Piece
from workers.model_server.wire import (
    MOST_BODY_BYTES,
    ChatRequest,
    GenerateRequest,
    NamedRequest,
    describe_loaded,
    describe_model,
    read_body,
    show_model,
    tell_ending,
    tell_piece,
)

log = structlog.get_logger(__name__)

#: An Ollama version that clients know, and the word by which ours is told from Ollama's own.
VERSION = "0.12.0-embedded"
_CLOSE_SECONDS = 1.5
_SIGNALS = (signal.SIGTERM, signal.SIGINT)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class ModelServer:
    """Ollama's API over one engine."""

    def __init__(self, engine: Engine, weights: Weights, template: str) -> None:
        self._engine = engine
        self._weights = weights
        self._template = template
        self._loading: asyncio.Future[None] | None = None

    def make_app(self) -> web.Application:
        """Return the application; the model loads while it already listens."""
        app = web.Application(client_max_size=MOST_BODY_BYTES, middlewares=[_tell_errors])
        app.add_routes(
            [
                web.get("/", self._greet),
                web.get("/api/version", self._version),
                web.get("/api/tags", self._tags),
                web.get("/api/ps", self._ps),
                web.post("/api/show", self._show),
                web.post("/api/pull", self._pull),
                web.post("/api/chat", self._chat),
                web.post("/api/generate", self._generate),
            ]
        )
        return app

    def load(self) -> asyncio.Future[None]:
        """Begin to load the model."""
        self._loading = asyncio.ensure_future(self._engine.load())
        return self._loading

    async def _greet(self, _: web.Request) -> web.Response:
        return web.Response(text="Ollama is running (the embedded server of ollama-flow, with one tiny model)")

    async def _version(self, _: web.Request) -> web.Response:
        return web.json_response({"version": VERSION})

    async def _tags(self, _: web.Request) -> web.Response:
        return web.json_response({"models": [await asyncio.to_thread(describe_model, self._weights)]})

    async def _ps(self, _: web.Request) -> web.Response:
        is_loaded = self._loading is not None and self._loading.done()
        models = [await asyncio.to_thread(describe_loaded, self._weights)] if is_loaded else []
        return web.json_response({"models": models, "active": await self._engine.count_active()})

    async def _show(self, request: web.Request) -> web.Response:
        asked = read_body(await request.read(), NamedRequest)
        if not card.is_known(asked.named):
            raise Refusal(404, f"model '{asked.named}' not found")
        await self._wait_until_loaded()
        can = self._engine.can_call_tools
        shown = await asyncio.to_thread(show_model, self._weights, self._template, can_call_tools=can)
        return web.json_response(shown)

    async def _pull(self, request: web.Request) -> web.StreamResponse:
        asked = read_body(await request.read(), NamedRequest)
        if not card.is_known(asked.named):
            sentence = f"the embedded model server has {card.NAME} only; install Ollama to pull '{asked.named}'"
            raise Refusal(400, sentence)
        if not asked.stream:
            return web.json_response({"status": "success"})
        return web.Response(
            body=_line({"status": "pulling manifest"}) + _line({"status": "success"}),
            content_type="application/x-ndjson",
        )

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        return await self._answer(request, read_body(await request.read(), ChatRequest))

    async def _generate(self, request: web.Request) -> web.StreamResponse:
        return await self._answer(request, read_body(await request.read(), GenerateRequest))

    async def _answer(self, request: web.Request, asked: ChatRequest | GenerateRequest) -> web.StreamResponse:
        began = time.perf_counter_ns()
        await self._wait_until_loaded()
        check_abilities(asked, can_call_tools=self._engine.can_call_tools)
        load_ns = time.perf_counter_ns() - began

        def tell(piece: Piece) -> dict[str, Any]:
            if piece.ending is None:
                return tell_piece(asked, piece)
            total_ns = time.perf_counter_ns() - began
            return tell_piece(asked, piece) | tell_ending(piece.ending, total_ns=total_ns, load_ns=load_ns)

        async with aclosing(answer(self._engine, asked)) as pieces:
            if asked.stream:
                return await _stream(request, pieces, tell)
            whole = Piece(text="")
            async for piece in pieces:
                calls = whole.tool_calls + piece.tool_calls
                whole = Piece(text=whole.text + piece.text, tool_calls=calls, ending=piece.ending)
            return web.json_response(tell(whole))

    async def _wait_until_loaded(self) -> None:
        assert self._loading is not None
        await asyncio.shield(self._loading)


async def _stream(
    request: web.Request, pieces: AsyncIterator[Piece], tell: Callable[[Piece], dict[str, Any]]
) -> web.StreamResponse:
    """Send a line for each piece as it comes; what is refused before the first one still gets its own status."""
    response = web.StreamResponse(headers={"Content-Type": "application/x-ndjson"})
    try:
        async for piece in pieces:
            if not response.prepared:
                await response.prepare(request)
            await response.write(_line(tell(piece)))
    except Refusal as refusal:
        if not response.prepared:
            raise
        await response.write(_line({"error": str(refusal)}))
    await response.write_eof()
    return response


@web.middleware
async def _tell_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer whatever goes wrong as Ollama does: a status and {"error": sentence}."""
    try:
        return await handler(request)
    except Refusal as refusal:
        return web.json_response({"error": str(refusal)}, status=refusal.status)
    except web.HTTPRequestEntityTooLarge:
        sentence = f"the body is larger than {MOST_BODY_BYTES} bytes"
        return web.json_response({"error": sentence}, status=413)
    except web.HTTPException as error:
        sentence = f"{request.method} {request.path}: the embedded model server has no such call"
        return web.json_response({"error": sentence}, status=error.status)
    except ConnectionError:  # the client left; there is nobody to tell
        raise
    except Exception:
        log.exception("a request failed", method=request.method, path=request.path)
        return web.json_response({"error": "the embedded model server failed; see its log"}, status=500)


def _line(told: Mapping[str, object]) -> bytes:
    return json.dumps(told, ensure_ascii=False).encode() + b"\n"


def serve(*, host: str, port: int, template: str = "") -> None:
    """Serve until SIGTERM or SIGINT, which end it within 3 s; call it on the main thread.

    `template` is a chat template in Jinja that takes the place of the model's own. Raises SettingsError where the
    weights are missing.
    """
    asyncio.run(_serve(host, port, find_weights(), template))


async def _serve(host: str, port: int, weights: Weights, template: str) -> None:
    # While the model loads, the engine keeps the interpreter to itself, so that no handler of ours would run.
    for number in _SIGNALS:
        signal.signal(number, signal.SIG_DFL)
    engine = Engine(weights.path, template)
    server = ModelServer(engine, weights, template)
    # Without `handler_cancellation` a client that leaves would go unnoticed while nothing is written.
    runner = web.AppRunner(server.make_app(), handler_cancellation=True, shutdown_timeout=0.2, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
        log.info("the embedded model server listens", host=host, port=port, model=card.NAME)
        await server.load()
        ended = asyncio.Event()
        for number in _SIGNALS:
            asyncio.get_running_loop().add_signal_handler(number, ended.set)
        await ended.wait()
        log.info("the embedded model server ends")
    finally:
        await runner.cleanup()
    try:
        async with asyncio.timeout(_CLOSE_SECONDS):
            await engine.close()
    except TimeoutError:  # it is still in native code, which nothing but the end of the process ends
        log.warning("the engine did not end in time")
        os._exit(0)
