"""Who asks: by cookie in a browser, by bearer token in a program."""

from __future__ import annotations

import time

from flask import Request, current_app, g, request, session
from flask_login import current_user
from werkzeug.exceptions import Unauthorized

from common.errors import DatabaseUnavailable, NotFound, StorageFull
from common.models import User
from common.queries import accounts
from web.runtime import Runtime, current_runtime

#: The use of a token is noted at most once in this time, so that reading stays reading.
_NOTE_SECONDS = 60.0
_noted: dict[str, float] = {}


def read_bearer(asked: Request) -> str | None:
    """Return the token of the Authorization header, or None where there is no such header."""
    scheme, _, token = asked.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def find_bearer(runtime: Runtime, token: str) -> User:
    """Return whom a token belongs to. Raises Unauthorized."""
    user = None
    if token.isascii():
        with runtime.database.read() as db:
            user = accounts.find_token_user(db, token)
    if user is None:
        raise Unauthorized("This token is not valid; make one with `ollama-flow tokens create`.")
    _note_use(runtime, token)
    return user


def identify() -> User | None:
    """Return who asks. Where a token came, it alone counts: a wrong one raises Unauthorized in spite of a cookie."""
    token = read_bearer(request)
    if token is not None:
        if getattr(g, "bearer", None) is None:
            g.bearer = find_bearer(current_runtime(), token)
            g._login_user = g.bearer  # what Flask-Login's current_user reads  # noqa: SLF001
        user: User = g.bearer
        return user
    return current_user._get_current_object() if current_user.is_authenticated else None  # noqa: SLF001 - its way


def seems_signed_in() -> bool:
    """Return whether the asker's browser was signed in, by its cookies alone: the database may be away."""
    return "_user_id" in session or current_app.config["REMEMBER_COOKIE_NAME"] in request.cookies


def asker() -> User:
    """Return who asks, behind the gate: there is somebody."""
    user = identify()
    assert user is not None
    return user


def require_admin() -> User:
    """Return who asks. Raises NotFound unless that is an admin: what one may not see is not there."""
    user = asker()
    if not user.is_admin:
        raise NotFound("There is no such page.")
    return user


def _note_use(runtime: Runtime, token: str) -> None:
    now = time.monotonic()
    if now - _noted.get(token, float("-inf")) < _NOTE_SECONDS:
        return
    if len(_noted) > 10_000:
        _noted.clear()
    _noted[token] = now
    try:
        with runtime.database.write() as db:
            accounts.note_token_use(db, token)
    except (DatabaseUnavailable, StorageFull):
        pass  # a note for people, no reason to refuse
