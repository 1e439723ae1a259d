"""Small works on text that come from a model."""

from __future__ import annotations


def clean_text(text: str) -> str:
    """Return `text` without what a database or a socket cannot carry: NULs and lone surrogates."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")


def shorten(text: str, length: int) -> str:
    """Return `text` on one line, of at most `length` characters."""
    line = " ".join(text.split())
    return line if len(line) <= length else line[: length - 1].rstrip() + "…"
