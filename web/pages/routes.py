"""The routes of the pages; the gate of `web.auth` has seen to it that somebody is signed in."""

from __future__ import annotations

from flask import Blueprint, render_template

from common.presets import load_presets
from common.queries.sessions import find_session
from common.queries.templates import find_template, list_chosen
from web.auth.identity import asker
from web.pages.assets import asset
from web.pages.bidi import isolate
from web.runtime import current_runtime

pages = Blueprint("pages", __name__)
pages.add_app_template_global(asset)
pages.add_app_template_filter(isolate)


@pages.get("/")
def overview() -> str:
    """Show how the system is."""
    return render_template("pages/overview.html")


@pages.get("/models")
def models() -> str:
    """Show the models of the model server."""
    return render_template("pages/models.html")


@pages.get("/sessions")
def sessions() -> str:
    """Show the sessions, and the form for a new one."""
    return render_template("pages/sessions.html", commands=current_runtime().settings.commands)


@pages.get("/sessions/<session_id>")
@pages.get("/sessions/<session_id>/<any(swarm, streams, timeline, plan, files, result, log):tab>")
@pages.get("/sessions/<session_id>/files/<path:file>")
def session(session_id: str, tab: str = "", file: str = "") -> str:
    """Show one session, each of its tabs at an address of its own. Raises NotFound where the asker may not see it."""
    with current_runtime().database.read() as db:
        shown = find_session(db, session_id, seen_by=asker())
        has_template = shown.template_id in load_presets() or bool(
            shown.template_id and list_chosen(db, [shown.template_id], seen_by=asker())
        )
    return render_template("pages/session.html", session=shown, has_template=has_template)


@pages.get("/templates")
def templates() -> str:
    """Show the templates that the asker may use."""
    return render_template("pages/templates.html")


@pages.get("/templates/new")
def new_template() -> str:
    """Show the form for a new template."""
    return _render_template_page("new", "New template")


@pages.get("/templates/<template_id>")
def template(template_id: str) -> str:
    """Show one template. Raises NotFound where the asker may not see it."""
    if (preset := load_presets().get(template_id)) is not None:
        return _render_template_page(template_id, preset.name)
    with current_runtime().database.read() as db:
        shown = find_template(db, template_id, seen_by=asker())
    return _render_template_page(shown.id, shown.name)


def _render_template_page(template_id: str, name: str) -> str:
    commands = current_runtime().settings.commands
    return render_template("pages/templates.html", template_id=template_id, name=name, commands=commands)


@pages.get("/settings")
def settings() -> str:
    """Show one's account, and to admins the settings of the server."""
    return render_template("pages/settings.html", email=asker().email)
