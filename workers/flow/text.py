"""Small works on text that come from a model."""

from __future__ import annotations

from pydantic import JsonValue

#: From here on databases write a number otherwise than Python does.
_LARGEST_NUMBER = 1e15
_MOST_DEPTH = 16


def clean_text(text: str) -> str:
    """Return `text` without what a database or a socket cannot carry: NULs and lone surrogates."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")


def clean_json(value: JsonValue, depth: int = 0) -> JsonValue:
    """Return `value` as any database keeps it: clean text, numbers of a common size, and not too deep."""
    match value:
        case str():
            return clean_text(value)
        case float() if not abs(value) < _LARGEST_NUMBER:
            return str(value)
        case list() | dict() if depth == _MOST_DEPTH:
            return "…"
        case list():
            return [clean_json(item, depth + 1) for item in value]
        case dict():
            return {clean_text(name): clean_json(item, depth + 1) for name, item in value.items()}
    return value


def shorten(text: str, length: int) -> str:
    """Return `text` on one line, of at most `length` characters."""
    line = " ".join(text.split())
    return line if len(line) <= length else line[: length - 1].rstrip() + "…"
