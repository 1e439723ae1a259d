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
from collections.abc import AsyncGenerator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp
import psutil
import structlog

from common.clock import elapsed_clock
from workers.model_server.card import CONTEXT_LENGTH
from workers.model_server.errors import Refusal
from workers.model_server.gate import Gate

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


@dataclass(frozen=True, kw_only=True)
class Ending:
    """Why a generation ended, and what it took; durations in nanoseconds."""

    reason: str
    prompt_tokens: int
    output_tokens: int
    prompt_ns: int
    output_ns: int


@dataclass(frozen=True, kw_only=True)
class Piece:
    """A piece of an answer; the last one carries the ending."""

    text: str
    ending: Ending | None = None


class Engine:
    """One loaded model. Belongs to the loop that loads it."""

    def __init__(self, weights: Path) -> None:
        self._weights = weights
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
        native = await loop.run_in_executor(self._threads, _start_native, self._weights, key)
        self._native = native
        self._client = aiohttp.ClientSession(
            native.listening_address, headers={"Authorization": f"Bearer {key}"}, trust_env=False
        )
        log.info("the model is loaded", seconds=round(elapsed_clock() - began, 2), threads=count_cores())

    async def close(self) -> None:
        """Stop all generations and let go of the model; returns when the batch in hand is done."""
        self._closing.set()
        if self._client is not None:
            await self._client.close()
        await asyncio.to_thread(self._threads.shutdown)
        self._native = None  # the last reference: it ends the engine's own threads

    async def render(self, messages: Sequence[Mapping[str, str]]) -> str:
        """Return a conversation as the text that the model reads."""
        answer = await self._ask("/apply-template", {"messages": list(messages)})
        return str(answer["prompt"])

    async def tokenize(self, text: str) -> list[int]:
        """Return the tokens of a text."""
        answer = await self._ask("/tokenize", {"content": text, "add_special": True, "parse_special": True})
        return list(answer["tokens"])

    async def generate(
        self, tokens: Sequence[int], most_output: int, settings: Mapping[str, object], *, held: int
    ) -> AsyncGenerator[Piece, None]:
        """Answer the prompt `tokens` with up to `most_output` tokens, once there is room to hold `held` tokens.

        Closing the generator, or cancelling who waits for it, stops the engine; it returns when the engine has let go.
        """
        async with self._gate.room(held):
            body = {
                **settings,
                "prompt": list(tokens),
                "max_tokens": most_output,
                "stream": True,
                "stream_options": {"include_usage": True},
                "return_progress": True,
            }
            chunks: asyncio.Queue[Any] = asyncio.Queue()
            unwanted = threading.Event()
            work = self._start(body, chunks, unwanted)
            try:
                while (chunk := await chunks.get()) is not None:
                    if piece := _read_chunk(chunk):
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
            try:
                self._loaded().handle_completions(body, take)
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
        _check(answer)
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


def _start_native(weights: Path, key: str) -> xllamacpp.Server:
    # Threads that wait for one another may spin for microseconds only, then sleep. By OpenMP's default the engine falls
    # to a tenth of its speed where other processes want the same cores (measured). It is read when OpenMP is loaded.
    os.environ.setdefault("GOMP_SPINCOUNT", "1000")
    import xllamacpp

    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(weights)
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


def _read_chunk(chunk: dict[str, Any]) -> Piece | None:
    """Return what a chunk says; None where it only tells how far the prompt has been read."""
    _check(chunk)
    choice = chunk["choices"][0]
    if choice["finish_reason"] is None:
        return Piece(text=choice["text"]) if choice["text"] else None
    usage, timings = chunk["usage"], chunk["timings"]
    ending = Ending(
        reason=choice["finish_reason"],
        prompt_tokens=usage["prompt_tokens"],
        output_tokens=usage["completion_tokens"],
        prompt_ns=int(timings["prompt_ms"] * 1e6),
        output_ns=int(timings["predicted_ms"] * 1e6),
    )
    return Piece(text=choice["text"], ending=ending)


def _check(answer: Mapping[str, Any]) -> None:
    """Raise Refusal where the engine answered with an error."""
    if error := answer.get("error"):
        status = 400 if 400 <= error.get("code", 500) < 500 else 500
        raise Refusal(status, f"the model could not answer: {error.get('message', 'no reason given')}")
