"""llama.cpp in this process: counts tokens, generates in up to four slots at once, and stops when nobody listens.

Texts are rendered and tokenized through the engine's own listener, on a private port behind a random key. Generations
go through its Python interface, in threads: each piece is a call back into Python, whose answer can stop the generation
(over HTTP the engine notices a lost client seconds late). A prompt is read in batches of `BATCH_TOKENS`, each of which
calls back too, so that also a long prompt is left at once.
"""

from __future__ import annotations

import asyncio
import os
import re
import secrets
import threading
from collections.abc import AsyncGenerator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp
import psutil
import structlog

from common.clock import elapsed_clock
from workers.model_server.card import CONTEXT_LENGTH
from workers.model_server.gate import Gate
from workers.model_server.pieces import ChatReader, Piece, check_answer, read_chunk

if TYPE_CHECKING:
    import xllamacpp

log = structlog.get_logger(__name__)

#: Generations at once; all share one pool of context.
SLOTS = 4
POOL_TOKENS = CONTEXT_LENGTH
MOST_WAITING = 512
#: How many tokens of prompts are read between two looks at who still listens. More is no faster on a CPU (measured).
BATCH_TOKENS = 32
MOST_CORES = 8
_BUSY = re.compile(r"^llamacpp:requests_(?:processing|deferred) (\d+)", re.MULTILINE)


class Engine:
    """One loaded model. Belongs to the loop that loads it."""

    def __init__(self, weights: Path, template: str = "") -> None:
        """Take the weights, and a chat template in Jinja where it shall be another than theirs."""
        self._weights = weights
        self._template = template
        #: Whether the chat template has a place for tools and for calls of them; known once the model is loaded.
        self.can_call_tools = False
        self._gate = Gate(slots=SLOTS, tokens=POOL_TOKENS, most_waiting=MOST_WAITING)
        # One more thread for the questions that may have to wait for a batch to end.
        self._threads = ThreadPoolExecutor(SLOTS + 1, thread_name_prefix="engine")
        self._closing = threading.Event()
        self._running: set[asyncio.Future[None]] = set()
        self._native: xllamacpp.Server | None = None
        self._client: aiohttp.ClientSession | None = None

    async def load(self) -> None:
        """Load the model; takes a second or two, in a thread."""
        began = elapsed_clock()
        key = secrets.token_hex(32)
        loop = asyncio.get_running_loop()
        native = await loop.run_in_executor(self._threads, _start_native, self._weights, self._template, key)
        self._native = native
        self._client = aiohttp.ClientSession(
            native.listening_address, headers={"Authorization": f"Bearer {key}"}, trust_env=False
        )
        async with self._client.get("/props") as response:
            told = (await response.json())["chat_template_caps"]
        self.can_call_tools = told["supports_tools"] and told["supports_tool_calls"]
        log.info("the model is loaded", seconds=round(elapsed_clock() - began, 2), threads=count_cores())

    async def close(self) -> None:
        """Stop all generations and let go of the model; returns when the batch in hand is done."""
        self._closing.set()
        if self._client is not None:
            await self._client.close()
        await asyncio.to_thread(self._threads.shutdown)
        self._native = None  # the last reference: it ends the engine's own threads

    async def render(self, conversation: Mapping[str, object]) -> str:
        """Return a conversation (`messages`, and perhaps `tools`) as the text that the model reads."""
        answer = await self._ask("/apply-template", conversation)
        return str(answer["prompt"])

    async def tokenize(self, text: str) -> list[int]:
        """Return the tokens of a text."""
        answer = await self._ask("/tokenize", {"content": text, "add_special": True, "parse_special": True})
        return list(answer["tokens"])

    async def generate(
        self, asked: Mapping[str, object], most_output: int, settings: Mapping[str, object], *, held: int
    ) -> AsyncGenerator[Piece, None]:
        """Answer with up to `most_output` tokens, once there is room to hold `held` tokens.

        What is asked is a `prompt` of tokens; or `messages` and `tools`, and then the engine reads the tool calls out
        of the answer, in whatever form the chat template gives them.

        Closing the generator, or cancelling who waits for it, stops the engine; it returns when the engine has let go.
        """
        async with self._gate.room(held):
            body = {
                **settings,
                **asked,
                "max_tokens": most_output,
                "stream": True,
                "stream_options": {"include_usage": True},
                "return_progress": True,
            }
            chunks: asyncio.Queue[Any] = asyncio.Queue()
            unwanted = threading.Event()
            work = self._start(body, chunks, unwanted)
            read = ChatReader().read if "messages" in asked else read_chunk
            try:
                while (chunk := await chunks.get()) is not None:
                    if piece := read(chunk):
                        yield piece
                await asyncio.wait([work])
                work.result()
            finally:
                unwanted.set()
                await asyncio.wait([work])

    async def count_active(self) -> int:
        """Return how many generations the engine itself is busy with."""
        if self._native is None:
            return 0
        metrics = await asyncio.get_running_loop().run_in_executor(self._threads, self._native.handle_metrics)
        return max(len(self._running), sum(int(count) for count in _BUSY.findall(str(metrics))))

    def _start(
        self, body: Mapping[str, object], chunks: asyncio.Queue[Any], unwanted: threading.Event
    ) -> asyncio.Future[None]:
        """Generate in a thread; what comes goes into `chunks`, and None at the end."""
        loop = asyncio.get_running_loop()

        def take(chunk: object) -> bool:
            """Hand a chunk over, and tell the engine whether to stop."""
            loop.call_soon_threadsafe(chunks.put_nowait, chunk)
            return unwanted.is_set() or self._closing.is_set()

        def work() -> None:
            native = self._loaded()
            try:
                (native.handle_chat_completions if "messages" in body else native.handle_completions)(body, take)
            finally:
                loop.call_soon_threadsafe(chunks.put_nowait, None)

        running = loop.run_in_executor(self._threads, work)
        self._running.add(running)
        running.add_done_callback(self._running.discard)
        return running

    async def _ask(self, path: str, body: Mapping[str, object]) -> dict[str, Any]:
        assert self._client is not None
        async with self._client.post(path, json=body) as response:
            answer: dict[str, Any] = await response.json()
        check_answer(answer)
        return answer

    def _loaded(self) -> xllamacpp.Server:
        assert self._native is not None
        return self._native


def count_cores() -> int:
    """Return how many cores the engine computes on: all that it may use, without hyperthreads, which slow it down.

    Measured on two: both are half as fast again as one, and about equal to one where others compute too. So small a
    model gains nothing beyond `MOST_CORES`, as its threads wait for one another hundreds of times a token.
    """
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(psutil.cpu_count(logical=False) or 1, allowed, MOST_CORES))


def _start_native(weights: Path, template: str, key: str) -> xllamacpp.Server:
    # Threads that wait for one another may spin for microseconds only, then sleep. By OpenMP's default the engine falls
    # to a tenth of its speed where other processes want the same cores (measured). It is read when OpenMP is loaded.
    os.environ.setdefault("GOMP_SPINCOUNT", "1000")
    import xllamacpp

    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(weights)
    parameters.chat_template = template
    parameters.n_ctx = POOL_TOKENS
    parameters.n_parallel = SLOTS
    parameters.kv_unified = True
    parameters.n_batch = parameters.n_ubatch = BATCH_TOKENS
    parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = count_cores()
    parameters.cache_ram_mib = 0  # by default it would keep up to 8 GiB of old prompts
    parameters.warmup = False
    parameters.verbosity = 0
    parameters.hostnames = ["127.0.0.1"]
    parameters.api_keys = [key]
    parameters.endpoint_metrics = True
    parameters.endpoint_slots = parameters.endpoint_props = parameters.ui = False
    parameters.n_threads_http = 2
    return xllamacpp.Server(parameters)
