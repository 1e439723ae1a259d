"""Writes `event_types.ts`, the browser's event types, from the Python ones: `npm run types`."""

from __future__ import annotations

import datetime as dt
import inspect
import types
import typing
from pathlib import Path

from pydantic import BaseModel

from common import events

TARGET = Path(__file__).with_name("event_types.ts")

_HEADER = """\
// The events of a session, generated from common/events.py by `npm run types`. Do not edit.
"""

_PLAIN: dict[object, str] = {
    str: "string",
    int: "number",
    float: "number",
    bool: "boolean",
    type(None): "null",
    dt.datetime: "string",
}


def generate() -> str:
    """Return the text of `event_types.ts` as it should be now."""
    union = typing.get_args(events.DurableEvent)
    parts_of_events = [events.Receipt, events.AgentInfo, events.SubtaskInfo, events.Claim]
    models = [*parts_of_events, *union, events.LoggedEvent, events.LiveTokens]
    parts = [_HEADER, *map(_interface, models)]
    parts.append("export type DurableEvent =\n" + "\n".join(f"  | {model.__name__}" for model in union) + ";\n")
    return "\n".join(parts)


def _interface(model: type[BaseModel]) -> str:
    hints = typing.get_type_hints(model)
    fields = "".join(f"  {name}: {_type(hints[name])};\n" for name in model.model_fields)
    summary = (inspect.getdoc(model) or "").splitlines()[0]
    return f"/** {summary} */\nexport interface {model.__name__} {{\n{fields}}}\n"


def _type(hint: object) -> str:
    """Return TypeScript's word for a Python type; raises TypeError for one that no event has had so far."""
    if hint == events.DurableEvent:
        return "DurableEvent"
    if hint in _PLAIN:
        return _PLAIN[hint]
    if isinstance(hint, type) and issubclass(hint, BaseModel):
        return hint.__name__
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin is typing.Literal:
        return " | ".join(f'"{value}"' for value in args)
    if origin in (typing.Union, types.UnionType):
        return " | ".join(map(_type, args))
    if origin is list:
        item = _type(args[0])
        return f"({item})[]" if "|" in item else f"{item}[]"
    if origin is dict:
        return f"Record<{_type(args[0])}, {_type(args[1])}>"
    raise TypeError(f"There is no TypeScript word for {hint!r} yet.")


if __name__ == "__main__":
    TARGET.write_text(generate(), encoding="utf-8")
