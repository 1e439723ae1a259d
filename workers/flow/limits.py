"""The limits of a loop that lets a model call tools, and what it has taken of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from common.errors import InvalidInput
from workers.flow.journal import StepResult


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How much one loop may take. At any of these its agent is asked once for its answer, without tools."""

    #: Model calls, that for the answer included; 2 at least.
    turns: int
    tool_calls: int
    #: Of all turns but the one for the answer, which has as much as any answer.
    output_tokens: int
    #: Of all turns and tools; the turn for the answer may take as long again.
    seconds: float

    def __post_init__(self) -> None:
        if self.turns < 2 or min(self.tool_calls, self.output_tokens, self.seconds) <= 0:
            raise InvalidInput("A loop needs two turns at least, and something of everything else.")


@dataclass(kw_only=True)
class Spent:
    """What a loop has taken so far, by its journal."""

    turns: int = 0
    empty_turns: int = 0
    tool_calls: int = 0
    output_tokens: int = 0
    seconds: float = 0.0

    def add_turn(self, step: StepResult) -> None:
        """Count a model call."""
        self.turns += 1
        self.empty_turns += step.output["error"] is not None
        self.output_tokens += step.output_tokens
        self.seconds += cast("float", step.output.get("seconds", 0.0))

    def add_tools(self, results: Sequence[StepResult]) -> None:
        """Count tool calls."""
        self.tool_calls += len(results)
        self.seconds += sum(cast("float", result.output["seconds"]) for result in results)

    def find_limit(self, limits: Limits) -> str | None:
        """Return the limit that is reached, as people and the model read it."""
        if self.turns >= limits.turns - 1:
            return f"the limit of {limits.turns} turns"
        if self.tool_calls >= limits.tool_calls:
            return f"the limit of {limits.tool_calls} tool calls"
        if self.output_tokens >= limits.output_tokens:
            return f"the limit of {limits.output_tokens} tokens"
        if self.seconds >= limits.seconds:
            return f"the limit of {limits.seconds:g} seconds"
        return None
