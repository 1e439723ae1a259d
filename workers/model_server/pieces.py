"""The pieces of an answer: what the engine's chunks say."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from workers.model_server.errors import Refusal


@dataclass(frozen=True, kw_only=True)
class Ending:
    """Why a generation ended, and what it took; durations in nanoseconds."""

    reason: str
    prompt_tokens: int
    output_tokens: int
    prompt_ns: int
    output_ns: int


@dataclass(frozen=True, kw_only=True)
class WrittenCall:
    """A tool call as the model wrote it."""

    name: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Piece:
    """A piece of an answer; the last one carries the ending."""

    text: str
    tool_calls: tuple[WrittenCall, ...] = ()
    ending: Ending | None = None


def read_chunk(chunk: dict[str, Any]) -> Piece | None:
    """Return what a chunk says; None where it only tells how far the prompt has been read."""
    check_answer(chunk)
    choice = chunk["choices"][0]
    if choice["finish_reason"] is None:
        return Piece(text=choice["text"]) if choice["text"] else None
    return Piece(text=choice["text"], ending=_read_ending(chunk, choice["finish_reason"]))


def _read_ending(chunk: dict[str, Any], reason: str) -> Ending:
    usage, timings = chunk["usage"], chunk["timings"]
    return Ending(
        reason=reason,
        prompt_tokens=usage["prompt_tokens"],
        output_tokens=usage["completion_tokens"],
        prompt_ns=int(timings["prompt_ms"] * 1e6),
        output_ns=int(timings["predicted_ms"] * 1e6),
    )


def check_answer(answer: Mapping[str, Any]) -> None:
    """Raise Refusal where the engine answered with an error."""
    if error := answer.get("error"):
        status = 400 if 400 <= error.get("code", 500) < 500 else 500
        raise Refusal(status, f"the model could not answer: {error.get('message', 'no reason given')}")


class ChatReader:
    """Reads the chunks of a chat that may call tools; a call comes in parts and is handed on when it is whole."""

    def __init__(self) -> None:
        #: Of each call, in order: its name and the JSON of its arguments.
        self._calls: dict[int, list[str]] = {}
        self._reason = ""

    def read(self, chunk: dict[str, Any]) -> Piece | None:
        """Return what a chunk says, or None; the tool calls come after the text, before the ending. Raises Refusal."""
        check_answer(chunk)
        if not chunk["choices"]:
            return Piece(text="", ending=_read_ending(chunk, self._reason))
        choice = chunk["choices"][0]
        for part in choice["delta"].get("tool_calls") or ():
            call = self._calls.setdefault(part["index"], ["", ""])
            call[0] += part["function"].get("name") or ""
            call[1] += part["function"].get("arguments") or ""
        if reason := choice["finish_reason"]:
            self._reason = "length" if reason == "length" else "stop"  # Ollama has no `tool_calls` here
            calls = tuple(_read_call(name, arguments) for name, arguments in self._calls.values())
            return Piece(text="", tool_calls=calls) if calls else None
        text = choice["delta"].get("content")
        return Piece(text=text) if text else None


def _read_call(name: str, arguments: str) -> WrittenCall:
    """Return a call; raises Refusal, in Ollama's words, for one that was cut off or is no JSON object."""
    try:
        given = json.loads(arguments or "{}")
    except ValueError as error:
        raise Refusal(500, f"error parsing tool call: raw='{arguments}', err={error}") from None
    if not isinstance(given, dict):
        raise Refusal(500, f"error parsing tool call: raw='{arguments}', err=it is not an object")
    return WrittenCall(name=name, arguments=given)
