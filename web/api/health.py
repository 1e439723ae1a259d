"""Health: for people and dashboards at /api/health, for probes at /healthz and /readyz."""

from __future__ import annotations

from flask import Blueprint, Response

from common.clock import utc_now
from common.errors import DatabaseUnavailable
from common.migrations import HEAD
from common.queries.revision import read_revision
from web.api.blueprint import answer, create_blueprint
from web.api.system_schemas import HealthAnswer
from web.auth.identity import identify
from web.overview import read_version
from web.runtime import current_runtime

blueprint = create_blueprint("health", "Whether all is well.", "/api")
probes = Blueprint("probes", __name__)


@blueprint.get("/health", responses={200: HealthAnswer}, security=[{}])
def show_health() -> Response:
    """Tell whether all is well; the signed in also see which component is not."""
    overview = current_runtime().overview
    try:
        components = overview.read().answer.components
        signed_in = identify() is not None
    except DatabaseUnavailable:
        # Nobody can be recognised now; `degraded` says enough to strangers.
        components, signed_in = overview.read_components(), False
    return answer(
        HealthAnswer(
            status="ok" if components.are_ok else "degraded",
            version=read_version(),
            timestamp=utc_now(),
            components=components if signed_in else None,
        )
    )


@probes.get("/healthz")
def healthz() -> Response:
    """Tell that this process answers."""
    return Response("ok\n", mimetype="text/plain")


@probes.get("/readyz")
def readyz() -> Response:
    """Tell whether this process can do its work: the database answers, with the tables that this code knows."""
    try:
        with current_runtime().database.read() as db:
            revision = read_revision(db)
    except DatabaseUnavailable as error:
        return Response(f"{error}\n", 503, mimetype="text/plain")
    if revision != HEAD:
        sentence = f"The tables are at revision {revision}, not {HEAD}: run `ollama-flow migrate`."
        return Response(f"{sentence}\n", 503, mimetype="text/plain")
    return Response("ok\n", mimetype="text/plain")
