"""Checks of files as they are written: whether they can be parsed. Nothing of them is ever executed."""

from __future__ import annotations

import ast
import asyncio
import json
import threading
import tomllib
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

import yaml

from common.events import ArtifactWritten
from workers.flow.journal import ArtifactDraft, find_call
from workers.flow.text import shorten

#: Larger files are not checked, for parsing may hold up everything else: this much takes a tenth of a second.
MOST_CHECKED_BYTES = 128 * 1024
#: Nor is TOML with more dots in a line: parsing a dotted key takes the square of its length.
_MOST_TOML_DOTS = 200
#: Nor is YAML of more levels: each bracket takes as long as there are open ones.
_MOST_YAML_LEVELS = 500
_PROBLEM_LENGTH = 300
#: Which warnings are shown is the same for all threads of a process.
_WARNINGS = threading.Lock()


@dataclass(frozen=True, kw_only=True)
class FileCheck:
    """What a check found."""

    #: Whether there is a check for such a file, and it came to a verdict.
    checked: bool = False
    #: A sentence, where the file cannot be parsed.
    problem: str | None = None


def check_file(path: str, content: bytes) -> FileCheck:
    """Parse a file of Python, JSON, TOML or YAML, told by the ending of its name. Takes time, see `check_files`."""
    kind = _find_kind(path)
    if kind is None or len(content) > MOST_CHECKED_BYTES:
        return FileCheck()
    name, parse = kind
    try:
        parse(content)
    except UnicodeDecodeError:
        return FileCheck(checked=True, problem=f"Not valid {name}: it is not UTF-8.")
    except SyntaxError as error:
        line = f", line {error.lineno}" if error.lineno else ""
        return FileCheck(checked=True, problem=shorten(f"Not valid {name}{line}: {error.msg}.", _PROBLEM_LENGTH))
    except yaml.MarkedYAMLError as error:
        line = f", line {error.problem_mark.line + 1}" if error.problem_mark else ""
        return FileCheck(checked=True, problem=shorten(f"Not valid {name}{line}: {error.problem}.", _PROBLEM_LENGTH))
    except (ValueError, yaml.YAMLError) as error:  # it names the line itself
        return FileCheck(checked=True, problem=shorten(f"Not valid {name}: {error}.", _PROBLEM_LENGTH))
    except (RecursionError, MemoryError):  # the parser gave up: what it is worth, nobody knows
        return FileCheck()
    return FileCheck(checked=True)


async def check_files(drafts: Sequence[ArtifactDraft]) -> tuple[FileCheck, ...]:
    """Check files in a thread, so that a loop with other flows goes on meanwhile."""
    if not drafts:  # nothing is awaited, so that steps without files are committed in the order they end in
        return ()
    return await asyncio.to_thread(lambda: tuple(check_file(draft.path, draft.content) for draft in drafts))


async def tell_written(step: str, agent: str, drafts: Sequence[ArtifactDraft]) -> tuple[ArtifactWritten, ...]:
    """Return the events of files that came out of a step, each checked."""
    return tuple(
        ArtifactWritten(
            step=step,
            agent=agent,
            call=find_call(step),
            path=draft.path,
            sha256=draft.sha256,
            size=len(draft.content),
            checked=check.checked,
            problem=check.problem,
        )
        for draft, check in zip(drafts, await check_files(drafts), strict=True)
    )


def has_check(path: str) -> bool:
    """Tell whether files of this kind are parsed."""
    return _find_kind(path) is not None


def _find_kind(path: str) -> tuple[str, Callable[[bytes], object]] | None:
    file = PurePosixPath(path)
    match file.suffix.lower():
        case ".py" | ".pyi":
            return "Python", _parse_python
        case ".json" | ".ipynb" if not _may_have_comments(file):
            return "JSON", _parse_json
        case ".toml":
            return "TOML", _parse_toml
        case ".yaml" | ".yml" if "templates" not in file.parts:  # there a program fills them in first
            return "YAML", _parse_yaml
    return None


def _may_have_comments(file: PurePosixPath) -> bool:
    """Tell whether a `.json` is one of those whose programs allow comments in them."""
    name = file.name.lower()
    return name.startswith(("tsconfig", "jsconfig", "devcontainer", ".")) or ".vscode" in file.parts


def _parse_python(content: bytes) -> None:
    with _WARNINGS, warnings.catch_warnings():  # of escapes that mean nothing, and the like
        warnings.simplefilter("ignore")
        ast.parse(content)


def _parse_json(content: bytes) -> None:
    # Numbers stay text: Python would refuse those of many digits.
    json.loads(content.decode("utf-8-sig"), parse_int=len, parse_float=len, parse_constant=_refuse_constant)


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON value")


def _parse_toml(content: bytes) -> None:
    if any(line.count(b".") > _MOST_TOML_DOTS for line in content.splitlines()):
        raise RecursionError("The TOML is too deep to be checked.")
    tomllib.loads(content.decode())


def _parse_yaml(content: bytes) -> None:
    """Read the events of all documents; nothing is built of them, so an alias stays a name, whatever it stands for."""
    anchors, level = set[str](), 0
    for event in yaml.parse(content, Loader=yaml.CSafeLoader):
        match event:
            case yaml.DocumentStartEvent():
                anchors.clear()
            case yaml.AliasEvent() if event.anchor not in anchors:
                raise ValueError(f"the alias {event.anchor} stands for nothing")
            case yaml.ScalarEvent() if level == 0 and event.value:
                raise ValueError("it is a text, without any keys or list")
            case yaml.NodeEvent() if event.anchor is not None:
                anchors.add(event.anchor)
        level += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if level > _MOST_YAML_LEVELS:
            raise RecursionError("The YAML is too deep to be checked.")
