"""The Flask application: every part of the web tier comes together here, and nowhere else."""

from __future__ import annotations

import datetime as dt

from flask import Response, request
from flask_openapi import OpenAPI
from flask_openapi.models import Info

from common.settings import Settings
from web.api import (
    administration,
    documentation,
    flow_templates,
    health,
    models,
    project_folders,
    session_actions,
    session_exports,
    session_parts,
    sessions,
    system,
    tokens,
)
from web.api.blueprint import SECURITY_SCHEMES
from web.api.body import MAXIMUM_BYTES, ApiRequest
from web.api.errors import answer_invalid, register_errors
from web.auth.setup import set_up_sign_in
from web.body_drain import BodyDrain
from web.host_guard import HostGuard
from web.live import create_live
from web.metrics import blueprint as metrics
from web.overview import read_version
from web.pages import flower, pages
from web.pages.assets import send_built
from web.request_log import register_request_log
from web.runtime import attach_runtime, create_runtime

#: Scripts, styles and pictures come from here alone, and none stands inside a page.
_CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
_DESCRIPTION = "Runs swarms of local language-model agents: start sessions, watch them, stop them, read what they made."


def create_app(settings: Settings) -> OpenAPI:
    """Make the application; nothing connects, and no thread runs, before `Runtime.start`."""
    app = OpenAPI(
        __name__,
        info=Info(title="ollama-flow", version=read_version(), description=_DESCRIPTION),
        security_schemes=dict(SECURITY_SCHEMES),
        validation_error_callback=answer_invalid,
        doc_ui=False,
    )
    app.request_class = ApiRequest
    app.config.update(
        MAX_CONTENT_LENGTH=MAXIMUM_BYTES,
        MAX_FORM_MEMORY_SIZE=MAXIMUM_BYTES,
        # Built files carry a hash in their names.
        SEND_FILE_MAX_AGE_DEFAULT=dt.timedelta(days=365),
    )
    runtime = create_runtime(settings)
    attach_runtime(app, runtime)
    register_request_log(app)
    register_errors(app)
    set_up_sign_in(app, runtime)
    _register_routes(app)
    app.after_request(_add_headers)
    create_live(app, runtime)
    # Outermost, so that it also stands before the socket.
    app.wsgi_app = BodyDrain(HostGuard(app.wsgi_app, settings))  # type: ignore[method-assign]  # Flask's documented way
    return app


def _register_routes(app: OpenAPI) -> None:
    for resource in (
        *(health, sessions, session_actions, session_exports, session_parts),
        *(flow_templates, project_folders, models, system, tokens, administration),
    ):
        app.register_api(resource.blueprint)
    for blueprint in (health.probes, documentation.blueprint, metrics, flower, pages):
        app.register_blueprint(blueprint)
    app.view_functions["static"] = send_built


def _add_headers(response: Response) -> Response:
    response.headers.setdefault("Content-Security-Policy", _CONTENT_SECURITY_POLICY)
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Referrer-Policy", "same-origin")
    response.headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    if request.endpoint != "static":
        response.headers.setdefault("Cache-Control", "no-store")
    return response
