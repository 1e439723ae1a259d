"""Templates as JSON, and as the sessions that they become: presets and rows in, the API's shapes out."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from common.models import Template, TemplateVersion, User
from common.presets import Preset
from common.templates import TEXT_FIELDS, TemplateContent, choose_values, fill_text
from web.api.errors import as_invalid_input
from web.api.inputs import CreateSession
from web.api.template_inputs import StartTemplate
from web.api.template_schemas import ExportedTemplate, TemplateFields, TemplateView, VersionView
from web.creation import name_from_task

_NAME_LENGTH = 120


def view_preset(preset: Preset, *, uses: int = 0) -> TemplateView:
    """Return a template that ships as a JSON model."""
    return TemplateView(
        **_as_json(preset.content),
        id=preset.id,
        name=preset.name,
        kind="preset",
        owner=None,
        shared=True,
        can_change=False,
        version=1,
        created_at=None,
        saved_at=None,
        uses=uses,
    )


def view_template(template: Template, asker: User, *, uses: int = 0) -> TemplateView:
    """Return somebody's template as a JSON model."""
    is_own = template.owner_id == asker.id
    return TemplateView(
        **template.current.content,
        id=template.id,
        name=template.name,
        kind="own" if is_own else "shared",
        owner=template.owner.email,
        shared=template.shared,
        can_change=is_own or asker.is_admin,
        version=template.version,
        created_at=template.created_at,
        saved_at=template.current.saved_at,
        uses=uses,
    )


def view_version(version: TemplateVersion) -> VersionView:
    """Return what a template was as a JSON model."""
    return VersionView(**version.content, version=version.version, saved_at=version.saved_at, saved_by=version.saved_by)


def view_preset_version(preset: Preset) -> VersionView:
    """Return the one version that a preset has."""
    return VersionView(**_as_json(preset.content), version=1, saved_at=None, saved_by=None)


def view_export(template: TemplateView) -> ExportedTemplate:
    """Return a template without what belongs to this installation."""
    return ExportedTemplate.model_validate(template.model_dump(include=set(ExportedTemplate.model_fields)))


def make_session(template: TemplateFields, start: StartTemplate) -> CreateSession:
    """Return the session that a template becomes with these values and changes. Raises InvalidInput."""
    values = choose_values(template.variables, start.variables)
    texts = {field: fill_text(getattr(template, field), values) for field in TEXT_FIELDS}
    chosen = {
        "name": _shorten(texts["session_name"]),
        "model": template.model,
        "project_folder": texts["project_folder"].strip(),
    }
    changed = start.model_dump(
        include={"name", "workers", "architecture", "model", "project_folder"}, exclude_none=True
    )
    fields: dict[str, Any] = {
        "task": texts["task"],
        "workers": template.workers,
        "architecture": template.architecture,
        "options": template.options | start.options,
        **{key: value for key, value in chosen.items() if value},
        **changed,
    }
    try:
        return CreateSession.model_validate(fields)
    except ValidationError as error:
        raise as_invalid_input(error) from None


def _shorten(name: str) -> str:
    line = " ".join(name.split())
    return line if len(line) <= _NAME_LENGTH else name_from_task(line)


def _as_json(content: TemplateContent) -> dict[str, Any]:
    return content.model_dump(mode="json") | {"options": content.options.model_dump(mode="json", exclude_unset=True)}
