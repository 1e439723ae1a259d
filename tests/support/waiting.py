"""Waits for a condition instead of a time."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

_T = TypeVar("_T")


def wait_until(condition: Callable[[], _T | None], what: str, seconds: float = 20) -> _T:
    """Return the condition's first true value; fail, naming `what`, where none comes in time."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, f"After {seconds:g} s still not: {what}"
        time.sleep(0.02)
    return value
