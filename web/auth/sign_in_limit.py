"""A brake on guessing passwords."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable

from werkzeug.exceptions import TooManyRequests

TRIES_ALLOWED = 10
_WINDOW_SECONDS = 60.0
#: Beyond so many pairs, those that lie long enough back are forgotten.
_PAIRS_KEPT = 10_000


class SignInLimit:
    """Counts the sign-ins of each pair of email address and network address in this process, until one succeeds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._tries: dict[tuple[str, str], deque[float]] = {}

    def take(self, email: str, address: str) -> None:
        """Count a try before it is made; raise TooManyRequests where this pair tried too often within a minute."""
        now, pair = self._clock(), _pair(email, address)
        if len(self._tries) > _PAIRS_KEPT:
            self._tries = {known: tries for known, tries in self._tries.items() if tries[-1] > now - _WINDOW_SECONDS}
        tries = self._tries.setdefault(pair, deque())
        while tries and tries[0] <= now - _WINDOW_SECONDS:
            tries.popleft()
        if len(tries) >= TRIES_ALLOWED:
            wait = max(1, math.ceil(tries[0] + _WINDOW_SECONDS - now))
            raise TooManyRequests(
                f"Too many failed sign-ins; please wait {wait} seconds and try again.", retry_after=wait
            )
        tries.append(now)

    def forget(self, email: str, address: str) -> None:
        """Forget the tries of a pair that has signed in."""
        self._tries.pop(_pair(email, address), None)


def _pair(email: str, address: str) -> tuple[str, str]:
    return email.strip().lower()[:200], address
