"""The ledger: what was really done in a flow, as its journal has it. Claims are held against it, see `claims.py`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from common.events import SubtaskInfo
from workers.flow.checks import FileCheck
from workers.flow.journal import StepRequest, StepResult


@dataclass(frozen=True, kw_only=True)
class WrittenFile:
    """The newest version of a file."""

    path: str
    sha256: str
    #: In bytes.
    size: int
    check: FileCheck
    step: str
    #: In the order of commits.
    position: int


@dataclass(frozen=True, kw_only=True)
class RunCommand:
    """The latest run of a command."""

    command: str
    #: None where it was ended, or never began.
    exit_code: int | None
    step: str
    position: int


@dataclass(frozen=True, kw_only=True)
class DoneSubtask:
    """A subtask that has its result."""

    id: str
    title: str
    #: The steps that worked on it, each with all below its key; the last one's result stands.
    works: tuple[str, ...]

    def owns(self, step: str) -> bool:
        """Tell whether a step belongs to the work on it."""
        return any(step == work or step.startswith(f"{work}/") for work in self.works)


class Ledger:
    """Fed by each step of a flow, fresh or replayed: what is in it depends on the journal alone."""

    def __init__(self) -> None:
        self._files: dict[str, WrittenFile] = {}
        self._commands: dict[str, RunCommand] = {}
        self._subtasks: dict[str, DoneSubtask] = {}

    @property
    def files(self) -> list[WrittenFile]:
        """All files, by path."""
        return [self._files[path] for path in sorted(self._files)]

    @property
    def commands(self) -> list[RunCommand]:
        """All commands, in the order of their latest runs."""
        return sorted(self._commands.values(), key=lambda run: run.position)

    @property
    def subtasks(self) -> list[DoneSubtask]:
        """All subtasks, by their ids with numbers in their order: so the same however fast each was."""
        return sorted(self._subtasks.values(), key=lambda done: _split_numbers(done.id))

    def add_step(self, request: StepRequest, result: StepResult, checks: Mapping[str, FileCheck]) -> None:
        """Note the files of a committed step, with their checks by path, and the command that it ran."""
        for draft in result.artifacts:
            known = self._files.get(draft.path)
            if known is None or known.position <= result.position:
                self._files[draft.path] = WrittenFile(
                    path=draft.path,
                    sha256=draft.sha256,
                    size=len(draft.content),
                    check=checks[draft.path],
                    step=request.key,
                    position=result.position,
                )
        if request.kind == "tool" and {"command", "exit_code"} <= result.output.keys():
            command = " ".join(str(result.output["command"]).split())
            ran = self._commands.get(command)
            if ran is None or ran.position <= result.position:
                self._commands[command] = RunCommand(
                    command=command,
                    exit_code=cast("int | None", result.output["exit_code"]),
                    step=request.key,
                    position=result.position,
                )

    def add_subtask(self, subtask: SubtaskInfo, work: str) -> None:
        """Note that the step `work` brought a subtask's result, perhaps a better one than an earlier step."""
        known = self._subtasks.get(subtask.id)
        works = (*known.works, work) if known else (work,)
        self._subtasks[subtask.id] = DoneSubtask(id=subtask.id, title=subtask.title, works=works)


def _split_numbers(text: str) -> list[tuple[int, str]]:
    return [(int(part), "") if part.isdecimal() else (0, part) for part in re.split(r"(\d+)", text)]
