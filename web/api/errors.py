"""Every error answer of the web tier: JSON of one shape for the API, a page for people elsewhere."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import structlog
from flask import Flask, Response, g, render_template, request
from flask_wtf.csrf import CSRFError
from pydantic import ValidationError
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect
from werkzeug.wrappers import Response as AnyResponse

from common.errors import (
    Conflict,
    DatabaseUnavailable,
    FieldError,
    FlowError,
    Forbidden,
    InvalidInput,
    NotFound,
    StorageFull,
)
from web.api.schemas import ErrorAnswer, FieldErrorView
from web.auth.identity import seems_signed_in

log = structlog.get_logger(__name__)

#: Our errors in HTTP; whatever else is a FlowError should not have come so far.
STATUSES: dict[type[FlowError], int] = {
    InvalidInput: 422,
    Forbidden: 403,
    NotFound: 404,
    Conflict: 409,
    DatabaseUnavailable: 503,
    StorageFull: 507,
}

#: A word for programs and a sentence for people, for what Flask itself refuses.
_HTTP_ERRORS: dict[int, tuple[str, str]] = {
    400: ("bad_request", "This request cannot be understood."),
    401: ("unauthorized", "Please sign in."),
    403: ("forbidden", "This is not allowed."),
    404: ("not_found", "There is nothing at this address."),
    405: ("method_not_allowed", "This address does not take this method."),
    413: ("too_large", "The body is too large; 1.5 MiB is the most."),
    414: ("too_long", "This address is too long."),
    415: ("unsupported_media_type", "The body has to be JSON, with `Content-Type: application/json`."),
    429: ("too_many_requests", "Too many requests; please wait a little."),
}

_TITLES = {404: "Nothing is here", 503: "One moment, please"}
_RETRY_SECONDS = 2
#: Whoever sends more fields that are wrong than this hears of the first ones.
_MOST_DETAILS = 20


def register_errors(app: Flask) -> None:
    """Answer all errors of `app` here."""
    app.register_error_handler(FlowError, answer_flow_error)
    app.register_error_handler(CSRFError, answer_csrf_error)
    app.register_error_handler(HTTPException, answer_http_error)
    app.register_error_handler(Exception, answer_unexpected)


def answer_error(
    status: int,
    code: str,
    sentence: str,
    details: Sequence[FieldError] = (),
    headers: dict[str, str] | None = None,
) -> Response:
    """Make an error answer: JSON for the API, a page for people."""
    if request.path.startswith("/api/"):
        shown = [FieldErrorView(field=item.field, message=item.message) for item in details]
        body = ErrorAnswer(error=sentence, code=code, details=shown or None)
        response = Response(body.model_dump_json(exclude_none=True), status, mimetype="application/json")
    else:
        response = _page(status, sentence)
    response.headers.update(headers or {})
    return response


def answer_flow_error(error: FlowError) -> Response:
    """Answer an error that this project raised on purpose."""
    status = next((number for kind, number in STATUSES.items() if isinstance(error, kind)), None)
    if status is None:
        return answer_unexpected(error)
    if isinstance(error, DatabaseUnavailable | StorageFull):
        log.warning("the database cannot do its work", error=str(error))
        return answer_error(status, error.code, str(error), headers={"Retry-After": str(_RETRY_SECONDS)})
    return answer_error(status, error.code, str(error), error.details if isinstance(error, InvalidInput) else ())


def answer_csrf_error(error: CSRFError) -> Response:
    """Answer a browser whose request carries no valid CSRF token."""
    sentence = f"{error.description} Reload the page and try again; browsers send it as X-CSRFToken."
    return answer_error(400, "csrf", sentence)


def answer_http_error(error: HTTPException) -> Response | AnyResponse | HTTPException:
    """Answer what Flask or a route refused."""
    if isinstance(error, RequestRedirect):
        return error
    if error.response is not None:  # an answer that was made already, only raised
        return error.response  # type: ignore[return-value]  # it is one of Flask's
    status = error.code or 500
    code, sentence = _HTTP_ERRORS.get(status, ("error", error.name + "."))
    if error.description and error.description != type(error).description:
        sentence = error.description
    kept = {name: value for name, value in error.get_headers(request.environ) if name in {"Allow", "Retry-After"}}
    return answer_error(status, code, sentence, headers=kept)


def answer_unexpected(error: Exception) -> Response:
    """Answer a bug of ours: the log has the details, the asker the request's id."""
    log.error("a request failed", method=request.method, path=request.path, exc_info=error)
    return answer_error(500, "internal", "Something went wrong here; the log of the dashboard says what.")


def answer_invalid(error: ValidationError) -> Response:
    """Answer input that a model refused; run by flask-openapi."""
    return answer_flow_error(as_invalid_input(error))


def as_invalid_input(error: ValidationError, prefix: str = "") -> InvalidInput:
    """Turn a model's refusal into ours: each field by its name, each message as a sentence."""
    details = []
    for item in itertools.islice(error.errors(include_url=False, include_input=False), _MOST_DETAILS):
        field = ".".join([prefix, *map(str, item["loc"])] if prefix else map(str, item["loc"])) or "body"
        details.append(FieldError(field=field, message=_message(item["type"], item["msg"], field)))
    first = details[0]
    return InvalidInput(f"{first.field}: {first.message}", *details)


def _message(kind: str, message: str, field: str) -> str:
    if kind == "extra_forbidden":
        return f"There is no field {field!r}."
    if kind == "missing":
        return "This field is needed."
    message = message.removeprefix("Value error, ")
    return message if message.endswith(".") else f"{message}."


def _page(status: int, sentence: str) -> Response:
    # Else Flask-Login asks the database who is there, whenever it is a template's turn.
    g.setdefault("_login_user", None)
    title = _TITLES.get(status, "Something went wrong" if status >= 500 else "This did not work")
    try:
        text = render_template(
            "errors/error.html",
            status=status,
            title=title,
            sentence=sentence,
            is_signed_in=seems_signed_in(),
        )
    except RuntimeError:  # the front end is not built: the sentence matters more than its looks
        return Response(f"{sentence}\n", status, mimetype="text/plain")
    return Response(text, status, mimetype="text/html")
