"""What all resources of the API share: their blueprint, their documented errors, their way to answer."""

from __future__ import annotations

from flask import Response
from flask_openapi import APIBlueprint, Tag
from flask_openapi.types import ResponseDict
from pydantic import BaseModel

from web.api.schemas import ErrorAnswer

#: Either way of signing in will do.
SECURITY: list[dict[str, list[str]]] = [{"bearer": []}, {"cookie": []}]
SECURITY_SCHEMES = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "A token of `ollama-flow tokens create`."},
    "cookie": {
        "type": "apiKey",
        "in": "cookie",
        "name": "ollama_flow_session",
        "description": "A signed-in browser; unsafe methods also need the header X-CSRFToken.",
    },
}
_ERRORS: ResponseDict = {
    400: ErrorAnswer,
    401: ErrorAnswer,
    404: ErrorAnswer,
    422: ErrorAnswer,
    500: ErrorAnswer,
    503: ErrorAnswer,
}


class SessionPath(BaseModel):
    """The id of a session in an address."""

    session_id: str


def create_blueprint(name: str, description: str, prefix: str) -> APIBlueprint:
    """Make the blueprint of one resource, whose routes need sign-in."""
    return APIBlueprint(
        f"api_{name}",
        __name__,
        url_prefix=prefix,
        abp_tags=[Tag(name=name, description=description)],
        abp_security=SECURITY,
        abp_responses=_ERRORS,
    )


def answer(body: BaseModel, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """Answer with the JSON of `body`."""
    return Response(body.model_dump_json(), status, headers, mimetype="application/json")
