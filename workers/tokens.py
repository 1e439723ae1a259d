"""Token deltas on their way to the browsers: the first at once, the rest gathered, ten messages a second at most.

Redis may lose what it was told, so each running step's text is told whole again every few seconds: a viewer who comes
later, or has a hole in a text, finds it there.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from common.bus import Bus
from common.events import LiveTokens, TokenDelta

_FLUSH_SECONDS = 0.1
#: How often whole texts are told again.
_WHOLE_SECONDS = 2.0


@dataclass(kw_only=True)
class _Text:
    """One attempt at a running step, so far."""

    agent: str
    attempt: int
    pieces: list[str] = field(default_factory=list)


class TokenStream:
    """Gathers the deltas of one session's running steps."""

    def __init__(self, bus: Bus, session_id: str, epoch: int) -> None:
        self._bus = bus
        self._session_id = session_id
        self._epoch = epoch
        self._waiting: dict[str, LiveTokens] = {}
        self._texts: dict[str, _Text] = {}
        self._flush: asyncio.TimerHandle | None = None
        self._whole: asyncio.TimerHandle | None = None

    def add(self, delta: TokenDelta) -> None:
        """Take a delta; never waits."""
        text = self._texts.get(delta.step)
        if text is None or text.attempt != delta.attempt:
            text = self._texts[delta.step] = _Text(agent=delta.agent, attempt=delta.attempt)
        text.pieces.append(delta.text)
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
        loop = asyncio.get_running_loop()
        if self._flush is None:
            self._send()
            self._flush = loop.call_later(_FLUSH_SECONDS, self._on_time)
        if self._whole is None:
            self._whole = loop.call_later(_WHOLE_SECONDS, self._tell_whole)

    def finish(self, step: str) -> None:
        """Forget a step that ended: its event carries the whole text."""
        self._waiting.pop(step, None)
        self._texts.pop(step, None)
        self._bus.forget_partials(self._session_id, step)

    def close(self, steps: list[str]) -> None:
        """Forget everything, the partial texts of `steps` too."""
        for timer in (self._flush, self._whole):
            if timer is not None:
                timer.cancel()
        self._waiting.clear()
        self._texts.clear()
        self._bus.forget_partials(self._session_id, *steps)

    def _on_time(self) -> None:
        self._flush = None
        if self._waiting:
            self._send()
            self._flush = asyncio.get_running_loop().call_later(_FLUSH_SECONDS, self._on_time)

    def _tell_whole(self) -> None:
        """Keep the whole text of each running step for those who come later."""
        if self._waiting:
            self._send()  # a text is told whole only after its pieces
        self._bus.keep_partials(
            [
                LiveTokens(
                    session_id=self._session_id,
                    step=step,
                    agent=text.agent,
                    epoch=self._epoch,
                    attempt=text.attempt,
                    offset=0,
                    text="".join(text.pieces),
                )
                for step, text in self._texts.items()
            ]
        )
        self._whole = None
        if self._texts:
            self._whole = asyncio.get_running_loop().call_later(_WHOLE_SECONDS, self._tell_whole)

    def _send(self) -> None:
        self._bus.publish_tokens(list(self._waiting.values()))
        self._waiting.clear()
