"""A brake on guessing passwords."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

from werkzeug.exceptions import TooManyRequests

FAILURES_ALLOWED = 10
_WINDOW_SECONDS = 60.0
#: Beyond so many pairs, those that lie long enough back are forgotten.
_PAIRS_KEPT = 10_000


class SignInLimit:
    """Counts the failed sign-ins of each pair of email address and network address in this process."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failures: dict[tuple[str, str], deque[float]] = {}

    def check(self, email: str, address: str) -> None:
        """Raise TooManyRequests where this pair failed too often within a minute."""
        failures = self._recent(email, address)
        if len(failures) >= FAILURES_ALLOWED:
            wait = max(1, round(failures[0] + _WINDOW_SECONDS - self._clock()))
            raise TooManyRequests(
                f"Too many failed sign-ins; please wait {wait} seconds and try again.", retry_after=wait
            )

    def note_failure(self, email: str, address: str) -> None:
        """Count one failed sign-in."""
        if len(self._failures) > _PAIRS_KEPT:
            for pair in list(self._failures):
                self._recent(*pair)
        self._failures.setdefault(_pair(email, address), deque(maxlen=FAILURES_ALLOWED)).append(self._clock())

    def _recent(self, email: str, address: str) -> deque[float]:
        failures = self._failures.get(_pair(email, address), deque())
        while failures and failures[0] < self._clock() - _WINDOW_SECONDS:
            failures.popleft()
        if not failures:
            self._failures.pop(_pair(email, address), None)
        return failures


def _pair(email: str, address: str) -> tuple[str, str]:
    return email.strip().lower()[:200], address
