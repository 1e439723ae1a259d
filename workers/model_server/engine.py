"""llama.cpp in this process: counts tokens, generates in up to four slots at once, and stops when nobody listens.

Texts are rendered and tokenized through the engine's own listener, on a private port behind a random key. Generations
go through its Python interface, in threads: each piece is a call back into Python, whose answer can stop the generation
(over HTTP the engine notices a lost client seconds late). A prompt is read in batches of `BATCH_TOKENS`, each of which
calls back too, so that also a long prompt is left at once.
"""

from __future__ import annotations

import asyncio
import contextlib
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
BATCH_TOKENS = 64
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
        self._running = 0
        self._native: xllamacpp.Server | None = None
        self._client: aiohttp.ClientSession | None = None

    async def load(self) -> None:
        """Load the model; takes a second or two, in a thread."""
        began = elapsed_clock()
        key = secrets.token_hex(32)
        self._native = await self._in_thread(lambda: _start_native(self._weights, key))
        self._client = aiohttp.ClientSession(
            self._native.listening_address, headers={"Authorization": f"Bearer {key}"}, trust_env=False
        )
        log.info("the model is loaded", seconds=round(elapsed_clock() - began, 2), threads=count_cores())

    async def close(self) -> None:
        """Stop all generations and let go of the model."""
        self._closing.set()
        if self._client is not None:
            await self._client.close()
        # Dropping the last reference ends the engine's own threads, once the batch in hand is done.
        native, self._native = self._native, None
        self._threads.shutdown(wait=False)
        if native is not None:
            await asyncio.to_thread(native.__class__.__del__, native) if hasattr(native, "__del__") else None

    async def render(self, messages: Sequence[Mapping[str, str]]) -> str:
        """Return a conversation as the text that the model reads."""
        answer = await self._ask("/apply-template", {"messages": list(messages)})
        return str(answer["prompt"])

    async def tokenize(self, text: str) -> list[int]:
        """Return the tokens of a text."""
        answer = await self._ask("/tokenize", {"content": text, "add_special": True, "parse_special": True})
        return list(answer["tokens"])

    async def generate(
        self, tokens: Sequence[int], *, most_output: int, settings: Mapping[str, object]
    ) -> AsyncGenerator[Piece, None]:
        """Answer the prompt `tokens` with up to `most_output` tokens, once there is room.

        Closing the generator, or cancelling who waits for it, stops the engine; it returns when the engine has let go.
        """
        async with self._gate.room(len(tokens) + most_output):
            body = {
                **settings,
                "prompt": list(tokens),
                "max_tokens": most_output,
                "stream": True,
                "stream_options": {"include_usage": True},
                "return_progress": True,
            }
            chunks: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue()
            unwanted = threading.Event()
            work = self._in_thread(lambda: self._run(body, chunks, unwanted, loop))
            loop = asyncio.get_running_loop()
            self._running += 1
            try:
                while (chunk := await chunks.get()) is not None:
                    if piece := _read_chunk(chunk):
                        yield piece
                await work
            finally:
                unwanted.set()
                await asyncio.wait([work])
                self._running -= 1

    async def count_active(self) -> int:
        """Return how many generations the engine itself is busy with."""
        if self._native is None:
            return 0
        metrics = await self._in_thread(self._native.handle_metrics)
        return max(self._running, sum(int(count) for count in _BUSY.findall(str(metrics))))
