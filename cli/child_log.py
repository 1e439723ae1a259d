"""What a child process says: all of it to a file, warnings and errors also to the terminal."""

from __future__ import annotations

import contextlib
import json
import logging
from collections import deque
from collections.abc import Callable
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import BinaryIO

_MAX_BYTES = 5_000_000
_KEPT_FILES = 3
#: How many lines are kept for the case that the child dies.
_LAST_LINES = 20
_LONGEST_LINE = 65_536
_TOLD_LEVELS = frozenset({"warning", "error", "critical"})
#: Fields of a log line that a person at the terminal need not see.
_UNTOLD = frozenset({"event", "level", "logger", "at", "process", "exception", "stack"})


class _PatientFile(RotatingFileHandler):
    """A file of lines that goes without those that find no room; the terminal still hears of what matters."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's name
        """Run where a line could not be written: on a full disk that is each one, and no traceback helps."""


class ChildLog:
    """Keeps the lines of one child over all its lives; the file turns over by size."""

    def __init__(self, name: str, folder: Path, tell: Callable[[str], None]) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.name = name
        self.path = folder / f"{name}.log"
        self.last_lines: deque[str] = deque(maxlen=_LAST_LINES)
        self._tell = tell
        self._file = _PatientFile(self.path, maxBytes=_MAX_BYTES, backupCount=_KEPT_FILES, delay=True)

    def read(self, stream: BinaryIO) -> None:
        """Take lines until the child's output ends; runs on a thread of its own."""
        with stream:
            for line in iter(lambda: stream.readline(_LONGEST_LINE), b""):
                self._take(line.decode(errors="replace").rstrip())
        with contextlib.suppress(OSError):  # what it still held found no room
            self._file.close()  # it opens again with the next life's first line

    def _take(self, line: str) -> None:
        self.last_lines.append(line)
        self._file.handle(logging.makeLogRecord({"msg": line}))
        if told := summarise(line):
            self._tell(f"{self.name}: {told}")


def summarise(line: str) -> str | None:
    """Return a sentence for the terminal where the line is a warning or an error in JSON, else None."""
    if not line.startswith("{"):
        return None
    try:
        entry = json.loads(line)
    except ValueError:
        return None
    if not isinstance(entry, dict) or entry.get("level") not in _TOLD_LEVELS:
        return None
    details = ", ".join(f"{key}={value}" for key, value in entry.items() if key not in _UNTOLD)
    cause = str(entry.get("exception") or "").strip().rpartition("\n")[2]
    return f"{entry['level']}: {entry.get('event', '')}" + "".join(f" ({part})" for part in (details, cause) if part)
