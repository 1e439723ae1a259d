"""A review: a queen's or sub-queen's judgement of her drones' results."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from workers.flow.schemas import Draft, ModelText, bounded_schema
from workers.flow.text import shorten

COMMENT_LENGTH = 300


class ReviewDraft(Draft):
    """A review as a model writes it; subtasks go by their numbers."""

    comment: ModelText = Field(default="", json_schema_extra={"maxLength": COMMENT_LENGTH})
    approved: bool
    returned: list[int] = Field(default_factory=list)


class Review(BaseModel):
    """A review by which work goes on."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    approved: bool
    comment: str
    #: Ids of the subtasks that go back, in the plan's order.
    returned: list[str] = Field(default_factory=list)
    #: Whether the model's words could be read; where not, the work is taken as it is.
    readable: bool = True


def review_schema(count: int) -> dict[str, JsonValue]:
    """Return the JSON schema of a review of `count` subtasks."""
    schema = bounded_schema(ReviewDraft)
    fields = cast("dict[str, JsonValue]", schema["properties"])
    fields["returned"] = {
        "type": "array",
        "items": {"type": "integer", "minimum": 1, "maximum": count},
        "maxItems": count,
    }
    return schema


def repair_review(draft: ReviewDraft | None, ids: Sequence[str]) -> Review:
    """Make a review of what a model drafted: approved means that nothing goes back, and the other way round."""
    if draft is None:
        return Review(approved=True, comment="The review could not be read.", readable=False)
    returned = [] if draft.approved else [name for number, name in enumerate(ids, 1) if number in draft.returned]
    return Review(approved=not returned, comment=shorten(draft.comment, COMMENT_LENGTH), returned=returned)
