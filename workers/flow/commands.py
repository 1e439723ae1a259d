"""The tool that runs a command: on a copy of the workspace, in the sandbox, and what it changed becomes artifacts.

So a command has no effect but by the commit of its step, as a write has none. Where the sandbox does not work the
model is told why, and so are people.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from pydantic import Field, JsonValue

from common.errors import WorkspaceError
from common.events import Notice
from workers.flow.copies import Changes, copy_workspace, pack_files, read_changes
from workers.flow.sandbox import CommandEnd, CommandLimits, Sandbox
from workers.flow.text import clean_text, shorten
from workers.flow.toolbox import MOST_RESULT_CHARACTERS, Arguments, Tool, ToolOutcome, cut_middle, make_async_tool
from workers.flow.workspace import Workspace

#: Leaves room for what is said beside the output.
_MOST_OUTPUT_CHARACTERS = MOST_RESULT_CHARACTERS - 2500
_MOST_NAMED = 20
#: Exit codes of a shell that tell of a limit which the kernel holds.
_KERNEL_LIMITS = {152: "it used too much processor time", 153: "a file of it got too large"}


class RunCommand(Arguments):
    """What run_command takes."""

    command: str = Field(pattern=r"\S", max_length=8000, description="A command line for sh.")


class CommandTool:
    """The tool's work."""

    def __init__(self, workspace: Workspace, sandbox: Sandbox | None) -> None:
        """Take the workspace, and the sandbox where this host allows commands."""
        self._workspace = workspace
        self._sandbox = sandbox

    def tool(self) -> Tool:
        """Return the tool as a model is offered it."""
        limits = self._sandbox.limits if self._sandbox is not None else CommandLimits()
        return make_async_tool(
            "run_command",
            "Run a command line in a sandbox, on a copy of the project folder: no network, "
            f"{limits.seconds:g} seconds at most. Files that it writes are kept.",
            RunCommand,
            self.run_command,
            writes=True,
            runs_once=True,
        )

    async def run_command(self, given: RunCommand) -> ToolOutcome:
        """Run a command and give the artifacts of what it changed. Raises WorkspaceError."""
        sandbox = self._sandbox
        obstacle = "This server does not allow commands." if sandbox is None else await sandbox.find_obstacle()
        if sandbox is None or obstacle is not None:
            told = Notice(level="warning", message=f"Commands are not run. {obstacle}")
            return _refuse(given, f"{obstacle} Go on without commands.", told)
        try:
            copy = await asyncio.to_thread(copy_workspace, self._workspace)
            packed = await asyncio.to_thread(pack_files, copy.files)
            end = await sandbox.run(clean_text(given.command), packed)
            if end.exit_code is None:
                return _refuse(given, _tell_end(end))
            changes = await asyncio.to_thread(read_changes, copy, end.files)
        except WorkspaceError as error:
            return _refuse(given, str(error))
        return ToolOutcome(
            text=f"{_tell_end(end)}{_tell_changes(changes)}",
            artifacts=changes.written,
            facts=_facts(given.command, end.exit_code),
        )


def tell_interrupted(arguments: Mapping[str, JsonValue] | str) -> ToolOutcome:
    """Return what a command came to that was started and broken off: a pause, or the end of its worker process."""
    command = arguments.get("command", "") if isinstance(arguments, Mapping) else ""
    sentence = (
        "The command was started, but broken off before its result was known. "
        "Nothing that it changed was kept. Run it again if it is still needed."
    )
    return ToolOutcome(text=f"Error: {sentence}", failed=True, facts=_facts(str(command), None))


def _refuse(given: RunCommand, sentence: str, *told: Notice) -> ToolOutcome:
    return ToolOutcome(text=f"Error: {sentence}", failed=True, facts=_facts(given.command, None), notices=told)


def _facts(command: str, exit_code: int | None) -> dict[str, JsonValue]:
    return {"command": command, "exit_code": exit_code}


def _tell_end(end: CommandEnd) -> str:
    output = cut_middle(clean_text(end.output).rstrip(), _MOST_OUTPUT_CHARACTERS)
    shown = f"\n{output}" if output else "\nIt wrote nothing."
    if not end.started:
        return f"The sandbox could not start the command.{shown}"
    if end.exit_code is None:
        return f"The command was ended, as it reached its limit of {end.limit}. Nothing it changed was kept.{shown}"
    why = _KERNEL_LIMITS.get(end.exit_code)
    return f"Exit code {end.exit_code}{f' ({why})' if why else ''}.{shown}"


def _tell_changes(changes: Changes) -> str:
    lines = []
    if changes.written:
        lines.append(f"[files written: {_name([draft.path for draft in changes.written])}]")
    if changes.deleted:
        lines.append(f"[deleted in the copy only, the project folder keeps them: {_name(changes.deleted)}]")
    lines += [f"[not kept: {shorten(sentence, 200)}]" for sentence in changes.refused[:5]]
    if len(changes.refused) > 5:
        lines.append(f"[not kept: {len(changes.refused) - 5} more]")
    return "".join(f"\n{line}" for line in lines)


def _name(paths: tuple[str, ...] | list[str]) -> str:
    more = f" and {len(paths) - _MOST_NAMED} more" if len(paths) > _MOST_NAMED else ""
    return shorten(", ".join(paths[:_MOST_NAMED]), 500) + more
