"""The gate before the engine: so many generations at once, so much context in all, first come first served."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncIterator

from workers.model_server.errors import Refusal


class Gate:
    """Lets requests through while there is room; the others wait in order."""

    def __init__(self, *, slots: int, tokens: int, most_waiting: int) -> None:
        self._slots = slots
        self._tokens = tokens
        self._most_waiting = most_waiting
        self._waiting: deque[tuple[int, asyncio.Future[None]]] = deque()

    @contextlib.asynccontextmanager
    async def room(self, tokens: int) -> AsyncIterator[None]:
        """Hold one slot and `tokens` of context inside; raises Refusal (503) where too many wait already.

        `tokens` may be at most what the gate has in all.
        """
        if len(self._waiting) >= self._most_waiting:
            raise Refusal(503, "server busy, please try again. maximum pending requests exceeded")
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        entry = (tokens, turn)
        self._waiting.append(entry)
        self._call_next()
        try:
            await turn
            yield
        finally:
            if turn.cancelled():
                with contextlib.suppress(ValueError):  # it may have been passed over already
                    self._waiting.remove(entry)
            else:
                self._slots += 1
                self._tokens += tokens
            self._call_next()

    def _call_next(self) -> None:
        while self._waiting:
            tokens, turn = self._waiting[0]
            if not turn.cancelled():
                if not self._slots or tokens > self._tokens:
                    return
                self._slots -= 1
                self._tokens -= tokens
                turn.set_result(None)
            self._waiting.popleft()
