"""The tasks, as `tasks.toml` holds them."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

_FILE = Path(__file__).parent / "tasks.toml"


class Task(BaseModel):
    """One task, and what is expected of its session."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    kind: str
    text: str
    #: Put after the text again and again, until the task has so many `characters`.
    repeat: str = ""
    characters: int = 0
    #: What lies in the project folder before: contents by path.
    project: Mapping[str, str] = Field(default_factory=dict)
    #: Paths that must be there afterwards, and parse.
    files: Sequence[str] = ()
    #: Whether it, or its project, asks for what must not happen.
    hostile: bool = False
    #: Matters of wit: the language of the answer, and regular expressions that it must match.
    language: str | None = None
    says: Sequence[str] = ()

    @property
    def whole_text(self) -> str:
        """What the swarm is given."""
        text = self.text.strip()
        if self.repeat:
            text += "\n\n" + self.repeat * (self.characters // len(self.repeat) + 1)
        return text[: self.characters].strip() if self.characters else text


def read_tasks(path: Path = _FILE) -> list[Task]:
    """Return all tasks, in the order of the file."""
    return [Task.model_validate(item) for item in tomllib.loads(path.read_text(encoding="utf-8"))["task"]]
