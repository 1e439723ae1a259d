"""Which subtask or work package writes which file: what a model drafted and the task names, put in order by rule."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from common.errors import WorkspaceError
from common.events import SubtaskInfo
from workers.flow.endings import LANGUAGES, find_ending
from workers.flow.roles import Role
from workers.flow.text import shorten
from workers.flow.workspace import check_path

#: The most files that a model gives one subtask, and that a rule gives it where others have room.
MOST_CARRIED = 3
PATH_LENGTH = 60


def carry_files(
    subtasks: Sequence[SubtaskInfo], wanted: Sequence[str], foreign: Collection[str], repairs: list[str]
) -> list[SubtaskInfo]:
    """Return the subtasks with files that they can write, each path once, and all `wanted` ones among them.

    `foreign` are files that another group writes. What a model drafted counts where it is wanted or a developer's, and
    has an ending that files have: a small model fills every list that it may fill (measured: with titles, addresses and
    random letters, also where the task is a question).
    """
    carried: list[list[str]] = []
    taken: dict[str, int] = {}
    unusable: list[str] = []
    for number, subtask in enumerate(subtasks, start=1):
        own: list[str] = []
        for drafted in subtask.files:
            path = _read_path(drafted)
            if path is None or (path not in wanted and subtask.role != Role.DEVELOPER):
                unusable.append(repr(shorten(drafted, PATH_LENGTH)))
            elif path in foreign:
                repairs.append(f"Subtask {number} was to write {path}, which another team writes; that was dropped.")
            elif path in taken:
                if taken[path] != number:
                    repairs.append(f"Subtask {number} was to write {path}, as {taken[path]} is; that was dropped.")
            elif len(own) == MOST_CARRIED:
                repairs.append(f"Subtask {number} was to write more than {MOST_CARRIED} files; {path} was dropped.")
            else:
                own.append(path)
                taken[path] = number
        carried.append(own)
    if unusable:
        repairs.append(f"Not taken for files to be written: {shorten(', '.join(unusable), 200)}.")
    for path in wanted:
        if path not in taken:
            number = _choose_subtask(subtasks, carried, path)
            carried[number - 1].append(path)
            taken[path] = number
            repairs.append(f"No subtask was to write {path}; {number} writes it now.")
    return [subtask.model_copy(update={"files": own}) for subtask, own in zip(subtasks, carried, strict=True)]


def share_files(texts: Sequence[str], wanted: Sequence[str]) -> list[list[str]]:
    """Return the `wanted` files of each work package: a file goes to the first whose text names it, else to the first.

    One that is written by one team is written once.
    """
    shares: list[list[str]] = [[] for _ in texts]
    for path in wanted:
        shares[next((number for number, text in enumerate(texts) if _names(text, path)), 0)].append(path)
    return shares


def _choose_subtask(subtasks: Sequence[SubtaskInfo], carried: Sequence[Sequence[str]], path: str) -> int:
    """Return the number of the best one for a file: it names the file, has room, is a developer's, has few, is late."""

    def rank(number: int) -> tuple[bool, bool, bool, int, int]:
        subtask, own = subtasks[number - 1], carried[number - 1]
        is_named = _names(f"{subtask.title} {subtask.instructions}", path)
        return not is_named, len(own) >= MOST_CARRIED, subtask.role != Role.DEVELOPER, len(own), -number

    return min(range(1, len(subtasks) + 1), key=rank)


def _names(text: str, path: str) -> bool:
    return path.rpartition("/")[2].casefold() in text.casefold()


def _read_path(drafted: str) -> str | None:
    """Return a path that files have, with an ending that is known; models also write titles, folders and addresses."""
    if "://" in drafted or find_ending(drafted) not in LANGUAGES or len(drafted) > PATH_LENGTH:
        return None
    try:
        return "/".join(check_path(drafted.strip()))
    except WorkspaceError:
        return None
