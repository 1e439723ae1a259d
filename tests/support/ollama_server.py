"""A scripted Ollama over real HTTP: counts calls by `X-Step-Key`, and fails in chosen ways.

In a test: `with OllamaServer() as server:` (or `async with`), then `server.url`; it runs in a thread with a loop of its
own. As a process: `python -m tests.support.ollama_server --port 11999 --tokens-per-second 50`; it prints its address.
With `--calls-file` each begin and end of a chat is a line there, which outlives the process (`call_log.py` reads it);
clients that are given the address `…/from/NAME` are told apart in it.

`GET /control` tells mode, pace and how many chats are active; `POST /control` changes them; `GET /control/calls` tells
`{key: {started, finished, cancelled, failed}}`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import secrets
import threading
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self, get_args

from aiohttp import web

from workers.flow.model import ChatRequest, Message
from workers.flow.testing import sample_answer

#: ok answers; error500 and busy503 refuse; hang accepts and stays silent; cut breaks the connection in mid-answer.
Mode = Literal["ok", "error500", "busy503", "hang", "cut"]
CONTEXT_LENGTH = 8192
DEFAULT_MODELS = ("scripted:latest", "llama3:latest")


class OllamaServer:
    """A scripted Ollama on a loopback port."""

    def __init__(
        self,
        *,
        port: int = 0,
        models: tuple[str, ...] = DEFAULT_MODELS,
        tokens_per_second: float = 0,
        output_tokens: int = 0,
        calls_file: Path | None = None,
        writes_files: bool = False,
    ) -> None:
        self.port = port
        self.models = models
        self.mode: Mode = "ok"
        #: Before the first token of each chat.
        self.delay_seconds = 0.0
        #: 0 means as fast as it goes.
        self.tokens_per_second = tokens_per_second
        #: How long free answers are, in words; 0 means as they come.
        self.output_tokens = output_tokens
        #: What its models say of themselves in `/api/show`, a parameter a line, e.g. `num_predict 320`.
        self.parameters = ""
        #: How many chats run now.
        self.active = 0
        self.max_active = 0
        #: The client's side of every connection that chats came over.
        self.peers: set[object] = set()
        self.calls: dict[str, dict[str, int]] = defaultdict(
            lambda: {"started": 0, "finished": 0, "cancelled": 0, "failed": 0}
        )
        #: Bodies of all chats, in order.
        self.requests: list[dict[str, Any]] = []
        #: What its models can do, as they say in `/api/show`.
        self.capabilities: tuple[str, ...] = ("completion",)
        #: Whether an answer comes as one piece also where a stream is asked for, as older servers answer with tools.
        self.at_once = False
        #: The tool calls of an answer by the key of its step, e.g. `{"work/1": [{"name": …, "arguments": {…}}]}`; sent
        #: where the call offers tools. An `error` among them breaks the answer off, as a call does that is no JSON.
        self.tool_calls: Mapping[str, list[dict[str, Any]]] = {}
        #: After how many words the answer of a step stands still until this is changed, e.g. `{"work/1": 20}`.
        self.halts: dict[str, int] = {}
        #: What the latest answer of each step has said so far.
        self.said: dict[str, str] = {}
        #: Whether each free answer ends with a file, in a fenced block.
        self.writes_files = writes_files
        #: Of each piece of a pull, and how many pulls were begun, and broken off by their client.
        self.pull_seconds = 0.0
        self.pulls_begun = self.pulls_cut = 0
        self._calls_file = calls_file
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ended: asyncio.Event | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """Its address, for OLLAMA_HOST."""
        return f"http://127.0.0.1:{self.port}"

    # --- life ----------------------------------------------------------------------------------------------------

    def __enter__(self) -> Self:
        ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self.serve(ready.set)), name="scripted-ollama")
        self._thread.start()
        if not ready.wait(10):
            raise RuntimeError("The scripted Ollama did not start within 10 s.")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._loop is not None
        assert self._ended is not None
        assert self._thread is not None
        self._loop.call_soon_threadsafe(self._ended.set)
        self._thread.join(10)

    async def __aenter__(self) -> Self:
        return await asyncio.to_thread(self.__enter__)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await asyncio.to_thread(self.__exit__, kind, error, trace)

    async def serve(self, tell_ready: Callable[[], None]) -> None:
        """Serve in this loop until `__exit__`, or for ever; the port stands when `tell_ready` is called."""
        self._loop, self._ended = asyncio.get_running_loop(), asyncio.Event()
        # Without `handler_cancellation` a client that leaves would go unnoticed while nothing is written.
        runner = web.AppRunner(self._make_app(), handler_cancellation=True, shutdown_timeout=0.5, access_log=None)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", self.port)
        await site.start()
        self.port = runner.addresses[0][1]
        tell_ready()
        await self._ended.wait()
        connections = runner.server
        await runner.cleanup()
        if connections is not None:  # who was let in at the last moment
            await asyncio.sleep(0.01)
            await connections.shutdown(0)
            await asyncio.sleep(0)  # the transports say that they are closed

    def _make_app(self) -> web.Application:
        app = web.Application(client_max_size=64 * 1024 * 1024)
        for line in ("", "/from/{line}"):
            app.add_routes(
                [
                    web.get(f"{line}/api/version", self._version),
                    web.get(f"{line}/api/tags", self._tags),
                    web.get(f"{line}/api/ps", self._ps),
                    web.post(f"{line}/api/show", self._show),
                    web.post(f"{line}/api/chat", self._chat),
                    web.post(f"{line}/api/pull", self._pull),
                    web.delete(f"{line}/api/delete", self._delete),
                ]
            )
        app.add_routes(
            [
                web.get("/", _running),
                web.get("/control", self._control_get),
                web.post("/control", self._control_set),
                web.get("/control/calls", self._control_calls),
            ]
        )
        return app

    # --- Ollama --------------------------------------------------------------------------------------------------

    async def _version(self, _: web.Request) -> web.Response:
        return self._refusal() or web.json_response({"version": "0.0.0-scripted"})

    async def _tags(self, _: web.Request) -> web.Response:
        return self._refusal() or web.json_response({"models": [_describe(name) for name in self.models]})

    async def _ps(self, _: web.Request) -> web.Response:
        loaded = [
            _describe(name) | {"size_vram": 0, "expires_at": _now(), "context_length": CONTEXT_LENGTH}
            for name in self.models[:1]
        ]
        return self._refusal() or web.json_response({"models": loaded if self.requests else []})

    async def _pull(self, request: web.Request) -> web.StreamResponse:
        """Stream a pull of two layers in ten pieces each; a model called `missing` is not to be had."""
        name = (await request.json())["model"]
        if refusal := self._refusal():
            return refusal
        response = web.StreamResponse(headers={"Content-Type": "application/x-ndjson"})
        await response.prepare(request)
        self.pulls_begun += 1
        await response.write(_line({"status": "pulling manifest"}))
        if name.startswith("missing"):
            await response.write(_line({"error": "pull model manifest: file does not exist"}))
            return response
        try:
            for digest, total in (("sha256:" + "a" * 64, 4000), ("sha256:" + "b" * 64, 1000)):
                for part in range(11):
                    told = {"status": f"pulling {digest[7:19]}", "digest": digest, "total": total}
                    await response.write(_line(told | ({"completed": total * part // 10} if part else {})))
                    await asyncio.sleep(self.pull_seconds)
        except (asyncio.CancelledError, ConnectionError):
            self.pulls_cut += 1
            raise
        for status in ("verifying sha256 digest", "writing manifest", "success"):
            await response.write(_line({"status": status}))
        self.models = (*self.models, name if ":" in name else f"{name}:latest")
        await response.write_eof()
        return response

    async def _delete(self, request: web.Request) -> web.Response:
        name = (await request.json())["model"]
        if refusal := self._refusal() or self._unknown(name):
            return refusal
        self.models = tuple(model for model in self.models if model not in {name, f"{name}:latest"})
        return web.Response()

    async def _show(self, request: web.Request) -> web.Response:
        body = await request.json()
        name = body.get("model") or body.get("name") or ""
        if refusal := self._refusal() or self._unknown(name):
            return refusal
        facts = {"general.architecture": "llama", "llama.context_length": CONTEXT_LENGTH}
        return web.json_response(
            {
                "details": _describe(name)["details"],
                "model_info": facts,
                "parameters": self.parameters,
                "capabilities": list(self.capabilities),
            }
        )

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        key = request.headers.get("X-Step-Key", "")
        about = {
            "key": key,
            "session": request.headers.get("X-Session-Id", ""),
            "line": request.match_info.get("line", ""),
        }
        if refusal := self._refusal() or self._unknown(body.get("model", "")):
            self.calls[key]["started"] += 1
            self.calls[key]["failed"] += 1
            return refusal
        self.requests.append(body)
        self.peers.add(request.get_extra_info("peername"))
        async with self._counted(key, about) as finish:
            if self.mode == "hang":
                await asyncio.Event().wait()
            await asyncio.sleep(self.delay_seconds)
            if body.get("tools") and "tools" not in self.capabilities:
                return web.json_response({"error": f"{body['model']} does not support tools"}, status=400)
            calls = self.tool_calls.get(key, []) if body.get("tools") else []
            tokens, ending = ([], _ending(1, 1, "stop")) if calls else self._answer(body, key)
            if body.get("stream", True) and not self.at_once:
                return await self._stream(request, body, key, tokens, calls, ending, finish)
            await asyncio.sleep(len(tokens) / self.tokens_per_second if self.tokens_per_second else 0)
            finish()
            return web.json_response(_chunk(body, "".join(tokens), calls) | ending)

    async def _stream(
        self,
        request: web.Request,
        body: dict[str, Any],
        key: str,
        tokens: list[str],
        calls: list[dict[str, Any]],
        ending: dict[str, Any],
        finish: Callable[[], None],
    ) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "application/x-ndjson"})
        await response.prepare(request)
        self.said[key] = ""
        for number, token in enumerate(tokens):
            if self.mode == "cut" and number >= len(tokens) // 2:
                assert request.transport is not None
                request.transport.abort()
                raise ConnectionResetError("cut on purpose")
            while number >= self.halts.get(key, len(tokens)):
                await asyncio.sleep(0.01)
            await response.write(_line(_chunk(body, token)))
            self.said[key] += token
            if self.tokens_per_second:
                await asyncio.sleep(1 / self.tokens_per_second)
        for call in calls:  # each in a piece of its own
            await response.write(_line({"error": call["error"]} if "error" in call else _chunk(body, "", [call])))
        finish()
        await response.write(_line(_chunk(body, "") | ending))
        await response.write_eof()
        return response

    def _answer(self, body: dict[str, Any], key: str) -> tuple[list[str], dict[str, Any]]:
        """Return the tokens of the answer, and what is said at its end."""
        messages = tuple(Message(role=item["role"], content=item.get("content") or "") for item in body["messages"])
        schema = body.get("format") if isinstance(body.get("format"), dict) else None
        asked = sum(len(message.content.split()) + 4 for message in messages)
        text = sample_answer(ChatRequest(model=body["model"], messages=messages, schema=schema, step_key=key))
        words = text.split(" ")
        if schema is None and self.output_tokens:
            words = (words * (self.output_tokens // len(words) + 1))[: self.output_tokens]
        if schema is None and self.writes_files:
            path = f"notes/{key.replace('/', '-')}.md"
            words += [f"\n```markdown path={path}\n#", *text.split(" "), "\n```\n"]
        tokens = [words[0], *(f" {word}" for word in words[1:])]
        limit = (body.get("options") or {}).get("num_predict") or -1
        is_cut = 0 < limit < len(tokens)
        shown = tokens[:limit] if is_cut else tokens
        return shown, _ending(asked, len(shown), "length" if is_cut else "stop")

    def _refusal(self) -> web.Response | None:
        if self.mode == "error500":
            return web.json_response({"error": "scripted failure"}, status=500)
        if self.mode == "busy503":
            return web.json_response({"error": "server busy, please try again"}, status=503)
        return None

    def _unknown(self, name: str) -> web.Response | None:
        if name in self.models or f"{name}:latest" in self.models:
            return None
        return web.json_response({"error": f"model '{name}' not found"}, status=404)

    @asynccontextmanager
    async def _counted(self, key: str, about: dict[str, str]) -> AsyncIterator[Callable[[], None]]:
        """Count a chat; yields what counts its end, which is called before the last word is sent."""
        call, call_id = self.calls[key], secrets.token_hex(8)
        ended = False

        def end(outcome: str) -> None:
            nonlocal ended
            if not ended:
                ended = True
                call[outcome] += 1
                self.active -= 1
                self._note(call_id, outcome, about)

        self._note(call_id, "started", about)
        call["started"] += 1
        self.active += 1
        self.max_active = max(self.max_active, self.active)
        try:
            yield lambda: end("finished")
        except (asyncio.CancelledError, ConnectionError):
            end("failed" if self.mode == "cut" else "cancelled")
            raise
        except BaseException:
            end("failed")
            raise

    def _note(self, call_id: str, what: str, about: dict[str, str]) -> None:
        """Write a line into the file of calls, whole and at once, so that no kill can take it back."""
        if self._calls_file is None:
            return
        line = json.dumps({"call": call_id, "what": what, "at": time.time()} | about)
        descriptor = os.open(self._calls_file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        try:
            os.write(descriptor, f"{line}\n".encode())
        finally:
            os.close(descriptor)

    # --- control -------------------------------------------------------------------------------------------------

    async def _control_get(self, _: web.Request) -> web.Response:
        return web.json_response(
            {
                "mode": self.mode,
                "active": self.active,
                "max_active": self.max_active,
                "delay_seconds": self.delay_seconds,
                "tokens_per_second": self.tokens_per_second,
                "output_tokens": self.output_tokens,
                "finished": sum(call["finished"] for call in self.calls.values()),
            }
        )

    async def _control_set(self, request: web.Request) -> web.Response:
        wanted = await request.json()
        unknown = set(wanted) - {"mode", "delay_seconds", "tokens_per_second", "output_tokens"}
        if unknown or wanted.get("mode", "ok") not in get_args(Mode):
            return web.json_response({"error": f"cannot set {wanted}"}, status=400)
        for name, value in wanted.items():
            setattr(self, name, value)
        return await self._control_get(request)

    async def _control_calls(self, _: web.Request) -> web.Response:
        return web.json_response(self.calls)


async def _running(_: web.Request) -> web.Response:
    return web.Response(text="Ollama is running")


def _now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def _describe(name: str) -> dict[str, Any]:
    details = {"format": "gguf", "family": "llama", "parameter_size": "1M", "quantization_level": "Q8_0"}
    return {"name": name, "model": name, "modified_at": _now(), "size": 1000, "digest": "0" * 64, "details": details}


def _chunk(body: dict[str, Any], text: str, calls: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": text}
    if calls:
        message["tool_calls"] = [{"function": call} for call in calls]
    return {"model": body["model"], "created_at": _now(), "message": message, "done": False}


def _ending(asked: int, said: int, reason: str) -> dict[str, Any]:
    return {
        "done": True,
        "done_reason": reason,
        "total_duration": 1,
        "load_duration": 1,
        "prompt_eval_count": asked,
        "prompt_eval_duration": 1,
        "eval_count": said,
        "eval_duration": 1,
    }


def _line(chunk: dict[str, Any]) -> bytes:
    return json.dumps(chunk).encode() + b"\n"


def main() -> None:
    """Serve until killed."""
    parser = argparse.ArgumentParser(description="A scripted Ollama over real HTTP.")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--tokens-per-second", type=float, default=0)
    parser.add_argument("--output-tokens", type=int, default=0)
    parser.add_argument("--delay-seconds", type=float, default=0)
    parser.add_argument("--calls-file", type=Path)
    parser.add_argument("--writes-files", action="store_true")
    given = parser.parse_args()
    server = OllamaServer(
        port=given.port,
        tokens_per_second=given.tokens_per_second,
        output_tokens=given.output_tokens,
        calls_file=given.calls_file,
        writes_files=given.writes_files,
    )
    server.delay_seconds = given.delay_seconds
    asyncio.run(server.serve(lambda: print(server.url, flush=True)))


if __name__ == "__main__":
    main()
