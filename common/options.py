"""The options of a flow: what a person may set beside task, workers, architecture and model."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class FlowOptions(BaseModel):
    """How a swarm works; every field may be left out."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    #: How freely the model chooses its words; plans, reviews, votes and files asked for alone come at a low one.
    temperature: float = Field(default=0.6, ge=0, le=2)
    #: The most tokens of one free answer (Ollama's `num_predict`); None means what the model itself says, else 2048.
    max_output_tokens: int | None = Field(default=None, ge=16, le=32_768)
    #: The most context to use, in tokens; None means all that the model has.
    num_ctx: int | None = Field(default=None, ge=1024, le=1_048_576)
    #: Makes the model's choices repeatable where the server supports it.
    seed: int | None = Field(default=None, ge=0, le=2**31 - 1)
    #: How often the drones of a FULLY_CONNECTED swarm revise their proposals before they vote.
    rounds: int = Field(default=1, ge=0, le=6)
    #: Whether queens and sub-queens review their drones' results before they sum up.
    review: bool = True
