"""One line a request in the log, with an id that the answer carries too."""

from __future__ import annotations

import time

import structlog
from flask import Flask, Response, g, request

from common.ids import new_id

log = structlog.get_logger(__name__)

_HEADER = "X-Request-ID"
_FLOWER = "flower.show"
#: Asked for every few seconds by machines, and by an open page of Flower's; told only where something is wrong.
_QUIET = frozenset({"static", "probes.healthz", "probes.readyz", "metrics.metrics", _FLOWER})


def register_request_log(app: Flask) -> None:
    """Give each request an id, bound to all that is logged while it is answered."""

    @app.before_request
    def begin() -> None:
        g.began = time.perf_counter()
        g.request_id = new_id()
        structlog.contextvars.bind_contextvars(request=g.request_id)

    @app.after_request
    def end(response: Response) -> Response:
        if "request_id" not in g:  # refused before it began
            return response
        response.headers[_HEADER] = g.request_id
        if _is_told(response.status_code):
            seconds = round(time.perf_counter() - g.began, 4)
            tell = log.warning if response.status_code >= 500 else log.info
            tell("request", method=request.method, path=request.path, status=response.status_code, seconds=seconds)
        return response

    @app.teardown_request
    def forget(_error: BaseException | None) -> None:
        # A connection serves many requests in the same context, and a thread more than requests.
        structlog.contextvars.unbind_contextvars("request")


def _is_told(status: int) -> bool:
    if request.endpoint == _FLOWER and status == 503:
        return False  # the supervisor has told that Flower went, and the page asks on
    return request.endpoint not in _QUIET or status >= 400
