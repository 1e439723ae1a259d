"""The model client of one session: calls only while the lease holds, measures, counts what was cut short."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace

from common.clock import elapsed_clock
from common.metrics import CALL_SECONDS
from workers.flow.model import ChatChunk, ChatRequest, ListedModel, ModelClient, ModelInfo
from workers.lease import RunningSession


class MeasuredModel:
    """Hands all calls on to another client, with the session's id; an outcome is `ok`, `failed` or `cancelled`."""

    def __init__(self, client: ModelClient, running: RunningSession) -> None:
        self._client = client
        self._running = running
        #: Calls that were under way when the session was cut short.
        self.calls_cut = 0
        #: Of these, the ones whose stream stood already.
        self.streams_closed = 0

    @contextlib.asynccontextmanager
    async def chat(self, request: ChatRequest) -> AsyncIterator[AsyncIterator[ChatChunk]]:
        """See `ModelClient.chat`. Raises LeaseLost before it asks for what another process may be asking by now."""
        self._running.check()
        began, outcome = elapsed_clock(), "failed"
        try:
            async with self._client.chat(replace(request, session_id=self._running.session_id)) as chunks:
                try:
                    yield chunks
                except asyncio.CancelledError:
                    self.streams_closed += 1
                    raise
            outcome = "ok"
        except asyncio.CancelledError:
            outcome = "cancelled"
            self.calls_cut += 1
            raise
        finally:
            CALL_SECONDS.labels(outcome).observe(elapsed_clock() - began)

    async def describe(self, model: str) -> ModelInfo:
        """See `ModelClient.describe`."""
        return await self._client.describe(model)

    async def list_models(self) -> Sequence[ListedModel]:
        """See `ModelClient.list_models`."""
        return await self._client.list_models()
