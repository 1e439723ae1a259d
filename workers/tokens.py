"""Token deltas on their way to the browsers: the first at once, the rest gathered, ten messages a second at most."""

from __future__ import annotations

import asyncio

from common.bus import Bus
from common.events import LiveTokens, TokenDelta

_FLUSH_SECONDS = 0.1


class TokenStream:
    """Gathers the deltas of one session's running steps."""

    def __init__(self, bus: Bus, session_id: str, epoch: int) -> None:
        self._bus = bus
        self._session_id = session_id
        self._epoch = epoch
        self._waiting: dict[str, LiveTokens] = {}
        self._flush: asyncio.TimerHandle | None = None

    def add(self, delta: TokenDelta) -> None:
        """Take a delta; never waits."""
        gathered = self._waiting.get(delta.step)
        if gathered is not None and gathered.attempt == delta.attempt:
            gathered.text += delta.text
        else:
            self._waiting[delta.step] = LiveTokens(
                session_id=self._session_id,
                step=delta.step,
                agent=delta.agent,
                epoch=self._epoch,
                attempt=delta.attempt,
                offset=delta.offset,
                text=delta.text,
            )
        if self._flush is None:
            self._send()
            self._flush = asyncio.get_running_loop().call_later(_FLUSH_SECONDS, self._on_time)

    def finish(self, step: str) -> None:
        """Forget a step that ended: its event carries the whole text."""
        self._waiting.pop(step, None)
        self._bus.forget_partials(self._session_id, step)

    def close(self, steps: list[str]) -> None:
        """Forget everything, the partial texts of `steps` too."""
        if self._flush is not None:
            self._flush.cancel()
        self._waiting.clear()
        self._bus.forget_partials(self._session_id, *steps)

    def _on_time(self) -> None:
        self._flush = None
        if self._waiting:
            self._send()
            self._flush = asyncio.get_running_loop().call_later(_FLUSH_SECONDS, self._on_time)

    def _send(self) -> None:
        self._bus.publish_tokens(list(self._waiting.values()))
        self._waiting.clear()
