"""What a flow is given of its project folder at its beginning: the paths that lie there, and the files its task names.

A model that cannot call tools sees no more of the folder than this; others save turns by it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Sequence

from pydantic import BaseModel, ConfigDict, Field

from common.errors import WorkspaceError
from common.events import ContextCut, DurableEvent, Notice
from workers.flow.copies import PASSED_OVER
from workers.flow.endings import name_language
from workers.flow.files import write_opening
from workers.flow.prompt import Piece
from workers.flow.wanted import find_asked, find_named
from workers.flow.workspace import Workspace, check_path

#: How many paths are told, and among how many a file is looked for.
MOST_TOLD_PATHS = 100
MOST_SEEN_PATHS = 5000
#: How many names of a task are looked for.
MOST_NAMES = 50
#: How many files are given, and how many bytes of them together.
MOST_GIVEN_FILES = 8
MOST_GIVEN_BYTES = 16 * 1024


class GivenFile(BaseModel):
    """A text file that the task names, as it was when the flow began."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: str
    text: str
    #: Whether this is all of it, and not its beginning.
    is_whole: bool
    #: Whether the task asks for it, so that it may have to be changed.
    is_asked: bool

    @property
    def piece(self) -> Piece:
        """The file as agents read it: by its name data, and never a block that would be taken for a written file."""
        part = "Content" if self.is_whole else "Beginning"
        name = f"{part} of the file {self.path}, from the project folder as it was at first"
        return Piece(name=name, text=self.text, language=name_language(self.path))


class Given(BaseModel):
    """What lay in the project folder."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    #: Those that are told, and how many others there are at least.
    paths: list[str] = Field(default_factory=list)
    more: int = 0
    files: list[GivenFile] = Field(default_factory=list)

    @property
    def listing(self) -> tuple[Piece, ...]:
        """The paths, for those who plan; nothing where nothing lies there."""
        if not self.paths:
            return ()
        rest = [f"and {self.more} more"] if self.more else []
        return (Piece(name="Files in the project folder", text="\n".join([*self.paths, *rest])),)

    @property
    def pieces(self) -> tuple[Piece, ...]:
        """The paths and the files, for those who do the work."""
        return (*self.listing, *(file.piece for file in self.files))

    def find_edited(self, planned: Collection[str] = ()) -> tuple[GivenFile, ...]:
        """Return the files that may be changed, by the task's words or since they are `planned`, and are here whole."""
        return tuple(file for file in self.files if file.is_whole and (file.is_asked or file.path in planned))

    def find_unseen(self, events: Iterable[DurableEvent]) -> frozenset[str]:
        """Return the files that a model saw only a part of, so that it cannot write them anew.

        `events` are those of its call.
        """
        cut = [phrase for event in events if isinstance(event, ContextCut) for phrase in event.cut]
        return frozenset(
            file.path
            for file in self.files
            if not file.is_whole or any(phrase.endswith(f"“{file.piece.name}”") for phrase in cut)
        )


def write_openings(files: Iterable[GivenFile]) -> list[str]:
    """Return the lines that open the blocks of changed files."""
    return [write_opening(file.path) for file in files]


async def take_up(task: str, workspace: Workspace | None) -> tuple[Given, tuple[Notice, ...]]:
    """Return what a flow is given, and a notice for each file that its task names and that was cut or left out."""
    return (Given(), ()) if workspace is None else await asyncio.to_thread(_look, task, workspace)


def _look(task: str, workspace: Workspace) -> tuple[Given, tuple[Notice, ...]]:
    try:
        present = workspace.list(most=MOST_SEEN_PATHS, passed_over=PASSED_OVER)
    except WorkspaceError as error:  # the flow can do without
        return Given(), (_warn(f"The project folder could not be looked at: {error}"),)
    paths = sorted(filter(_is_plain, present), key=lambda path: (path.count("/"), path))  # what lies deep may be left
    told = paths[:MOST_TOLD_PATHS]
    chosen, problems = _choose(task, paths)
    asked = {path for name in find_asked(task) for path in _match(name, paths)}
    files: list[GivenFile] = []
    left = MOST_GIVEN_BYTES
    for path in chosen:
        try:
            text = _read_text(workspace, path)
        except WorkspaceError as error:
            problems.append(f"{path} was not given to the agents: {error}")
            continue
        size = len(text.encode())
        if size > left:
            most = f"the files that a task names are given with {MOST_GIVEN_BYTES // 1024} KiB together"
            problems.append(f"{path} was {'cut' if left else 'not given to the agents'}: {most}.")
            text = text.encode()[:left].decode(errors="ignore")
        if text or not size:
            files.append(GivenFile(path=path, text=text, is_whole=size <= left, is_asked=path in asked))
        left -= min(size, left)
    given = Given(paths=told, more=len(present) - len(told), files=files)
    return given, tuple(_warn(problem) for problem in problems)


def _choose(task: str, paths: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return those of the paths that a task names, each once, and a sentence for each name that is of no use."""
    chosen: list[str] = []
    problems: list[str] = []
    for name in find_named(task)[:MOST_NAMES]:
        match _match(name, paths):
            case [path] if path not in chosen:
                chosen.append(path)
            case [_, _, *_] as found:
                problems.append(f"{name} was not given to the agents: {len(found)} files have this name.")
    if left_out := chosen[MOST_GIVEN_FILES:]:
        problems.append(f"{', '.join(left_out)} not given to the agents: {MOST_GIVEN_FILES} files are the most.")
    return chosen[:MOST_GIVEN_FILES], problems


def _match(name: str, paths: Sequence[str]) -> list[str]:
    """Return the path that a name is, else all that end in it."""
    return [name] if name in paths else [path for path in paths if path.endswith(f"/{name}")]


def _is_plain(path: str) -> bool:
    """Tell whether a path may be used and stands on its one line, whatever a hostile name holds."""
    try:
        check_path(path)
    except WorkspaceError:
        return False
    return path.isprintable()


def _read_text(workspace: Workspace, path: str) -> str:
    try:
        text = workspace.read(path).decode()
    except UnicodeDecodeError:
        raise WorkspaceError("it is no text in UTF-8.") from None
    if "\0" in text:
        raise WorkspaceError("it is no text.")
    return text


def _warn(message: str) -> Notice:
    return Notice(level="warning", message=message)
