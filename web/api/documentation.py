"""The API's description: /api/openapi.json for programs, /api/docs for people."""

from __future__ import annotations

from typing import cast

from flask import Blueprint, Response, current_app, jsonify, render_template
from flask_openapi import OpenAPI

blueprint = Blueprint("api_documentation", __name__, url_prefix="/api", template_folder="templates")


@blueprint.get("/openapi.json")
def show_openapi() -> Response:
    """Return the OpenAPI document."""
    return jsonify(cast("OpenAPI", current_app).api_doc)


@blueprint.get("/docs")
def show_docs() -> str:
    """Show the OpenAPI document as a page, made here: without scripts, and without the network."""
    return render_template("api_docs.html", document=cast("OpenAPI", current_app).api_doc)
