"""A toolbox: the tools that a model may call, and how a call becomes a result, whatever the model wrote."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar, cast

from pydantic import BaseModel, ConfigDict, JsonValue, ValidationError

from common.errors import WorkspaceError
from common.events import Notice
from workers.flow.journal import ArtifactDraft
from workers.flow.model import ToolCall, ToolSpec
from workers.flow.text import clean_text, shorten

#: The most characters of a result.
MOST_RESULT_CHARACTERS = 8000


class Arguments(BaseModel):
    """Base of what a tool takes; each field's description is what the model reads of it."""

    model_config = ConfigDict(frozen=True, extra="forbid")


@dataclass(frozen=True, kw_only=True)
class ToolOutcome:
    """What a call came to."""

    #: What the model reads.
    text: str
    failed: bool = False
    #: Files to be committed with the call, and written afterwards.
    artifacts: tuple[ArtifactDraft, ...] = ()
    #: Goes into the output of its step beside what all tools tell.
    facts: Mapping[str, JsonValue] = field(default_factory=dict)
    #: What people should hear, once in a flow.
    notices: tuple[Notice, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Tool:
    """One tool."""

    spec: ToolSpec
    #: Raises ValidationError for arguments that it does not take, or WorkspaceError.
    use: Callable[[Mapping[str, JsonValue]], Awaitable[ToolOutcome]]
    #: Whether it writes; of those only one runs at a time, so that no change is lost between a read and a write.
    writes: bool = False
    #: Whether its start is committed before it runs, so that one that was broken off is never run again unasked.
    runs_once: bool = False


ArgumentsType = TypeVar("ArgumentsType", bound=Arguments)


def make_tool(
    name: str,
    description: str,
    arguments: type[ArgumentsType],
    use: Callable[[ArgumentsType], ToolOutcome],
    *,
    writes: bool = False,
) -> Tool:
    """Make a tool of a function that takes checked arguments; it may block, so it is run in a thread."""

    async def use_in_thread(given: ArgumentsType) -> ToolOutcome:
        return await asyncio.to_thread(use, given)

    return make_async_tool(name, description, arguments, use_in_thread, writes=writes)


def make_async_tool(
    name: str,
    description: str,
    arguments: type[ArgumentsType],
    use: Callable[[ArgumentsType], Awaitable[ToolOutcome]],
    *,
    writes: bool = False,
    runs_once: bool = False,
) -> Tool:
    """Make a tool of a coroutine function that takes checked arguments."""

    async def use_checked(given: Mapping[str, JsonValue]) -> ToolOutcome:
        return await use(arguments.model_validate(given))

    spec = ToolSpec(name=name, description=description, parameters=_write_schema(arguments))
    return Tool(spec=spec, use=use_checked, writes=writes, runs_once=runs_once)


class Toolbox:
    """The tools of one agent."""

    def __init__(self, tools: Sequence[Tool]) -> None:
        self._tools = {tool.spec.name: tool for tool in tools}

    @property
    def specs(self) -> tuple[ToolSpec, ...]:
        """The tools as a model is told of them."""
        return tuple(tool.spec for tool in self._tools.values())

    def without_writing(self) -> Toolbox:
        """Return those of the tools that change nothing."""
        return Toolbox([tool for tool in self._tools.values() if not tool.writes])

    def writes(self, call: ToolCall) -> bool:
        """Tell whether a call may write."""
        return call.name in self._tools and self._tools[call.name].writes

    def runs_once(self, call: ToolCall) -> bool:
        """Tell whether the start of a call is to be committed before it."""
        return call.name in self._tools and self._tools[call.name].runs_once

    async def use(self, call: ToolCall) -> ToolOutcome:
        """Carry out a call. One that cannot be carried out has a result too: a sentence that says why."""
        tool = self._tools.get(call.name)
        if isinstance(call.arguments, str):
            return _fail(f"The call could not be read ({call.arguments}). Arguments are one JSON object.")
        if tool is None:
            return _fail(f"There is no tool {call.name!r}. There are: {', '.join(self._tools)}.")
        try:
            outcome = await tool.use(call.arguments)
        except ValidationError as error:
            return _fail(_explain(tool.spec, error))
        except WorkspaceError as error:
            return _fail(str(error))
        return replace(outcome, text=cut_text(clean_text(outcome.text)) or "Nothing.")


def cut_text(text: str, most: int = MOST_RESULT_CHARACTERS) -> str:
    """Return `text`, with a note in the place of its end where it is too long."""
    return text if len(text) <= most else f"{text[:most]}\n[{len(text) - most} more characters were left out]"


def cut_middle(text: str, most: int) -> str:
    """Return `text`, with a note in the place of its middle where it is too long."""
    half = most // 2
    left_out = len(text) - 2 * half
    note = f"\n[{left_out} characters were left out]\n"
    return f"{text[:half]}{note}{text[len(text) - half :]}" if len(text) > most else text


def describe_call(call: ToolCall) -> str:
    """Return what people read of a call, e.g. "Read file app/main.py"."""
    given = list(call.arguments.values()) if isinstance(call.arguments, Mapping) else []
    first = given[0] if given and isinstance(given[0], str) else ""
    return shorten(f"{(call.name or 'a tool').replace('_', ' ').capitalize()} {first}", 80)


def _fail(sentence: str) -> ToolOutcome:
    return ToolOutcome(text=f"Error: {cut_text(clean_text(sentence), 1000)}", failed=True)


def _explain(spec: ToolSpec, error: ValidationError) -> str:
    problems = [
        f"{'.'.join(str(part) for part in problem['loc']) or 'arguments'}: {problem['msg']}"
        for problem in error.errors(include_url=False)[:5]
    ]
    taken = ", ".join(cast("Mapping[str, JsonValue]", spec.parameters["properties"]))
    return f"{spec.name} did not take these arguments. {'; '.join(problems)}. It takes: {taken}."


def _write_schema(arguments: type[Arguments]) -> dict[str, JsonValue]:
    """Return the schema that a model gets: of each field what Ollama passes on, its type and its description."""
    schema = arguments.model_json_schema()
    kept = {
        name: {word: field[word] for word in ("type", "description") if word in field}
        for name, field in schema["properties"].items()
    }
    return {"type": "object", "properties": kept, "required": schema.get("required", [])}
