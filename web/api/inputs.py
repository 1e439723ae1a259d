"""What the API takes: bodies and queries, with every rule that needs nothing but the input itself."""

from __future__ import annotations

import base64
import binascii
import json
import math
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator

from common.options import FlowOptions
from common.states import Architecture, State

#: PostgreSQL's INTEGER, which numbers events.
_LARGEST_SEQ = 2**31 - 1


class CreateSession(BaseModel):
    """A new session; only the task is needed."""

    model_config = ConfigDict(extra="forbid", strict=True)

    task: Annotated[str, StringConstraints(max_length=100_000)]
    #: Else taken from the task's first line.
    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120)] | None = None
    #: How many drones it has.
    workers: int = Field(default=4, ge=1, le=16)
    #: In any case of letters.
    architecture: str = Architecture.HIERARCHICAL
    #: Else the default of the settings, or the first that the model server has.
    model: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)] | None = None
    #: Absolute, or relative to the first allowed folder; made where it does not exist.
    project_folder: Annotated[str, StringConstraints(min_length=1, max_length=1000)] | None = None
    options: FlowOptions = FlowOptions()

    @field_validator("name")
    @classmethod
    def _check_name(cls, value: str | None) -> str | None:
        if value is not None and not any(character.isprintable() and not character.isspace() for character in value):
            raise ValueError("A name needs a character that can be seen.")
        return value

    @field_validator("task")
    @classmethod
    def _check_task(cls, value: str) -> str:
        if not value.strip():
            raise ValueError("The task cannot be blank.")
        return value

    @field_validator("architecture")
    @classmethod
    def _check_architecture(cls, value: str) -> str:
        known = {str(item) for item in Architecture}
        chosen = value.strip().upper().replace("-", "_").replace(" ", "_")
        if chosen not in known:
            raise ValueError(f"There is no architecture {value[:40]!r}; there are {', '.join(Architecture)}.")
        return chosen


class Repeatable(BaseModel):
    """A header for requests that are sent again where no answer came."""

    #: The same key gives the same session; 1 to 200 printable ASCII characters.
    idempotency_key: str | None = Field(default=None, alias="Idempotency-Key")

    @field_validator("idempotency_key")
    @classmethod
    def _check_key(cls, value: str | None) -> str | None:
        if value is not None and not (1 <= len(value) <= 200 and value.isascii() and value.isprintable()):
            raise ValueError("It takes 1 to 200 printable ASCII characters.")
        return value


class ListSessions(BaseModel):
    """Which sessions a list holds."""

    model_config = ConfigDict(extra="forbid")

    #: States, separated by commas.
    status: str | None = None
    #: An email address.
    owner: str | None = None
    architecture: str | None = None
    model: str | None = None
    #: Of the ended ones in one page.
    limit: int = Field(default=50, ge=1, le=200)
    #: `next_cursor` of the page before.
    cursor: str | None = None

    @field_validator("status")
    @classmethod
    def _check_status(cls, value: str | None) -> str | None:
        known = {str(state) for state in State}
        if value is not None and not set(value.split(",")) <= known:
            raise ValueError(f"There is no such state; there are {', '.join(State)}.")
        return value

    @field_validator("architecture")
    @classmethod
    def _check_architecture(cls, value: str | None) -> str | None:
        if value is not None and value.upper() not in {str(item) for item in Architecture}:
            raise ValueError(f"There is no such architecture; there are {', '.join(Architecture)}.")
        return value if value is None else value.upper()

    @field_validator("cursor")
    @classmethod
    def _check_cursor(cls, value: str | None) -> str | None:
        if value is not None:
            read_cursor(value)
        return value

    @property
    def states(self) -> set[State]:
        """The states that were asked for; all where none was named."""
        return set(State) if self.status is None else {State(word) for word in self.status.split(",")}


class ReadEvents(BaseModel):
    """Which part of a log."""

    model_config = ConfigDict(extra="forbid")

    #: The number of the last event already known.
    after: int = Field(default=0, ge=0, le=_LARGEST_SEQ)
    limit: int = Field(default=500, ge=1, le=1000)


class ChooseVersion(BaseModel):
    """Which version of a file; the newest where none is named."""

    model_config = ConfigDict(extra="forbid")

    #: The key of the step that wrote it.
    step: str | None = Field(default=None, min_length=1, max_length=200)


class ListFolders(BaseModel):
    """Which folder to look into; the first allowed one where none is named."""

    model_config = ConfigDict(extra="forbid")

    path: str | None = Field(default=None, max_length=1000)


def write_cursor(place: tuple[float, str]) -> str:
    """Return where the page after `place` begins; opaque to clients."""
    text = json.dumps(place)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read_cursor(cursor: str) -> tuple[float, str]:
    """Return the time of the end and the id that a cursor holds. Raises ValueError."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        ended, session_id = json.loads(base64.b64decode(padded.encode("ascii"), altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, TypeError, RecursionError):
        raise ValueError("This is no cursor of ours; leave it out to begin with the newest.") from None
    if not isinstance(ended, float) or not math.isfinite(ended) or not isinstance(session_id, str):
        raise ValueError("This is no cursor of ours; leave it out to begin with the newest.")
    if "\x00" in session_id or not session_id.isascii():
        raise ValueError("This is no cursor of ours; leave it out to begin with the newest.")
    return ended, session_id
