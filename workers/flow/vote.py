"""A vote: how drones choose among their proposals."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import cast

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from workers.flow.schemas import Draft, ModelText, bounded_schema
from workers.flow.text import shorten

REASON_LENGTH = 200

_MARKER = re.compile(r"\W*(DIS)?AGREE\W*", re.IGNORECASE)


class VoteDraft(Draft):
    """A vote as a model writes it."""

    choice: ModelText
    reason: ModelText = Field(default="", json_schema_extra={"maxLength": REASON_LENGTH})


class Vote(BaseModel):
    """A vote for a proposal that stands for election."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    #: The name of the proposal.
    choice: str
    reason: str
    #: Whether the model named a proposal; where not, the first one gets the vote.
    readable: bool = True


class Revision(BaseModel):
    """A proposal after a round, and whether its drone now agrees with the others."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    proposal: str
    agrees: bool


def vote_schema(names: Sequence[str]) -> dict[str, JsonValue]:
    """Return the JSON schema of a vote for one of `names`."""
    schema = bounded_schema(VoteDraft)
    cast("dict[str, JsonValue]", schema["properties"])["choice"] = {"type": "string", "enum": list(names)}
    return schema


def repair_vote(draft: VoteDraft | None, names: Sequence[str]) -> Vote:
    """Make a vote of what a model drafted; what names no candidate counts for the first."""
    if draft is None or draft.choice not in names:
        return Vote(choice=names[0], reason="The vote named no proposal; the first one got it.", readable=False)
    return Vote(choice=draft.choice, reason=shorten(draft.reason, REASON_LENGTH))


def count_votes(choices: Sequence[str], names: Sequence[str]) -> tuple[str, dict[str, int]]:
    """Return the winner and every proposal's votes; of equals the first in the order of `names` wins."""
    tally = Counter(choices)
    return max(names, key=lambda name: (tally[name], -names.index(name))), {name: tally[name] for name in names}


def read_revision(text: str, previous: str) -> Revision:
    """Part a revised proposal from the line that says whether its drone agrees; without one it does not."""
    lines = text.rstrip().split("\n")
    marker = _MARKER.fullmatch(lines[-1])
    proposal = "\n".join(lines[:-1] if marker else lines).strip()
    return Revision(proposal=proposal or previous, agrees=marker is not None and marker.group(1) is None)
