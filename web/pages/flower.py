"""Flower's pages, handed through to admins, so that Flower itself need not be open to anybody.

They share our origin, so their policy allows no script that Flower did not ship: a task or a worker process named like
HTML stays a name. What is asked and answered passes by lists of what is known: no cookie, no password, no header of
Flower's that could change how the dashboard is treated.
"""

from __future__ import annotations

import base64
import hashlib
import time
from collections.abc import Iterator
from urllib.parse import urlencode

import httpx
import structlog
from flask import Blueprint, Response, request
from werkzeug.exceptions import BadGateway, MethodNotAllowed, NotFound, RequestURITooLarge, ServiceUnavailable

from web.auth.identity import require_admin
from web.flower import PREFIX
from web.runtime import current_runtime

log = structlog.get_logger(__name__)

flower = Blueprint("flower", __name__, url_prefix=PREFIX)

#: Asked for by POST, because its question is long; Flower answers the same to GET.
_TASK_TABLE = "tasks/datatable"
_LONGEST_QUERY = 16 * 1024
_ASKED_HEADERS = ("Accept", "If-None-Match", "If-Modified-Since")
_ANSWERED_HEADERS = ("Content-Type", "Content-Length", "Cache-Control", "ETag", "Last-Modified")
#: An answer is cut off beyond these.
_MOST_BYTES, _MOST_SECONDS = 32 * 1024 * 1024, 60.0
_PIECE_BYTES = 64 * 1024

#: The one script that stands inside a page of Flower's: its list of workers looks again each second.
_INLINE_SCRIPT = b"\nvar autorefresh = 1;\n"
_HASH = base64.b64encode(hashlib.sha256(_INLINE_SCRIPT).digest()).decode()
_CONTENT_SECURITY_POLICY = (
    f"default-src 'none'; script-src 'self' 'sha256-{_HASH}'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'"
)

_READ_ONLY = (
    "Flower only shows what Celery does. Sessions are stopped, paused and resumed on their own pages, and worker "
    "processes end by `ollama-flow worker --drain`."
)
_NO_API = "Flower's own API is not served; that of the dashboard is described at /api/docs."
_AWAY = (
    "Flower does not answer. With `ollama-flow up` it comes last, and flower.log among the logs says what is wrong; "
    "elsewhere, start `ollama-flow flower`."
)
_REFUSED = (
    "Flower does not take the password of this dashboard: OLLAMA_FLOW_FLOWER_URL needs what FLOWER_BASIC_AUTH says "
    "where Flower runs, as http://user:password@host:5555."
)


@flower.route("/", defaults={"path": ""}, methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
@flower.route("/<path:path>", methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
def show(path: str) -> Response:
    """Show a page of Flower's to an admin. Raises an HTTPException for others, and for what would change something."""
    require_admin()
    if request.method not in {"GET", "HEAD"} and (request.method, path) != ("POST", _TASK_TABLE):
        raise MethodNotAllowed(["GET", "HEAD"], _READ_ONLY)
    if path.startswith("api/") or {".", ".."} & set(path.split("/")):
        raise NotFound(_NO_API)
    fields = request.form if request.method == "POST" else request.args
    query = urlencode(list(fields.items(multi=True))).encode()
    if len(query) > _LONGEST_QUERY:
        raise RequestURITooLarge
    headers = {name: request.headers[name] for name in _ASKED_HEADERS if name in request.headers}
    try:
        found = current_runtime().flower.fetch(path, query, headers)
    except httpx.TransportError as error:
        raise ServiceUnavailable(_AWAY) from error
    if found.status_code == 401:
        found.close()
        raise BadGateway(_REFUSED)
    return _hand_on(found)


def _hand_on(found: httpx.Response) -> Response:
    headers = {name: found.headers[name] for name in _ANSWERED_HEADERS if name in found.headers}
    headers["Content-Security-Policy"] = _CONTENT_SECURITY_POLICY
    response = Response(_read(found), found.status_code, headers)
    response.call_on_close(found.close)
    return response


def _read(found: httpx.Response) -> Iterator[bytes]:
    deadline, size = time.monotonic() + _MOST_SECONDS, 0
    try:
        for piece in found.iter_raw(_PIECE_BYTES):
            size += len(piece)
            if size > _MOST_BYTES or time.monotonic() > deadline:
                log.warning("an answer of Flower's was cut off", path=found.request.url.path, bytes=size)
                return
            yield piece
    except httpx.TransportError as error:
        log.warning("Flower broke off an answer", path=found.request.url.path, error=str(error))
