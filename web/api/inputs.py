"""What the API takes: bodies and queries, with every rule that needs nothing but the input itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, ValidationInfo, field_validator

from common.options import FlowOptions
from common.queries.accounts import MINIMUM_PASSWORD_LENGTH
from common.queries.history import Order, Place, Sorting
from common.states import FINAL_STATES, Architecture, State
from web.api.cursors import read_cursor

#: PostgreSQL's INTEGER, which numbers events and versions.
_LARGEST_INTEGER = 2**31 - 1
_MODEL_NAME = r"^\s*[A-Za-z0-9][A-Za-z0-9._/-]*(:[A-Za-z0-9._-]+)?\s*$"


class TemplateUse(BaseModel):
    """The template that a session is made from: kept with it, and nothing is taken from it."""

    model_config = ConfigDict(extra="forbid", strict=True)

    id: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    #: Else the last one; a preset has none.
    version: int | None = Field(default=None, ge=1, le=_LARGEST_INTEGER)


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
    template: TemplateUse | None = None

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


class CreateToken(BaseModel):
    """A new API token."""

    model_config = ConfigDict(extra="forbid", strict=True)

    #: What it is for.
    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120)]


class CreateUser(BaseModel):
    """A new person."""

    model_config = ConfigDict(extra="forbid", strict=True)

    email: Annotated[str, StringConstraints(strip_whitespace=True, max_length=254)]
    password: Annotated[str, StringConstraints(min_length=MINIMUM_PASSWORD_LENGTH, max_length=1000)]
    is_admin: bool = False


class ChangeUser(BaseModel):
    """What a person may do from now on; what is left out stays."""

    model_config = ConfigDict(extra="forbid", strict=True)

    is_admin: bool | None = None
    is_active: bool | None = None


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


class ForkSession(CreateSession):
    """What a new session has otherwise than the one that it is made from; each field may be left out."""

    #: Else that of the other session.
    task: Annotated[str, StringConstraints(max_length=100_000)] = "…"

    def apply_to(self, known: Mapping[str, Any]) -> dict[str, Any]:
        """Return the fields of a new session: those of another one, and over them what was sent.

        Of the options only those change that were sent; another task gets another name.
        """
        sent = self.model_dump(exclude_unset=True)
        fields = {**known, **sent, "options": {**known["options"], **sent.get("options", {})}}
        if "task" in sent and "name" not in sent:
            fields["name"] = None
        return fields


class FilterSessions(BaseModel):
    """Which sessions are meant."""

    model_config = ConfigDict(extra="forbid")

    #: Words that the name, the task or the result holds; of the last letters of a word some may be missing.
    q: str | None = Field(default=None, max_length=200)
    #: States, separated by commas.
    status: str | None = None
    #: An email address.
    owner: str | None = None
    architecture: str | None = None
    model: str | None = None
    #: When it ended, at the earliest and at the latest.
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None

    @field_validator("q")
    @classmethod
    def _check_words(cls, value: str | None) -> str | None:
        return value if value is not None and value.strip() else None

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

    @property
    def states(self) -> set[State]:
        """The states that were asked for; all where none was named."""
        return set(State) if self.status is None else {State(word) for word in self.status.split(",")}

    @property
    def final_states(self) -> list[State] | None:
        """The final ones of them, in which a list of ended sessions looks; None for all."""
        return None if self.states >= FINAL_STATES else sorted(FINAL_STATES & self.states)


class ListSessions(FilterSessions):
    """Which sessions a list holds, and in which order the ended ones come."""

    sort: Order = Order.ENDED
    #: Else descending, and names ascending.
    order: Literal["asc", "desc"] | None = None
    #: Of the ended ones in one page.
    limit: int = Field(default=50, ge=1, le=200)
    #: `next_cursor` of the page before.
    cursor: str | None = None

    @field_validator("cursor")
    @classmethod
    def _check_cursor(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is not None and {"sort", "order"} <= info.data.keys():
            read_cursor(value, _sorting(info.data["sort"], info.data["order"]))
        return value

    @property
    def sorting(self) -> Sorting:
        """The order with its direction."""
        return _sorting(self.sort, self.order)

    @property
    def after(self) -> Place | None:
        """Where the page before ended."""
        return None if self.cursor is None else read_cursor(self.cursor, self.sorting)


def _sorting(order: Order, direction: str | None) -> Sorting:
    return Sorting(order=order, descending=order is not Order.NAME if direction is None else direction == "desc")


class DeleteSessions(BaseModel):
    """Which ended sessions to delete: 100 at most."""

    model_config = ConfigDict(extra="forbid", strict=True)

    ids: Annotated[
        list[Annotated[str, StringConstraints(min_length=1, max_length=64)]], Field(min_length=1, max_length=100)
    ]


class ExportSessions(FilterSessions):
    """Which sessions to export: the named ones, or else the ended ones that the filters let through."""

    #: Up to 100 ids, separated by commas.
    ids: str | None = None
    #: `zip` has all that belongs to them, `jsonl` one line for each.
    format: Literal["zip", "jsonl"] = "zip"

    @field_validator("ids")
    @classmethod
    def _check_ids(cls, value: str | None) -> str | None:
        if value is not None and len(value.split(",")) > 100:
            raise ValueError("100 sessions can be named at a time.")
        return value

    @property
    def session_ids(self) -> list[str] | None:
        """The ids that were named, each once; None where none was."""
        return None if self.ids is None else list(dict.fromkeys(self.ids.split(",")))


class CountSessions(BaseModel):
    """Of how many days figures are wanted."""

    model_config = ConfigDict(extra="forbid")

    #: Up to and with today, in UTC.
    days: int = Field(default=30, ge=1, le=366)


class PullModel(BaseModel):
    """Which model to pull."""

    model_config = ConfigDict(extra="forbid", strict=True)

    #: As Ollama names it, e.g. `llama3`, `codellama:7b` or `hf.co/owner/name:Q4_K_M`.
    name: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200, pattern=_MODEL_NAME)]


class ReadEvents(BaseModel):
    """Which part of a log."""

    model_config = ConfigDict(extra="forbid")

    #: The number of the last event already known.
    after: int = Field(default=0, ge=0, le=_LARGEST_INTEGER)
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
