"""The files that a task wants: paths that its own text names, and that are not there yet.

A name is a word with an ending that files have. What stands in a code block, an address or a call is none. By rule a
named file is to be written, whatever the language of the task; only where a sentence, in English or German, plainly
asks about a file instead of asking for it, it is not. What such a rule misses, the plan may still carry.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from itertools import islice

from common.errors import WorkspaceError
from workers.flow.endings import LANGUAGES, find_ending
from workers.flow.workspace import Workspace, check_path

#: The most files that are wanted by rule.
MOST_WANTED = 12
#: The most names in a task that are looked at, so that a long list of them holds nobody up.
MOST_NAMES = 1000
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
#: A word and what stands right after it. ASCII only: in scripts without blanks a name stands beside other letters.
_WORD = re.compile(r"([A-Za-z0-9_./~\\-]+)(\(?)")
_MOST_NAME = 100
#: How much of a sentence before a name says whether it is asked for, in characters.
_MOST_BEFORE = 200
_HOST = re.compile(r"www\.|[\w-]+\.(?:com|org|net|io|dev|app|de|eu|edu|gov)(?:/|$)", re.IGNORECASE)
#: Things whose name ends as a file's does.
_PRODUCTS = re.compile(
    r"(?:node|vue|next|nuxt|react|express|three|d3|chart|ember|backbone|angular|alpine|ASP)\.js", re.IGNORECASE
)
# ruff: noqa: RUF001 - sentences end with signs of other scripts too
_SENTENCE_END = re.compile(r"(?<=[.!?؟])(?=\s)|(?<=[。！？])")
_QUESTION = re.compile(
    r"(?:what|which|why|how|when|where|who|is|are|does|do|was|welche\w*|warum|wieso|wie|wann|wo|wer|ist|sind)\b",
    re.IGNORECASE,
)
_READING = re.compile(
    r"(?:(?:please|bitte|now|then|first)\W+)?(?:explain|describe|compare|review|summari[sz]e|translate|read|check|analy[sz]e|"
    r"look|inspect|convert|load|open|erklär|beschreib|vergleich|prüf|übersetz|lies|les|fass|analysier|untersuch)",
    re.IGNORECASE,
)
_WRITING = re.compile(
    r"\b(?:writ|creat|mak|sav|put|produc|stor|generat|add|output|into\b|to\b|as\b|"
    r"schreib|erstell|erzeug|leg|speicher|nach\b|als\b)",
    re.IGNORECASE,
)
_NEGATED = re.compile(
    r"(?:\bnot|n't|\bnever|\bwithout|\bnicht|\bnie|\bohne)(?:\s+[^\s.]{1,40}){0,3}\s*[`'\"(]*$", re.IGNORECASE
)


def find_asked(task: str) -> tuple[str, ...]:
    """Return the paths that the text of a task asks for, in order, each once."""
    asked = (path for sentence, path, before in _list_names(task) if _asks_for(sentence, before))
    return tuple(dict.fromkeys(asked))[:MOST_WANTED]


def find_named(task: str) -> tuple[str, ...]:
    """Return all paths that the text of a task names, asked for or not, in order, each once."""
    return tuple(dict.fromkeys(path for _, path, _ in _list_names(task)))


async def find_wanted(task: str, workspace: Workspace | None) -> tuple[str, ...]:
    """Return the files that a task asks for and that are not in the workspace yet, under any folder."""
    asked = find_asked(task)
    if not asked or workspace is None:
        return asked
    try:
        present = await asyncio.to_thread(workspace.list)
    except WorkspaceError:  # whoever writes there will tell
        return asked
    return tuple(path for path in asked if not any(f"/{other}".endswith(f"/{path}") for other in present))


def _list_names(task: str) -> Iterator[tuple[str, str, str]]:
    """Yield the first names in a task: their sentence, their path, and what stands before it."""
    names = ((sentence, path, before) for sentence in _split(task) for path, before in _find_names(sentence))
    return islice(names, MOST_NAMES)


def _split(task: str) -> list[str]:
    """Return the sentences of a task, without code blocks and addresses."""
    lines: list[str] = []
    fence = ""
    for line in task.split("\n"):
        mark = _FENCE.match(line)
        if mark and not fence:
            fence = mark.group(1)
        elif mark and mark.group(1).startswith(fence):
            fence = ""
        elif not fence:
            lines.append(" ".join(word for word in line.split() if "://" not in word and "@" not in word))
    return [part.strip() for line in lines for part in _SENTENCE_END.split(line) if part.strip()]


def _find_names(sentence: str) -> Iterator[tuple[str, str]]:
    """Yield each path in a sentence and what stands before it."""
    for match in _WORD.finditer(sentence):
        word, is_call = match.group(1).rstrip("."), bool(match.group(2))
        name = word.rpartition("/")[2]
        if is_call or len(word) > _MOST_NAME or find_ending(word) not in LANGUAGES or not name.rpartition(".")[0]:
            continue
        if _PRODUCTS.fullmatch(word) or _HOST.match(word):
            continue
        try:
            path = "/".join(check_path(word))
        except WorkspaceError:
            continue
        yield path, sentence[max(0, match.start() - _MOST_BEFORE) : match.start()]


def _asks_for(sentence: str, before: str) -> bool:
    if _QUESTION.match(sentence) or _NEGATED.search(before):
        return False
    asks_about = _READING.match(sentence) or sentence.endswith(("?", "？", "؟"))
    return not asks_about or bool(_WRITING.search(before))
