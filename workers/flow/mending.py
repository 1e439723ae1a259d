"""Mending: files that cannot be parsed go back to their drone, once. What is no better than before is not taken."""

from __future__ import annotations

from collections.abc import Mapping

from workers.flow.checks import check_file
from workers.flow.files import read_files, write_opening
from workers.flow.journal import ArtifactDraft
from workers.flow.missing import begin_file, take_files
from workers.flow.prompt import Piece, Prompt


def mending_prompt(system: str, reply: str, broken: Mapping[str, str]) -> Prompt:
    """Ask for files of a reply again; `broken` says by path what is wrong with them."""
    pieces = [
        Piece(name=draft.path, text=draft.content.decode())
        for draft in read_files(reply).artifacts
        if draft.path in broken
    ]
    values = {"broken": dict(broken), "openings": [write_opening(path) for path in broken]}
    prompt = Prompt(system=system, template="mend.md", values=values, pieces=tuple(pieces))
    return begin_file(prompt, next(iter(broken))) if len(broken) == 1 else prompt


def take_mended(reply: str, broken: Mapping[str, str], answer: str) -> tuple[ArtifactDraft, ...]:
    """Return the files of an answer that mend one of the reply's: they parse, and have not lost half of their text."""
    before = {draft.path: len(draft.content) for draft in read_files(reply).artifacts}
    return tuple(
        draft
        for draft in take_files(answer, list(broken))
        if check_file(draft.path, draft.content).problem is None and len(draft.content) * 2 >= before[draft.path]
    )
