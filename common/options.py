"""The options of a flow: what a person may set beside task, workers, architecture and model."""

from __future__ import annotations

import re
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

#: Who may have a model of their own: the queen with her sub-queens, and the roles of drones (`workers.flow.roles`).
MODEL_ROLES = ("queen", "analyst", "data_scientist", "it_architect", "developer", "security_specialist")

_MODEL_NAME = re.compile(r"[^\s,=\x00]{1,200}")


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
    #: A model for each role that shall have another than the session's, or `auto`: chosen by rule from those that the
    #: server has. None means the session's model for all.
    models: Literal["auto"] | dict[str, str] | None = None

    @field_validator("models", mode="before")
    @classmethod
    def _check_models(cls, value: Any) -> Any:
        if value is None or value == "auto":
            return value
        if not isinstance(value, dict):
            sentence = "It takes the word auto, or a model's name for each role that shall have its own."
            raise ValueError(sentence)  # noqa: TRY004 - what pydantic turns into a refusal
        if unknown := [str(role)[:40] for role in value if role not in MODEL_ROLES]:
            raise ValueError(f"There is no role {unknown[0]!r}; there are {', '.join(MODEL_ROLES)}.")
        for role, name in value.items():
            if not isinstance(name, str) or not _MODEL_NAME.fullmatch(name):
                raise ValueError(f"The {role.replace('_', ' ')} needs the name of a model, not {str(name)[:40]!r}.")
        return value

    #: Whether drones may run commands in the sandbox; the server has to allow it too.
    commands: bool = False
