"""Whether an agent that calls tools goes round in circles."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from workers.flow.journal import StepResult
from workers.flow.model import Message, ToolCall, write_call
from workers.flow.text import shorten

#: How often the same call with the same result, the same error or the same text is going round in circles.
MOST_REPEATS = 3


@dataclass
class Circles:
    """Notices when a loop goes round in circles."""

    told: bool = False
    _seen: Counter[str] = field(default_factory=Counter)

    def find(
        self, text: str, calls: Sequence[ToolCall], answers: Sequence[Message], results: Sequence[StepResult]
    ) -> str:
        """Take note of a turn; return what was repeated in it too often, or an empty text."""
        signs = [
            (f"call {json.dumps(write_call(call), sort_keys=True)} {answer.content}", f"the same call of {call.name}")
            for call, answer in zip(calls, answers, strict=True)
        ]
        errors = [str(result.output["text"]) for result in results if result.output["failed"]]
        signs += [(f"error {error}", f"the same error ({shorten(error, 100)})") for error in errors]
        signs += [(f"text {text}", "the same text")] if text.strip() else []
        for sign, _ in signs:
            self._seen[sign] += 1
        return next(
            (f"{what}, {self._seen[sign]} times" for sign, what in signs if self._seen[sign] >= MOST_REPEATS), ""
        )
