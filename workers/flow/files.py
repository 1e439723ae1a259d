"""Files in a model's reply: fenced code blocks that name their path.

A block names its path in its info string (`python path=app/main.py`, `app/main.py`) or on the line just before it
(`File: app/main.py`, **`app/main.py`**, `### app/main.py`). Other blocks are only shown, unless the reply was to hold
files that it names nowhere: then `name_blocks` gives them their names.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from common.errors import WorkspaceError
from workers.flow.endings import LANGUAGES, find_ending, name_language
from workers.flow.journal import ArtifactDraft
from workers.flow.text import shorten
from workers.flow.workspace import MOST_FILE_BYTES, check_path

#: The most files of one reply.
MOST_REPLY_FILES = 20
#: The path in the prompts' example, which a small model repeats.
EXAMPLE_PATH = "app/main.py"
#: A longer line names no path: the patterns below may take the square of its length.
_MOST_NAMING = 600
#: Endings of files that hold plain words: an answer without any block may be one.
_PROSE = frozenset({"md", "txt", "rst"})
_NO_LANGUAGE = frozenset({"", "text", "txt", "plaintext", "plain", "code", "file", "output"})
_LANGUAGE_NAMES = frozenset(name for names in LANGUAGES.values() for name in names)

_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})(.*)$")
_NAMED = re.compile(r"(?:^|[\s,{])(?:path|file|filename|title)\s*[=:]\s*(\"[^\"]+\"|'[^']+'|[^\s,}]+)", re.IGNORECASE)
_LABELLED = re.compile(r"^[\W_]*(?:file|path|filename|datei)\s*[:=]\s*(?P<path>.+?)\s*$", re.IGNORECASE)
#: A lone path: no blanks, and a folder or a short ending, so that `python` or `Example:` is none.
_PATH_ALONE = re.compile(r"[^\s`*]*(?:/[^\s`*]+|[^\s`*/]\.[A-Za-z0-9_]{1,10})")


@dataclass(frozen=True, kw_only=True)
class ReplyFiles:
    """The files of a reply, and a sentence for each that cannot be used."""

    artifacts: tuple[ArtifactDraft, ...] = ()
    problems: tuple[str, ...] = ()


def read_files(reply: str) -> ReplyFiles:
    """Find the files in a reply; of two blocks with one path the later one stays. A fence left open gives no file."""
    artifacts: dict[str, ArtifactDraft] = {}
    problems: list[str] = []
    for block in _find_blocks(reply):
        if block.named is None:
            continue
        try:
            path = "/".join(check_path(block.named))
        except WorkspaceError as error:
            problems.append(shorten(f"A file was left out: {error}", 300))
            continue
        data = block.content.encode()
        if len(data) > MOST_FILE_BYTES:
            problems.append(f"The file {path} was left out: it has more than {MOST_FILE_BYTES} bytes.")
        elif path not in artifacts and len(artifacts) == MOST_REPLY_FILES:
            problems.append(f"The file {path} was left out: one answer may hold {MOST_REPLY_FILES} files.")
        else:
            artifacts[path] = ArtifactDraft(path=path, content=data)
    return ReplyFiles(artifacts=tuple(artifacts.values()), problems=tuple(problems))


def replace_files(reply: str, contents: Mapping[str, str]) -> str:
    """Return the reply with other contents in those of its blocks that `read_files` took the named paths from."""
    lines = _split_lines(reply)
    left = dict(contents)
    for block in reversed(_find_blocks(reply)):  # from the end, so that line numbers stay true
        content = left.pop(block.named.removeprefix("./"), None) if block.named is not None else None
        if content is None:
            continue
        fence = block.fence
        while fence in content:
            fence += fence[0]
        lines[block.begin - 1] = lines[block.begin - 1].replace(block.fence, fence, 1)
        lines[block.begin : block.end + 1] = [*content.removesuffix("\n").split("\n"), fence]
    return "\n".join(lines)


def name_blocks(reply: str, wanted: Sequence[str], usable: Callable[[str, str], bool] = lambda path, text: True) -> str:
    """Return the reply with each of the `wanted` paths that it does not name given to a block that names none.

    It goes to the first block whose content is `usable` and whose language fits the ending of the path, else to the
    first that tells no language. A block that only repeats the prompts' example counts as one without a path.
    """
    missing = find_missing(reply, wanted)
    if not missing:
        return reply
    lines = _split_lines(reply)
    free = [
        block
        for block in _find_blocks(reply)
        if block.content.strip()
        and (block.named is None or (block.named == EXAMPLE_PATH and block.named not in wanted))
    ]
    for fits in (_has_language, _has_no_language):
        for path in list(missing):
            chosen = next((block for block in free if fits(block, path) and usable(path, block.content)), None)
            if chosen is not None:
                missing.remove(path)
                free.remove(chosen)
                lines[chosen.begin - 1] = write_opening(path, chosen.fence)
    return "\n".join(lines)


def find_missing(reply: str, wanted: Collection[str]) -> list[str]:
    """Return those of the `wanted` paths that a reply holds no file for."""
    held = {draft.path for draft in read_files(reply).artifacts}
    return [path for path in wanted if path not in held]


def write_opening(path: str, fence: str = "```") -> str:
    """Return the line that opens a file's block."""
    return f"{fence}{name_language(path)} path={path}"


def write_block(path: str, content: str) -> str:
    """Return a file as a block that names its path."""
    return write_fenced(content, write_opening(path, fence=""))


def write_fenced(content: str, info: str) -> str:
    """Return text as a code block, with a fence that is longer than any in it."""
    fence = "```"
    while fence in content:
        fence += "`"
    body = content.removesuffix("\n")
    return f"{fence}{info}\n{body}\n{fence}"


def read_bare(answer: str, path: str) -> tuple[str, bool]:
    """Return what of an answer may be the one file that it was asked for, and whether its form tells that it is.

    A small model that was told how to begin goes on from there: its text has an end, but no beginning. Or it begins a
    block and forgets its end. An answer without any block may be a file of plain words.
    """
    lines = _split_lines(answer.strip())
    fences = [(number, match.group(2).strip()) for number, line in enumerate(lines) if (match := _FENCE.match(line))]
    if not fences:
        return _join(lines), find_ending(path) in _PROSE
    first, info = fences[0]
    block = _Block(named=None, info=info, fence="", begin=0, end=0, content="")
    if (info and _has_language(block, path)) or (not first and _has_no_language(block, path)):
        return (_join(lines[first + 1 :]), True) if len(fences) == 1 else ("", False)
    end = _find_end(fences)
    return (_join(lines[:end]), len(fences) % 2 == 1) if end else ("", False)


def _find_end(fences: Sequence[tuple[int, str]]) -> int | None:
    """Return the line that closes a block which was begun before, and may hold blocks itself."""
    is_inside = False
    for number, info in fences:
        if not info and not is_inside:
            return number
        is_inside = bool(info)
    return None


def _join(lines: Sequence[str]) -> str:
    text = "\n".join(lines).strip("\n")
    return f"{text}\n" if text.strip() else ""


@dataclass(frozen=True, kw_only=True)
class _Block:
    """A closed code block."""

    #: The path that it names.
    named: str | None
    #: What stands after its opening fence.
    info: str
    fence: str
    #: The line after its opening, and the line that closes it.
    begin: int
    end: int
    content: str


def _split_lines(reply: str) -> list[str]:
    return reply.replace("\r\n", "\n").split("\n")  # `splitlines` would break files at form feeds too


def _has_language(block: _Block, path: str) -> bool:
    return _language(block) in {find_ending(path), *LANGUAGES.get(find_ending(path), ())}


def _has_no_language(block: _Block, path: str) -> bool:
    """Tell whether a block may be anything: it names no language, or, for an ending that nobody knows, such a one."""
    language = _language(block)
    return language in _NO_LANGUAGE or (language not in _LANGUAGE_NAMES and find_ending(path) not in LANGUAGES)


def _language(block: _Block) -> str:
    words = re.split(r"[\s:{,]", block.info.strip().lower(), maxsplit=1)
    return words[0].strip(".`")


def _find_blocks(reply: str) -> list[_Block]:
    """Return each closed block, in order."""
    blocks: list[_Block] = []
    fence, info, path, before, begin = "", "", None, "", 0
    lines = _split_lines(reply)
    for number, line in enumerate(lines):
        match = _FENCE.match(line)
        if not fence and match:
            fence, info, begin = match.group(1), match.group(2), number + 1
            path = _path_of_info(info) or _path_of_line(before)
        elif fence and match and match.group(1).startswith(fence) and not match.group(2).strip():
            content = "".join(f"{text}\n" for text in lines[begin:number])
            blocks.append(_Block(named=path, info=info, fence=fence, begin=begin, end=number, content=content))
            fence, before = "", ""
        elif not fence and line.strip():
            before = line
    return blocks


def _path_of_info(info: str) -> str | None:
    if len(info) > _MOST_NAMING:
        return None
    if named := _NAMED.search(info):
        return named.group(1).strip("\"'`")
    for word in info.split():
        if ":" in word and _PATH_ALONE.fullmatch(word.partition(":")[2]):  # ```python:app/main.py
            return word.partition(":")[2]
        if _PATH_ALONE.fullmatch(word):
            return word
    return None


def _path_of_line(line: str) -> str | None:
    if len(line) > _MOST_NAMING:
        return None
    if labelled := _LABELLED.match(line):
        return labelled.group("path").strip("`*\"' ") or None
    bare = line.strip().strip("#*_ ").rstrip(":").strip("`*_ ")
    return bare if _PATH_ALONE.fullmatch(bare) else None
