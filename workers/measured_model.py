"""A model client that tells Prometheus how long each call took and how it ended."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from common.clock import elapsed_clock
from common.metrics import CALL_SECONDS
from workers.flow.model import ChatChunk, ChatRequest, ModelClient, ModelInfo


class MeasuredModel:
    """Hands all calls on to another client; the outcome of a chat is `ok`, `failed` or `cancelled`."""

    def __init__(self, client: ModelClient) -> None:
        self._client = client

    @contextlib.asynccontextmanager
    async def chat(self, request: ChatRequest) -> AsyncIterator[AsyncIterator[ChatChunk]]:
        """See `ModelClient.chat`."""
        began, outcome = elapsed_clock(), "failed"
        try:
            async with self._client.chat(request) as chunks:
                yield chunks
            outcome = "ok"
        except asyncio.CancelledError:
            outcome = "cancelled"
            raise
        finally:
            CALL_SECONDS.labels(outcome).observe(elapsed_clock() - began)

    async def describe(self, model: str) -> ModelInfo:
        """See `ModelClient.describe`."""
        return await self._client.describe(model)
