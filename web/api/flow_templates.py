"""Templates: list, create, show, update, delete, versions, start, export, import."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from flask import Response
from flask_openapi.types import ResponseDict
from pydantic import ValidationError
from sqlalchemy.orm import Session

from common.errors import Conflict, FieldError, Forbidden, InvalidInput, NotFound
from common.models import Template, User
from common.presets import Preset, load_presets
from common.queries import templates
from web.api import template_schemas as shapes
from web.api.blueprint import answer, create_blueprint
from web.api.errors import as_invalid_input
from web.api.inputs import Repeatable
from web.api.schemas import ErrorAnswer, FieldErrorView
from web.api.session_schemas import CreatedAnswer, TemplateOrigin
from web.api.template_inputs import (
    FORMAT,
    CreateTemplate,
    ExportTemplates,
    ImportTemplates,
    ListTemplates,
    ListVersions,
    NamedTemplate,
    ShowTemplate,
    StartTemplate,
    TemplatePath,
    UpdateTemplate,
)
from web.auth.identity import asker
from web.creation import create
from web.runtime import current_runtime
from web.session_view import view_session
from web.template_view import (
    make_session,
    view_export,
    view_preset,
    view_preset_version,
    view_template,
    view_version,
)

blueprint = create_blueprint("templates", "Named settings of sessions, with variables and versions.", "/api/templates")

_BODY_ERRORS: ResponseDict = dict.fromkeys((413, 415), ErrorAnswer)


@blueprint.get("", responses={200: shapes.TemplateListAnswer})
def list_templates(query: ListTemplates) -> Response:
    """List the presets, one's own templates and those that others share."""
    user = asker()
    presets = [] if query.cursor else list(load_presets().values())
    with current_runtime().database.read() as db:
        found = templates.list_templates(db, seen_by=user, name=query.name, before=query.cursor, limit=query.limit + 1)
        page = found[: query.limit]
        uses = _count_uses(db, [*presets, *page], user)
        return answer(
            shapes.TemplateListAnswer(
                templates=[
                    *(view_preset(each, uses=uses[each.id]) for each in presets if query.name in {None, each.name}),
                    *(view_template(template, user, uses=uses[template.id]) for template in page),
                ],
                next_cursor=page[-1].id if len(found) > len(page) else None,
            )
        )


@blueprint.post("", responses={201: shapes.TemplateAnswer, 409: ErrorAnswer, **_BODY_ERRORS})
def create_template(body: CreateTemplate) -> Response:
    """Save a template of one's own."""
    user = asker()
    with current_runtime().database.write() as db:
        created = templates.create_template(
            db, user, body.name, body.content, shared=body.shared, rename=body.clash == "rename"
        )
        view = view_template(created, user)
    location = {"Location": f"/api/templates/{view.id}"}
    return answer(shapes.TemplateAnswer(template=view), 201, location)


@blueprint.get("/export", responses={200: shapes.ExportAnswer})
def export_templates(query: ExportTemplates) -> Response:
    """Export templates as JSON: those that are named, or all of one's own."""
    user = asker()
    with current_runtime().database.read() as db:
        if query.id:
            found = [_find(db, template_id, user) for template_id in dict.fromkeys(query.id)]
        else:
            found = [view_template(template, user) for template in templates.list_own(db, user)]
    exported = [view_export(template) for template in found]
    return answer(shapes.ExportAnswer(format=FORMAT, templates=exported))


@blueprint.post("/import", responses={200: shapes.ImportAnswer, **_BODY_ERRORS})
def import_templates(body: ImportTemplates) -> Response:
    """Import templates, and tell what became of each: one that cannot be used does not keep out the others."""
    user = asker()
    with current_runtime().database.write() as db:
        results = [
            _import(db, user, position, item, rename=body.clash == "rename")
            for position, item in enumerate(body.templates)
        ]
    return answer(shapes.ImportAnswer(results=results))


@blueprint.get("/<template_id>", responses={200: shapes.TemplateAnswer})
def show_template(path: TemplatePath, query: ShowTemplate) -> Response:
    """Show a template, as it is or as it was."""
    with current_runtime().database.read() as db:
        return answer(shapes.TemplateAnswer(template=_find(db, path.template_id, asker(), query.version)))


@blueprint.put(
    "/<template_id>", responses={200: shapes.TemplateAnswer, **dict.fromkeys((403, 409), ErrorAnswer), **_BODY_ERRORS}
)
def update_template(path: TemplatePath, body: UpdateTemplate) -> Response:
    """Change a template; other content makes a new version, the old ones stay."""
    user = asker()
    _refuse_preset(path.template_id)
    with current_runtime().database.write() as db:
        updated = templates.update_template(
            db, path.template_id, body.name, body.content, shared=body.shared, by=user, based_on=body.based_on
        )
        uses = _count_uses(db, [updated], user)
        return answer(shapes.TemplateAnswer(template=view_template(updated, user, uses=uses[updated.id])))


@blueprint.delete("/<template_id>", responses={204: None, 403: ErrorAnswer})
def delete_template(path: TemplatePath) -> Response:
    """Delete a template with all its versions; the sessions that came from it stay."""
    _refuse_preset(path.template_id)
    with current_runtime().database.write() as db:
        templates.delete_template(db, path.template_id, by=asker())
    return Response(status=204)


@blueprint.get("/<template_id>/versions", responses={200: shapes.VersionsAnswer})
def list_versions(path: TemplatePath, query: ListVersions) -> Response:
    """List the versions of a template, the newest first."""
    if (preset := load_presets().get(path.template_id)) is not None:
        return answer(shapes.VersionsAnswer(versions=[view_preset_version(preset)], next_cursor=None))
    with current_runtime().database.read() as db:
        template = templates.find_template(db, path.template_id, seen_by=asker())
        found = templates.list_versions(db, template, before=query.cursor, limit=query.limit + 1)
    page = [view_version(version) for version in found[: query.limit]]
    next_cursor = page[-1].version if len(found) > len(page) else None
    return answer(shapes.VersionsAnswer(versions=page, next_cursor=next_cursor))


@blueprint.post("/<template_id>/sessions", responses={201: CreatedAnswer, 409: ErrorAnswer, **_BODY_ERRORS})
def start_template(path: TemplatePath, header: Repeatable, body: StartTemplate) -> Response:
    """Create a session from a template; the header Idempotency-Key makes repeating safe."""
    runtime, user = current_runtime(), asker()
    with runtime.database.read() as db:
        template = _find(db, path.template_id, user, body.version)
    origin = TemplateOrigin(
        id=template.id, version=None if template.kind == "preset" else template.version, name=template.name
    )
    session = create(runtime, make_session(template, body), owner=user, key=header.idempotency_key, origin=origin)
    with runtime.database.read() as db:
        view = view_session(db, session, runtime.settings)
    location = {"Location": f"/api/sessions/{session.id}"}
    return answer(CreatedAnswer(session_id=session.id, session=view), 201, location)


def _find(db: Session, template_id: str, user: User, version: int | None = None) -> shapes.TemplateView:
    """Return a preset or somebody's template, in its last or the named version. Raises NotFound."""
    preset: Preset | None = load_presets().get(template_id)
    if preset is not None:
        if version not in {None, 1}:
            raise NotFound("A preset has one version.")
        return view_preset(preset, uses=_count_uses(db, [preset], user)[preset.id])
    template = templates.find_template(db, template_id, seen_by=user)
    shown = view_template(template, user, uses=_count_uses(db, [template], user)[template.id])
    if version is None or version == template.version:
        return shown
    older = templates.find_version(db, template, version)
    return shown.model_copy(update=vars(view_version(older)) | {"saved_at": older.saved_at})


def _count_uses(db: Session, found: Sequence[Preset | Template], user: User) -> Counter[str]:
    """Return how many sessions that somebody may see came from each of these."""
    ids = [each.id for each in found]
    return Counter(templates.count_uses(db, ids, owner_id=None if user.is_admin else user.id))


def _refuse_preset(template_id: str) -> None:
    if template_id in load_presets():
        raise Forbidden("A preset stays as it ships; copy it, and change the copy.")


def _import(db: Session, user: User, position: int, item: dict[str, Any], *, rename: bool) -> shapes.ImportResult:
    name = item.get("name")
    try:
        wanted = NamedTemplate.model_validate(item)
        created = templates.create_template(db, user, wanted.name, wanted.content, shared=wanted.shared, rename=rename)
    except (ValidationError, Conflict) as error:
        faults = as_invalid_input(error) if isinstance(error, ValidationError) else _as_fault(error)
        details = [FieldErrorView(field=fault.field, message=fault.message) for fault in faults.details]
        shown = name[:120] if isinstance(name, str) else None
        return shapes.ImportResult(position=position, status="refused", name=shown, id=None, details=details)
    return shapes.ImportResult(position=position, status="created", name=created.name, id=created.id, details=[])


def _as_fault(error: Conflict) -> InvalidInput:
    return InvalidInput(str(error), FieldError(field="name", message=str(error)))
