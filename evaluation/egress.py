"""Egress: every address that this process connects to, whoever asked for it, as Python's audit hook tells."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

#: What connects now, so that a connection has somebody to be told of; "" outside of any session.
current_session: ContextVar[str] = ContextVar("current_session", default="")

_EVENTS = frozenset({"socket.connect", "socket.sendto", "socket.sendmsg", "subprocess.Popen", "os.system", "os.exec"})


class Recording:
    """What left the process while it was recorded: the session and what was done, a phrase."""

    def __init__(self, allowed: tuple[str, int]) -> None:
        #: The one address that may be connected to.
        self.allowed = allowed
        self.found: list[tuple[str, str]] = []

    def hear(self, event: str, arguments: tuple[object, ...]) -> None:
        """Note an audit event, unless it is a connection to the model server."""
        about = arguments[1] if event.startswith("socket.") else arguments[0]
        if event == "socket.connect" and isinstance(about, tuple) and about[:2] == self.allowed:
            return
        self.found.append((current_session.get(), f"{event} {about!r}"))


_recordings: list[Recording] = []
_lock = threading.Lock()
_hooked = False


def _hear(event: str, arguments: tuple[object, ...]) -> None:
    if event in _EVENTS:
        for recording in _recordings:
            recording.hear(event, arguments)


@contextmanager
def record_egress(allowed: tuple[str, int]) -> Iterator[Recording]:
    """Record what this process connects to, sends or starts beside `allowed`, a host and a port."""
    global _hooked  # noqa: PLW0603 - an audit hook can never be taken away again
    recording = Recording(allowed)
    with _lock:
        if not _hooked:
            sys.addaudithook(_hear)
            _hooked = True
        _recordings.append(recording)
    try:
        yield recording
    finally:
        with _lock:
            _recordings.remove(recording)
