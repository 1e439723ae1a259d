"""The calls that a scripted model server noted in its file, whatever became of the server."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Call:
    """One chat, on the clock of the machine."""

    session: str
    key: str
    #: Which client asked: the name in the address that it was given.
    line: str
    started_at: float
    #: None where the server was killed meanwhile, or where it still runs.
    ended_at: float | None = None
    #: finished, cancelled or failed.
    outcome: str | None = None


class CallLog:
    """Reads the file of calls, of which only the last line may be unfinished."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> list[Call]:
        """Return all calls in the order of their starts."""
        if not self.path.exists():
            return []
        started: dict[str, dict[str, object]] = {}
        ended: dict[str, dict[str, object]] = {}
        for line in self.path.read_text().splitlines(keepends=True):
            if line.endswith("\n"):
                note = json.loads(line)
                (started if note["what"] == "started" else ended)[note["call"]] = note
        return [_to_call(note, ended.get(call_id)) for call_id, note in started.items()]


def _to_call(begin: dict[str, object], end: dict[str, object] | None) -> Call:
    return Call(
        session=str(begin["session"]),
        key=str(begin["key"]),
        line=str(begin["line"]),
        started_at=float(str(begin["at"])),
        ended_at=float(str(end["at"])) if end else None,
        outcome=str(end["what"]) if end else None,
    )
