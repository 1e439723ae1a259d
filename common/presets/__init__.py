"""The templates that ship, a file each: they can be used and copied, not changed. Imports `common.templates` alone.

A file's name is the preset's id, which is never one of `common.ids`; the files' order is that of their names.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from common.templates import TemplateContent


@dataclass(frozen=True, kw_only=True)
class Preset:
    """A template that ships."""

    id: str
    name: str
    content: TemplateContent


@cache
def load_presets() -> dict[str, Preset]:
    """Return the presets by id, in the order of their names."""
    found = []
    for file in files(__name__).iterdir():
        if file.name.endswith(".toml"):
            data = tomllib.loads(file.read_text(encoding="utf-8"))
            name = data.pop("name")
            content = TemplateContent.model_validate(data)
            found.append(Preset(id=file.name.removesuffix(".toml"), name=name, content=content))
    return {preset.id: preset for preset in sorted(found, key=lambda preset: preset.name)}
