"""The journal: every model call, tool call and choice that shapes the flow passes through it, once."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, Protocol

from pydantic import JsonValue

from common.errors import JournalMismatch
from common.events import DurableEvent, FlowEvent

#: Where a flow tells what happens: durable happenings and token deltas. Awaited, so it may commit before the flow goes
#: on.
Emit = Callable[[FlowEvent], Awaitable[None]]


#: The step that lists what the answer claims.
CLAIMS = "claims"
#: The choice in its place, where the context has no room for it.
CLAIMS_BY_RULE = "claims/rule"
#: What stands between the key of a step and the number of a later turn of it.
_TURN = "/turn-"
_MENDING = "/mend"
_MISSING = "/files"
#: What stands between the key of a turn and the number of a tool call of it.
_TOOL = "/tool-"


def name_turn(key: str, turn: int) -> str:
    """Return the key of the `turn`-th time that the step `key` is asked for, counted from 1."""
    return key if turn == 1 else f"{key}{_TURN}{turn}"


def split_turn(key: str) -> tuple[str, int]:
    """Return the key of the step's first turn and which turn this one is, the reverse of `name_turn`."""
    first, _, turn = key.partition(_TURN)
    return first, int(turn.partition(_TOOL)[0] or 1)


def name_tool(key: str, turn: int, number: int) -> str:
    """Return the key of the `number`-th tool call of the `turn`-th turn of the step `key`, both counted from 1."""
    return f"{key}{_TURN}{turn}{_TOOL}{number}"


def name_intent(key: str) -> str:
    """Return the key of the step that says that the tool call `key` is about to run."""
    return f"{key}/intent"


def is_tool(key: str) -> bool:
    """Tell whether a step is a tool call."""
    return _TOOL in key


def find_call(key: str) -> str:
    """Return the step of the model call that a step came from: the turn that asked for a tool, else itself."""
    turn, tool, _ = key.partition(_TOOL)
    return name_turn(*split_turn(turn)) if tool else key


def name_mending(key: str) -> str:
    """Return the key of the step in which files of the step `key` are mended."""
    return f"{key}{_MENDING}"


def name_missing(key: str, number: int) -> str:
    """Return the key of the step that asks for the `number`-th file that is missing in the step `key`, from 1."""
    return f"{key}{_MISSING}" if number == 1 else f"{key}{_MISSING}-{number}"


def is_extra(key: str) -> bool:
    """Tell whether a step is one that no plan foresees.

    That is a later turn of another one, its files, its mending, a tool call, or the list of the answer's claims.
    """
    return is_tool(key) or split_turn(key)[1] > 1 or key.endswith(_MENDING) or _MISSING in key or key == CLAIMS


@dataclass(frozen=True, kw_only=True)
class StepRequest:
    """One unit of a session, before it ran."""

    #: A place in the flow (subtask and turn), the same on every replay; never the drone, never the time.
    key: str
    kind: Literal["model", "tool", "choice"]
    agent: str
    role: str | None = None
    model: str | None = None
    #: All that the outcome depends on; its hash guards the replay.
    input: Mapping[str, JsonValue] = field(default_factory=dict)

    @property
    def input_hash(self) -> str:
        """The SHA-256 of the canonical JSON of `input`, in hexadecimal."""
        text = json.dumps(self.input, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, kw_only=True)
class ArtifactDraft:
    """A file that a step produced, to be committed with it."""

    #: Relative to the workspace, `/` between its parts.
    path: str
    content: bytes

    @property
    def sha256(self) -> str:
        """The content's SHA-256 in hexadecimal."""
        return hashlib.sha256(self.content).hexdigest()


@dataclass(frozen=True, kw_only=True)
class StepResult:
    """What a step came to: the output that a replay returns, and what is committed along with it."""

    output: Mapping[str, JsonValue]
    prompt_tokens: int = 0
    output_tokens: int = 0
    #: Consequences: committed with the step, so told once, never again on a replay.
    events: tuple[DurableEvent, ...] = ()
    artifacts: tuple[ArtifactDraft, ...] = ()
    #: The place in the order of commits: the later of two writes of one file wins.
    position: int = 0
    #: True where the journal answered and nothing ran.
    replayed: bool = False


def has_other_prompts(request: StepRequest, committed: Mapping[str, JsonValue]) -> bool:
    """Tell whether a step was `committed` with other prompts in use; then its input may differ, and is no bug."""
    return request.input.get("prompts") != committed.get("prompts")


class Journal(Protocol):
    """Runs each step at most once."""

    async def run_step(self, request: StepRequest, execute: Callable[[], Awaitable[StepResult]]) -> StepResult:
        """Return the committed result of `request.key`, or execute, commit and return it.

        Raises JournalMismatch where the committed step had another input, unless other prompts were in use then; and
        LeaseLost where this process no longer owns the session; then nothing was committed.
        """
        ...


class MemoryJournal:
    """Keeps the steps in memory: for the framework as a library, and for tests of replay."""

    def __init__(self, emit: Emit | None = None) -> None:
        self.steps: dict[str, tuple[StepRequest, StepResult]] = {}
        self._emit = emit
        self._lock = asyncio.Lock()

    async def run_step(self, request: StepRequest, execute: Callable[[], Awaitable[StepResult]]) -> StepResult:
        """See `Journal.run_step`."""
        if request.key in self.steps:
            committed, result = self.steps[request.key]
            if committed.input_hash != request.input_hash and not has_other_prompts(request, committed.input):
                raise JournalMismatch(f"Step {request.key} was journaled with another input.")
            return replace(result, replayed=True)
        result = await execute()
        async with self._lock:  # events of one step stay together
            result = replace(result, position=len(self.steps) + 1)
            self.steps[request.key] = (request, result)
            if self._emit is not None:
                for event in result.events:
                    await self._emit(event)
        return result
