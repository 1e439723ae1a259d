"""Missing files: what a subtask was to write and its answer does not hold is asked for once more, each by itself.

The answer is begun for the model, with the line that opens the file's block: a small model goes on with the file, where
it would else talk about it. Where a server takes what was begun for a whole answer, a block comes, or just the file;
all of these are read.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from workers.flow.checks import check_file
from workers.flow.endings import find_ending
from workers.flow.files import name_blocks, read_bare, read_files, write_opening
from workers.flow.journal import ArtifactDraft
from workers.flow.model import Message
from workers.flow.prompt import Asking, Piece, Prompt
from workers.flow.prompts import render_prompt

#: A line that only a mapping or a list has.
_YAML = re.compile(r"^ *(?:- |[{\[]|[\w\"'][^:\n]*:(?:\s|$))", re.MULTILINE)
#: A line of Python before which all is whole: a function or a class begins, or nothing is indented any more.
_PYTHON_BEGIN = re.compile(r"[^\s)\]}]|\s+(?:(?:async )?def |class |@)")
#: How often a file is cut back before it is given up.
_MOST_CUTS = 20


def name_files(reply: str, asking: Asking) -> str:
    """Return a reply with the files that were asked for named in it, as far as it holds sound blocks that they may be.

    What names no path and cannot be parsed is no file: asked for by its path alone, it comes better than mended.
    """
    return name_blocks(reply, asking.files, _is_sound)


def missing_prompt(task: str, reply: str, path: str) -> Prompt:
    """Ask for a file that a reply lacks. Of the reply only code is of use: of words a small model writes more words."""
    pieces = (Piece(name="What you have so far", text=reply),) if "```" in reply else ()
    prompt = Prompt(
        system=render_prompt("file.md"), template="missing.md", values={"task": task, "path": path}, pieces=pieces
    )
    return begin_file(prompt, path)


def begin_file(prompt: Prompt, path: str) -> Prompt:
    """Return the prompt with the answer begun: the line that opens the block of a file."""
    return prompt.go_on(Message(role="assistant", content=f"{write_opening(path)}\n"))


def take_files(answer: str, asked: Sequence[str]) -> tuple[ArtifactDraft, ...]:
    """Return those of the files that were asked for, and nothing else, that an answer holds."""
    if len(asked) == 1 and asked[0] not in {draft.path for draft in read_files(answer).artifacts}:
        path = asked[0]
        bare, is_told = read_bare(answer, path)
        check = check_file(path, bare.encode())
        if bare and check.problem is None and (is_told or (check.checked and not _is_sentence(path, bare))):
            return (ArtifactDraft(path=path, content=bare.encode()),)
    named = name_blocks(name_blocks(answer, asked, _is_sound), asked)
    return tuple(draft for draft in read_files(named).artifacts if draft.path in asked)


def take_sound(answer: str, path: str) -> tuple[ArtifactDraft, ...]:
    """Return the file that was asked for, if an answer holds it and it can be parsed."""
    return tuple(draft for draft in take_files(answer, [path]) if _is_sound(path, draft.content.decode()))


def take_begun(answer: str, path: str) -> tuple[ArtifactDraft, ...]:
    """Return the file that was asked for, also where an answer broke off within it: then up to its last whole function.

    Only Python is cut back, and only where most of it is left.
    """
    taken, lines = take_files(answer, [path]), answer.strip("\n").split("\n")
    if lines[0].startswith("```"):  # it began the block itself
        lines = lines[1:]
    if taken or find_ending(path) != "py" or any(line.startswith("```") for line in lines):
        return taken
    begins = [number for number in range(len(lines) // 2 + 1, len(lines)) if _PYTHON_BEGIN.match(lines[number])]
    for end in begins[: -_MOST_CUTS - 1 : -1]:
        content = "\n".join(lines[:end]).rstrip() + "\n"
        if _is_sound(path, content):
            return (ArtifactDraft(path=path, content=content.encode()),)
    return ()


def _is_sentence(path: str, text: str) -> bool:
    """Tell whether a text is YAML only because any sentence is, or any comment."""
    return find_ending(path) in {"yaml", "yml"} and not _YAML.search(text)


def _is_sound(path: str, content: str) -> bool:
    return check_file(path, content.encode()).problem is None and not _is_sentence(path, content)
