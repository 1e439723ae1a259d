"""The tools over the workspace: list, read, search, write and edit files of the project folder.

Writing gives an artifact, which is committed with the tool's step and only then written, so that no step has an effect
that the journal does not know.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Iterator

from pydantic import Field

from common.errors import WorkspaceError
from workers.flow.commands import CommandTool
from workers.flow.context import FlowContext
from workers.flow.journal import ArtifactDraft
from workers.flow.pattern import LINE_LENGTH, compile_pattern
from workers.flow.text import shorten
from workers.flow.toolbox import Arguments, Tool, Toolbox, ToolOutcome, make_tool
from workers.flow.workspace import MOST_FILE_BYTES, MOST_LISTED, Workspace, check_path

MOST_TOLD_FILES = 200
#: The most of one reading, in lines and in characters.
MOST_TOLD_LINES = 400
MOST_TOLD_CHARACTERS = 7000
MOST_HITS = 50
#: What one search may take.
MOST_SEARCHED_BYTES = 8 * 1024 * 1024
MOST_SEARCH_SECONDS = 2.0

_PATH = "Path of the file, relative to the project folder."
_FOLDER = "Only this folder, relative to the project folder; empty for all."


class ListFiles(Arguments):
    """What list_files takes."""

    folder: str = Field(default="", description=_FOLDER)


class ReadFile(Arguments):
    """What read_file takes."""

    path: str = Field(description=_PATH)
    first_line: int = Field(default=1, ge=1, description="The line to begin with, counted from 1.")


class SearchFiles(Arguments):
    """What search_files takes."""

    text: str = Field(min_length=1, max_length=200, description="What to look for.")
    folder: str = Field(default="", description=_FOLDER)
    is_regex: bool = Field(default=False, description="Whether the text is a regular expression.")


class WriteFile(Arguments):
    """What write_file takes."""

    path: str = Field(description=_PATH)
    content: str = Field(description="The whole content of the file.")


class EditFile(Arguments):
    """What edit_file takes."""

    path: str = Field(description=_PATH)
    old_text: str = Field(min_length=1, description="Text that is in the file exactly once.")
    new_text: str = Field(description="What takes its place.")


def make_toolbox(flow: FlowContext) -> Toolbox | None:
    """Return the tools that a drone of this flow is offered; None where there is nothing to use them on."""
    if flow.workspace is None:
        return None
    commands = [CommandTool(flow.workspace, flow.sandbox).tool()] if flow.options.commands else []
    return Toolbox([*WorkspaceTools(flow.workspace).tools(), *commands])


class WorkspaceTools:
    """The tools' work; blocks, as all work on files does."""

    def __init__(self, workspace: Workspace, clock: Callable[[], float] = time.monotonic) -> None:
        self._workspace = workspace
        self._clock = clock

    def tools(self) -> list[Tool]:
        """Return the tools as a model is offered them."""
        return [
            make_tool("list_files", "List the files of the project folder.", ListFiles, self.list_files),
            make_tool("read_file", "Read a text file of the project folder.", ReadFile, self.read_file),
            make_tool("search_files", "Find the lines that hold a text.", SearchFiles, self.search_files),
            make_tool(
                "write_file", "Write a whole file, new or over the old one.", WriteFile, self.write_file, writes=True
            ),
            make_tool(
                "edit_file", "Replace a text that is in a file exactly once.", EditFile, self.edit_file, writes=True
            ),
        ]

    def list_files(self, given: ListFiles) -> ToolOutcome:
        """Tell the paths, one a line: all below the folder, or where these are many, only what is right in it."""
        folder = _read_folder(given.folder)
        paths = self._workspace.list(folder)
        if len(paths) <= MOST_TOLD_FILES:
            return ToolOutcome(text="\n".join(paths) or "There are no files.")
        paths = self._workspace.entries(folder)
        more = f" (and {len(paths) - MOST_TOLD_FILES} more)" if len(paths) > MOST_TOLD_FILES else ""
        note = f"[only what is right in this folder{more}; name a folder to see what is in it]"
        return ToolOutcome(text="\n".join([*paths[:MOST_TOLD_FILES], note]))

    def read_file(self, given: ReadFile) -> ToolOutcome:
        """Tell a file's lines, as many as may be, and where to read on."""
        lines = self._read(given.path).split("\n")
        begin = given.first_line - 1
        if begin >= len(lines):
            raise WorkspaceError(f"{given.path} has {len(lines)} lines.")
        told: list[str] = []
        size = 0
        for line in lines[begin : begin + MOST_TOLD_LINES]:
            size += len(line) + 1
            if told and size > MOST_TOLD_CHARACTERS:
                break
            told.append(line)
        end = begin + len(told)
        note = f"\n[lines {begin + 1} to {end} of {len(lines)}; read on with first_line={end + 1}]"
        text = "\n".join(told)
        return ToolOutcome(text=text + note if end < len(lines) else text or "The file is empty.")

    def search_files(self, given: SearchFiles) -> ToolOutcome:
        """Tell the lines that hold a text, each with its file and number."""
        find = compile_pattern(given.text) if given.is_regex else re.compile(re.escape(given.text))
        hits: list[str] = []
        note = ""
        until, left = self._clock() + MOST_SEARCH_SECONDS, MOST_SEARCHED_BYTES
        paths = self._workspace.list(_read_folder(given.folder))
        if len(paths) >= MOST_LISTED:
            note = f"[only the first {MOST_LISTED} files were searched; name a folder]"
        for path, text in self._read_texts(paths):
            left -= len(text)
            for number, line in enumerate(text.split("\n"), start=1):
                if find.search(line[:LINE_LENGTH] if given.is_regex else line):
                    hits.append(f"{path}:{number}: {shorten(line, 200)}")
                if len(hits) == MOST_HITS or self._clock() > until:
                    break
            if len(hits) == MOST_HITS:
                note = f"[the first {MOST_HITS} lines; look for something rarer to see others]"
                break
            if left < 0 or self._clock() > until:
                note = "[the search ended early, as it took too much; name a folder]"
                break
        return ToolOutcome(text="\n".join([*hits, *([note] if note else [])]) or "Nothing was found.")

    def write_file(self, given: WriteFile) -> ToolOutcome:
        """Give the artifact of a whole file."""
        return self._write(given.path, given.content, self._find(given.path), "Wrote")

    def edit_file(self, given: EditFile) -> ToolOutcome:
        """Give the artifact of a file in which one text was replaced."""
        text, old, new = self._read(given.path), given.old_text, given.new_text
        if old not in text and "\r\n" in text:  # models write the line ends of Unix
            old, new = (part.replace("\r\n", "\n").replace("\n", "\r\n") for part in (old, new))
        count = text.count(old)
        if count == 0:
            raise WorkspaceError(f"old_text is not in {given.path}. Read the file and copy the text exactly.")
        if count > 1:
            raise WorkspaceError(f"old_text is in {given.path} {count} times. Take more of the text around it.")
        return self._write(given.path, text.replace(old, new, 1), text.encode(), "Edited")

    def _write(self, path: str, text: str, present: bytes | None, did: str) -> ToolOutcome:
        name, content = "/".join(check_path(path)), text.encode()
        if len(content) > MOST_FILE_BYTES:
            raise WorkspaceError(f"The file {name} has {len(content)} bytes; {MOST_FILE_BYTES} is the most.")
        if content == present:
            return ToolOutcome(text=f"{name} has this content already; nothing was written.")
        lines = text.count("\n") + (not text.endswith("\n"))
        return ToolOutcome(
            text=f"{did} {name}; it has {lines} lines now.", artifacts=(ArtifactDraft(path=name, content=content),)
        )

    def _find(self, path: str) -> bytes | None:
        """Return a file's content, or None where there is none. Raises WorkspaceError where it cannot be a file."""
        try:
            return self._workspace.read(path)
        except WorkspaceError as error:
            if isinstance(error.__cause__, FileNotFoundError):
                return None
            raise

    def _read(self, path: str) -> str:
        try:
            return self._workspace.read(path).decode()
        except UnicodeDecodeError:
            raise WorkspaceError(f"{path} is no text file.") from None

    def _read_texts(self, paths: Iterable[str]) -> Iterator[tuple[str, str]]:
        """Yield the text files among `paths`, with their content."""
        for path in paths:
            try:
                yield path, self._read(path)
            except WorkspaceError:  # too large, not text, or gone meanwhile
                continue


def _read_folder(named: str) -> str:
    """Return the folder that a model means; the project's own is an empty text."""
    folder = named.strip().rstrip("/")
    return "" if folder == "." else folder
