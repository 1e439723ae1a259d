"""Creating a session: what the input leaves open is filled in, what it names is looked up."""

from __future__ import annotations

from typing import Any

from common.errors import Conflict, FieldError, InvalidInput, NotFound
from common.events import LoggedEvent
from common.models import FlowSession, User
from common.options import FlowOptions
from common.presets import load_presets
from common.queries.sessions import NewSession, create_session
from common.queries.templates import find_template, find_version
from web.api.inputs import CreateSession, TemplateUse
from web.api.session_schemas import TemplateOrigin
from web.api.system_schemas import ModelsView
from web.project_folders import provide_folder
from web.runtime import Runtime

_NAME_LENGTH = 60
#: What a repeated request has in common with the first; the model may have been chosen since.
_SAME = ("name", "task", "workers", "architecture", "project_folder")

_NO_COMMANDS = "This server does not allow commands; its admin would set OLLAMA_FLOW_COMMANDS=true."


def create(
    runtime: Runtime, body: CreateSession, *, owner: User, key: str | None, origin: TemplateOrigin | None = None
) -> FlowSession:
    """Store a session and tell of it; the same idempotency key gives the same session.

    `origin` is the template that it is known to come from; else that of the body is looked up. Raises InvalidInput, or
    Conflict where the key came with something else before.
    """
    if origin is None and body.template is not None:
        origin = _find_origin(runtime, body.template, owner)
    if body.options.commands and not runtime.settings.commands:
        raise InvalidInput(_NO_COMMANDS, FieldError(field="options.commands", message=_NO_COMMANDS))
    models = runtime.overview.read().answer.models
    new = NewSession(
        owner_id=owner.id,
        name=body.name or name_from_task(body.task),
        task=body.task,
        workers=body.workers,
        architecture=body.architecture,
        model=choose_model(body.model, models),
        project_folder=provide_folder(body.project_folder, runtime.settings.roots) if body.project_folder else None,
        options=name_models(body.options, models).model_dump(mode="json"),
        **({} if origin is None else {f"template_{name}": value for name, value in origin.model_dump().items()}),
        idempotency_key=key,
    )
    with runtime.database.write() as db:
        session, events = create_session(db, new)
    if not events and _compare(session) != _compare(new):
        raise Conflict("This Idempotency-Key was used for another session.")
    announce(runtime, events)
    return session


def _find_origin(runtime: Runtime, used: TemplateUse, owner: User) -> TemplateOrigin:
    """Return the template that somebody names. Raises InvalidInput where there is none that they may use."""
    if (preset := load_presets().get(used.id)) is not None:
        return TemplateOrigin(id=preset.id, version=None, name=preset.name)
    try:
        with runtime.database.read() as db:
            template = find_template(db, used.id, seen_by=owner)
            version = find_version(db, template, used.version or template.version).version
            return TemplateOrigin(id=template.id, version=version, name=template.name)
    except NotFound as error:
        raise InvalidInput(str(error), FieldError(field="template", message=str(error))) from None


def _compare(session: FlowSession | NewSession) -> list[object]:
    options = {name: value for name, value in session.options.items() if name != "models"}
    return [options, *(getattr(session, field) for field in _SAME)]


def settings_of(session: FlowSession) -> dict[str, Any]:
    """Return the fields of `CreateSession` that make another session like this one."""
    fields = {name: getattr(session, name) for name in _SAME}
    # Options that this version no longer has are left out.
    options = {name: value for name, value in session.options.items() if name in FlowOptions.model_fields}
    return fields | {"model": session.model or None, "options": options}


def announce(runtime: Runtime, events: list[LoggedEvent]) -> None:
    """Tell viewers of committed events and ask for doorbells; never waits for Redis."""
    runtime.bus.publish_events(events)
    runtime.dispatcher.soon()


def name_from_task(task: str) -> str:
    """Return the first line of a task, cut at a word."""
    line = " ".join(next(line for line in task.splitlines() if line.strip()).split())
    if len(line) <= _NAME_LENGTH:
        return line
    cut = line[: _NAME_LENGTH - 1]
    return (cut.rpartition(" ")[0] or cut) + "…"


def choose_model(asked: str | None, models: ModelsView) -> str:
    """Return the model of a new session; empty where nobody tells yet: the worker chooses when it claims.

    Raises InvalidInput for one that the model server does not have; while it is away, any name will do.
    """
    wanted = asked or models.default or ""
    if models.server is None or not models.server.reachable:
        return wanted
    if name := _find_name(wanted, models):
        return name
    message = _say_missing(wanted, models) if wanted else "The model server has no models yet."
    raise InvalidInput(message, FieldError(field="model", message=message))


def name_models(options: FlowOptions, models: ModelsView) -> FlowOptions:
    """Return the options with each role's model by its full name.

    Raises InvalidInput for those that the model server does not have; while it is away, any name will do.
    """
    if not isinstance(options.models, dict) or models.server is None or not models.server.reachable:
        return options
    missing = [
        FieldError(field=f"options.models.{role}", message=_say_missing(name, models))
        for role, name in options.models.items()
        if _find_name(name, models) is None
    ]
    if missing:
        raise InvalidInput(missing[0].message, *missing)
    named = {role: _find_name(name, models) for role, name in options.models.items()}
    return options.model_copy(update={"models": named})


def _find_name(wanted: str, models: ModelsView) -> str | None:
    """Return the full name of a model that is there; Ollama itself takes a name without a tag for the latest."""
    names = {item.name for item in models.items}
    return next((name for name in (wanted, f"{wanted}:latest") if name in names), None)


def _say_missing(wanted: str, models: ModelsView) -> str:
    names = [item.name for item in models.items]
    there = f"there are {', '.join(names)}" if names else "it has none yet"
    return f"The model server has no model {wanted!r}; {there}."
