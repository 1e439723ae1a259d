"""Measures two ways of doing the same in turns, and compares them."""

from __future__ import annotations

import statistics
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

Act = Callable[[], Awaitable[None]]


@dataclass(frozen=True, kw_only=True)
class Ratio:
    """What came out: seconds of both, and how often the peer's time ours took in each round."""

    ours_seconds: list[float]
    peer_seconds: list[float]

    @property
    def rounds(self) -> list[float]:
        """Ours by the peer's, a number for each round, sorted."""
        return sorted(ours / peer for ours, peer in zip(self.ours_seconds, self.peer_seconds, strict=True))

    def describe(self, ours: str, peer: str) -> str:
        """Return a sentence with the median and the spread."""
        rounds = self.rounds
        return (
            f"{ours} took {statistics.median(rounds):.2f} times as long as {peer} "
            f"(from {rounds[0]:.2f} to {rounds[-1]:.2f} in {len(rounds)} rounds; "
            f"medians {statistics.median(self.ours_seconds):.3f} s and {statistics.median(self.peer_seconds):.3f} s)"
        )


async def compare(ours: Act, peer: Act, *, rounds: int) -> Ratio:
    """Run both in turns, after one round that does not count; each round the other one begins."""
    times: dict[Act, list[float]] = {ours: [], peer: []}
    for number in range(rounds + 1):
        for act in (ours, peer) if number % 2 else (peer, ours):
            began = time.perf_counter()
            await act()
            if number:
                times[act].append(time.perf_counter() - began)
    return Ratio(ours_seconds=times[ours], peer_seconds=times[peer])
