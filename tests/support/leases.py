"""Claims that nothing but a test holds."""

from __future__ import annotations

import asyncio

from workers.lease import RunningSession, now_seconds


def hold_session(session_id: str = "s1", *, seconds: float = 60) -> RunningSession:
    """Return a session that the current task holds for so long; for less than 0 s where its lease is over."""
    task = asyncio.current_task()
    assert task is not None
    return RunningSession(session_id=session_id, epoch=1, task=task, holds_until=now_seconds() + seconds)
