"""The prompts, one Jinja file each, and the function that renders them. Imports nothing of the framework."""

from __future__ import annotations

import functools
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined


def render_prompt(name: str, **values: object) -> str:
    """Render the prompt file `name`; a value that the file names and the caller forgot raises."""
    return _environment().get_template(name).render(**values).strip()


@functools.cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,  # noqa: S701 - prompts are plain text, never HTML
    )
