"""The gate: runs before each request, lets only the signed-in in, and asks browsers for their CSRF token."""

from __future__ import annotations

from urllib.parse import quote

from flask import Flask, Response, redirect, request, session
from flask_wtf.csrf import CSRFProtect
from werkzeug.exceptions import BadRequest, Unauthorized
from werkzeug.wrappers import Response as AnyResponse

from web.auth.identity import identify, read_bearer
from web.auth.sign_in_limit import SignInLimit

#: What answers without sign-in; `metrics` has rules of its own.
OPEN_ENDPOINTS = frozenset({"static", "security.login", "probes.healthz", "probes.readyz", "metrics.metrics"})
OPEN_PATHS = frozenset({"/api/health"})
#: What changes nothing, whatever the method; Flower asks for a table by POST, and knows no token of ours.
READING_ENDPOINTS = frozenset({"flower.show"})
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def register_gate(app: Flask, csrf: CSRFProtect) -> None:
    """Put the gate before all routes of `app`."""
    limit = SignInLimit()

    @app.before_request
    def check_request() -> AnyResponse | None:
        _refuse_nul()
        is_open = request.endpoint in OPEN_ENDPOINTS or request.path in OPEN_PATHS
        if not is_open and identify() is None:
            if request.path.startswith("/api/"):
                raise Unauthorized("Please sign in, or send a token as `Authorization: Bearer …`.")
            target = request.full_path.rstrip("?") if request.method in SAFE_METHODS else "/"
            return redirect(f"/login?next={quote(target, safe='/')}")
        changes = request.method not in SAFE_METHODS and request.endpoint not in READING_ENDPOINTS
        if changes and read_bearer(request) is None:
            csrf.protect()
        if _is_sign_in():
            limit.take(*_pair())
        return None

    @app.after_request
    def forgive(response: Response) -> Response:
        if _is_sign_in() and "_user_id" in session:
            limit.forget(*_pair())
        return response


def _is_sign_in() -> bool:
    return request.endpoint == "security.login" and request.method == "POST"


def _pair() -> tuple[str, str]:
    return request.form.get("email", ""), request.remote_addr or ""


def _refuse_nul() -> None:
    """No address or form of ours holds a NUL, and PostgreSQL takes none."""
    values = [request.path, *request.args.values(), *request.args]
    if request.method not in SAFE_METHODS and request.mimetype in {
        "application/x-www-form-urlencoded",
        "multipart/form-data",
    }:
        values += [*request.form.values(), *request.form]
    if any("\x00" in value for value in values):
        raise BadRequest("An address or a form cannot hold NUL characters.")
