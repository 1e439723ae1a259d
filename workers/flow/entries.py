"""Entries: the last way to a file of settings, for a model that writes none that can be parsed.

Asked for by a schema, its keys and values always come; the form of the file is then ours.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import cast

import yaml
from pydantic import Field, JsonValue

from workers.flow.checks import check_file
from workers.flow.endings import find_ending
from workers.flow.journal import ArtifactDraft
from workers.flow.prompt import Prompt
from workers.flow.schemas import Draft, ModelText, bounded_schema, read_draft

_MOST_ENTRIES = 12
_NUMBER = re.compile(r"-?(?:0|[1-9]\d{0,17})(?:\.\d{1,17})?")
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")

_Value = str | int | float | bool
#: The values by section and key; those of no section stand under the empty name.
_Sections = Mapping[str, Mapping[str, _Value]]


class EntryDraft(Draft):
    """One setting as a model writes it."""

    section: ModelText = Field(default="", json_schema_extra={"maxLength": 40})
    key: ModelText = Field(default="", json_schema_extra={"minLength": 1, "maxLength": 40})
    value: ModelText = Field(default="", json_schema_extra={"maxLength": 120})


class EntriesDraft(Draft):
    """The settings of a file as a model writes them."""

    entries: list[EntryDraft] = Field(json_schema_extra={"minItems": 1, "maxItems": _MOST_ENTRIES})


def has_entries(path: str) -> bool:
    """Tell whether a file may be written from keys and values."""
    return find_ending(path) in _WRITERS


def entries_schema() -> dict[str, JsonValue]:
    """Return the JSON schema of a file's settings."""
    return bounded_schema(EntriesDraft)


def entries_prompt(system: str, task: str, path: str) -> Prompt:
    """Ask for the settings of a file."""
    return Prompt(system=system, template="entries.md", values={"task": task, "path": path})


def take_entries(answer: str, path: str) -> tuple[ArtifactDraft, ...]:
    """Return the file that the settings of an answer make, if there are any; of two for one key the first counts."""
    draft = read_draft(EntriesDraft, answer)
    if isinstance(draft, str):
        return ()
    sections: dict[str, dict[str, _Value]] = {"": {}}
    for entry in draft.entries[:_MOST_ENTRIES]:
        if key := entry.key.strip():
            sections.setdefault(entry.section.strip(), {}).setdefault(key, _read_value(entry.value.strip()))
    sections[""] = {key: value for key, value in sections[""].items() if key not in sections}
    content = _WRITERS[find_ending(path)](sections).encode()
    is_sound = any(sections.values()) and check_file(path, content).problem is None
    return (ArtifactDraft(path=path, content=content),) if is_sound else ()


def _read_value(text: str) -> _Value:
    if text in {"true", "false"} or _NUMBER.fullmatch(text):
        return cast("_Value", json.loads(text))
    return text


def _nest(sections: _Sections) -> dict[str, object]:
    return {**sections[""], **{name: values for name, values in sections.items() if name}}


def _write_json(sections: _Sections) -> str:
    return json.dumps(_nest(sections), ensure_ascii=False, indent=2) + "\n"


def _write_yaml(sections: _Sections) -> str:
    return str(yaml.safe_dump(_nest(sections), allow_unicode=True, sort_keys=False))


def _write_toml(sections: _Sections) -> str:
    parts = []
    for name, values in sections.items():
        lines = [f"[{_write_key(name)}]"] if name else []
        lines += [f"{_write_key(key)} = {json.dumps(value, ensure_ascii=False)}" for key, value in values.items()]
        parts += ["\n".join(lines) + "\n"] if lines else []
    return "\n".join(parts)


def _write_key(key: str) -> str:
    return key if _BARE_KEY.fullmatch(key) else json.dumps(key, ensure_ascii=False)


_WRITERS: dict[str, Callable[[_Sections], str]] = {
    "json": _write_json,
    "toml": _write_toml,
    "yaml": _write_yaml,
    "yml": _write_yaml,
}
