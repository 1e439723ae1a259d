"""What the API takes about templates: bodies and queries, with every rule that needs nothing but the input itself."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, StringConstraints, field_validator

from common.templates import TemplateContent

#: How the file of an export begins; another one is not ours.
FORMAT = "ollama-flow/templates/1"
_MOST_EXPORTED = 100
_MOST_IMPORTED = 1000

_Id = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,60}$")]


class TemplatePath(BaseModel):
    """The id of a template in an address; a preset's is a word."""

    template_id: str


class NamedTemplate(TemplateContent):
    """A template as people write it down."""

    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120)]
    #: Whether everybody may see, use and copy it.
    shared: bool = False

    @field_validator("name")
    @classmethod
    def _check_name(cls, value: str) -> str:
        if not any(character.isprintable() and not character.isspace() for character in value):
            raise ValueError("A name needs a character that can be seen.")
        if not value.isprintable():
            raise ValueError("A name is one line, of characters that can be seen.")
        return value

    @property
    def content(self) -> TemplateContent:
        """What a version keeps of it."""
        return TemplateContent.model_construct(**{name: getattr(self, name) for name in TemplateContent.model_fields})


class CreateTemplate(NamedTemplate):
    """A new template."""

    #: What to do where one has a template of this name: refuse it, or add a number to the name.
    clash: Literal["refuse", "rename"] = "refuse"


class UpdateTemplate(NamedTemplate):
    """All of a template as it shall be; other content than before makes a new version."""

    #: The version that was changed; refused where somebody saved another one since.
    based_on: int | None = Field(default=None, ge=1)


class ImportTemplates(BaseModel):
    """An export, as it came, or templates written by hand."""

    model_config = ConfigDict(extra="forbid", strict=True)

    #: Each as the body that creates a template; one that cannot be used does not keep out the others.
    templates: list[dict[str, Any]] = Field(min_length=1, max_length=_MOST_IMPORTED)
    clash: Literal["refuse", "rename"] = "refuse"
    format: Literal["ollama-flow/templates/1"] = "ollama-flow/templates/1"
    #: Stands in an export, since that is an answer of the API.
    success: Literal[True] = True


class StartTemplate(BaseModel):
    """The values of the variables, and what shall be other than the template says."""

    model_config = ConfigDict(extra="forbid", strict=True)

    variables: dict[str, str] = {}
    #: Else the last one.
    version: int | None = Field(default=None, ge=1, le=2**31 - 1)
    name: str | None = None
    workers: int | None = None
    architecture: str | None = None
    model: str | None = None
    project_folder: str | None = None
    #: Those named here win over the template's, the others stay.
    options: dict[str, JsonValue] = {}


class ListTemplates(BaseModel):
    """Which templates a list holds."""

    model_config = ConfigDict(extra="forbid")

    #: The whole name.
    name: str | None = Field(default=None, max_length=200)
    #: Of people's templates in one page.
    limit: int = Field(default=100, ge=1, le=200)
    #: `next_cursor` of the page before.
    cursor: _Id | None = None


class ShowTemplate(BaseModel):
    """Which version to show; the last one where none is named."""

    model_config = ConfigDict(extra="forbid")

    version: int | None = Field(default=None, ge=1, le=2**31 - 1)


class ListVersions(BaseModel):
    """Which part of a template's versions."""

    model_config = ConfigDict(extra="forbid")

    limit: int = Field(default=50, ge=1, le=200)
    #: `next_cursor` of the page before.
    cursor: int | None = Field(default=None, ge=1, le=2**31 - 1)


class ExportTemplates(BaseModel):
    """Which templates to export; all of one's own where none is named."""

    model_config = ConfigDict(extra="forbid")

    id: list[_Id] = Field(default=[], max_length=_MOST_EXPORTED)
