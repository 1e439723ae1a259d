"""A model client that keeps what went to the server and what it counted, around the real one."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from workers.flow import ChatChunk, ChatRequest, ListedModel, ModelClient, ModelInfo


@dataclass(kw_only=True)
class Call:
    """One call."""

    request: ChatRequest
    #: On the process's clock, in seconds; `ended` is 0 while it runs.
    began: float
    ended: float = 0.0
    prompt_tokens: int = 0
    output_tokens: int = 0
    #: Whether the answer came to its end.
    done: bool = False


@dataclass(kw_only=True)
class RecordingClient:
    """Passes everything on to `client`, of one session."""

    client: ModelClient
    calls: list[Call] = field(default_factory=list)

    @asynccontextmanager
    async def chat(self, request: ChatRequest) -> AsyncIterator[AsyncIterator[ChatChunk]]:
        """See `ModelClient.chat`."""
        call = Call(request=request, began=time.monotonic())
        self.calls.append(call)
        try:
            async with self.client.chat(request) as chunks:
                yield _listen(call, chunks)
        finally:
            call.ended = time.monotonic()

    async def describe(self, model: str) -> ModelInfo:
        """See `ModelClient.describe`."""
        return await self.client.describe(model)

    async def list_models(self) -> Sequence[ListedModel]:
        """See `ModelClient.list_models`."""
        return await self.client.list_models()


async def _listen(call: Call, chunks: AsyncIterator[ChatChunk]) -> AsyncIterator[ChatChunk]:
    async for chunk in chunks:
        if chunk.done:
            call.done, call.prompt_tokens, call.output_tokens = True, chunk.prompt_tokens, chunk.output_tokens
        yield chunk


def share_parallel(spans: list[tuple[float, float]]) -> float:
    """Return which share of all the time that calls took was spent while another call of the session ran too."""
    edges = sorted(
        [(begin, 1) for begin, end in spans if end > begin] + [(end, -1) for begin, end in spans if end > begin]
    )
    total = beside = 0.0
    running, before = 0, 0.0
    for at, change in edges:
        total += running * (at - before)
        beside += running * (at - before) if running > 1 else 0.0
        running, before = running + change, at
    return beside / total if total else 0.0
