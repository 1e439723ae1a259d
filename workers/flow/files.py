"""Files in a model's reply: fenced code blocks that name their path.

A block names its path in its info string (`python path=app/main.py`, `app/main.py`) or on the line just before it
(`File: app/main.py`, **`app/main.py`**, `### app/main.py`). Other blocks are only shown.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from common.errors import WorkspaceError
from workers.flow.journal import ArtifactDraft
from workers.flow.text import shorten
from workers.flow.workspace import MOST_FILE_BYTES, check_path

#: The most files of one reply.
MOST_REPLY_FILES = 20

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
    for block in _named_blocks(reply):
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
    for block in reversed(_named_blocks(reply)):  # from the end, so that line numbers stay true
        content = left.pop(block.named.removeprefix("./"), None)
        if content is None:
            continue
        fence = block.fence
        while fence in content:
            fence += fence[0]
        lines[block.begin - 1] = lines[block.begin - 1].replace(block.fence, fence, 1)
        lines[block.begin : block.end + 1] = [*content.removesuffix("\n").split("\n"), fence]
    return "\n".join(lines)


@dataclass(frozen=True, kw_only=True)
class _Block:
    """A closed code block that names a path."""

    named: str
    fence: str
    #: The line after its opening, and the line that closes it.
    begin: int
    end: int
    content: str


def _split_lines(reply: str) -> list[str]:
    return reply.replace("\r\n", "\n").split("\n")  # `splitlines` would break files at form feeds too


def _named_blocks(reply: str) -> list[_Block]:
    """Return each closed block that names a path, in order."""
    blocks: list[_Block] = []
    fence, path, before, begin = "", None, "", 0
    lines = _split_lines(reply)
    for number, line in enumerate(lines):
        match = _FENCE.match(line)
        if not fence and match:
            fence, begin = match.group(1), number + 1
            path = _path_of_info(match.group(2)) or _path_of_line(before)
        elif fence and match and match.group(1).startswith(fence) and not match.group(2).strip():
            if path is not None:
                content = "".join(f"{text}\n" for text in lines[begin:number])
                blocks.append(_Block(named=path, fence=fence, begin=begin, end=number, content=content))
            fence, before = "", ""
        elif not fence and line.strip():
            before = line
    return blocks


def _path_of_info(info: str) -> str | None:
    if named := _NAMED.search(info):
        return named.group(1).strip("\"'`")
    for word in info.split():
        if ":" in word and _PATH_ALONE.fullmatch(word.partition(":")[2]):  # ```python:app/main.py
            return word.partition(":")[2]
        if _PATH_ALONE.fullmatch(word):
            return word
    return None


def _path_of_line(line: str) -> str | None:
    if labelled := _LABELLED.match(line):
        return labelled.group("path").strip("`*\"' ") or None
    bare = line.strip().strip("#*_ ").rstrip(":").strip("`*_ ")
    return bare if _PATH_ALONE.fullmatch(bare) else None
