"""The JSON of the API's answers about templates, as documented in /api/openapi.json."""

from __future__ import annotations

import datetime as dt
from typing import Any, Literal

from pydantic import BaseModel

from common.templates import Variable
from web.api.schemas import FieldErrorView, Success


class TemplateFields(BaseModel):
    """What a session is made from; an empty text stands for what is left to the installation."""

    description: str
    task: str
    session_name: str
    workers: int
    architecture: str
    model: str
    project_folder: str
    #: Those that were chosen.
    options: dict[str, Any]
    variables: list[Variable]


class TemplateView(TemplateFields):
    """A template as people see it."""

    id: str
    name: str
    kind: Literal["preset", "own", "shared"]
    #: An email address; None for a preset.
    owner: str | None
    shared: bool
    #: Whether the asker may change and delete it.
    can_change: bool
    version: int
    created_at: dt.datetime | None
    saved_at: dt.datetime | None
    #: How many sessions came from it, as far as the asker may see them.
    uses: int


class VersionView(TemplateFields):
    """What a template was from one save to the next."""

    version: int
    saved_at: dt.datetime | None
    saved_by: str | None


class ExportedTemplate(TemplateFields):
    """A template without what belongs to one installation."""

    name: str


class ImportResult(BaseModel):
    """What became of one item of an import."""

    #: Its place in the list, from 0.
    position: int
    status: Literal["created", "refused"]
    #: As it is called now; for a refused one as it was called, if it was.
    name: str | None
    id: str | None
    details: list[FieldErrorView]


class TemplateListAnswer(Success):
    """On the first page the presets; then people's templates, the newest first."""

    templates: list[TemplateView]
    next_cursor: str | None


class TemplateAnswer(Success):
    """One template."""

    template: TemplateView


class VersionsAnswer(Success):
    """The versions of a template, the newest first."""

    versions: list[VersionView]
    next_cursor: int | None


class ExportAnswer(Success):
    """Templates to keep or to pass on; an import takes it as it is."""

    format: Literal["ollama-flow/templates/1"]
    templates: list[ExportedTemplate]


class ImportAnswer(Success):
    """What became of each item, in their order."""

    results: list[ImportResult]
