"""The routes of the pages; the gate of `web.auth` has seen to it that somebody is signed in."""

from __future__ import annotations

from flask import Blueprint, render_template

from common.queries.sessions import find_session
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
def session(session_id: str) -> str:
    """Show one session. Raises NotFound where the asker may not see it."""
    with current_runtime().database.read() as db:
        shown = find_session(db, session_id, seen_by=asker())
    return render_template("pages/session.html", session=shown)
