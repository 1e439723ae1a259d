"""Sessions to take along: one with all that belongs to it, or many."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

from flask import Response
from flask_openapi.types import ResponseDict

from common.clock import utc_now
from common.database import Database
from common.queries.history import LATEST_FIRST, list_ended, read_place
from common.queries.sessions import SessionFilter, find_session
from web.api.blueprint import SessionPath, create_blueprint
from web.api.inputs import ExportSessions
from web.api.session_filter import read_filter
from web.auth.identity import asker
from web.runtime import Runtime, current_runtime
from web.session_export import Exporter, name_folder

blueprint = create_blueprint("session_exports", "Sessions as files to take along.", "/api/sessions")

_AT_A_TIME = 100
_ZIP: ResponseDict = {200: {"description": "The archive", "content": {"application/zip": {}}}}
_ANY: ResponseDict = {
    200: {"description": "The sessions", "content": {"application/zip": {}, "application/x-ndjson": {}}}
}


@blueprint.get("/<session_id>/export.zip", responses=_ZIP)
def export_session(path: SessionPath) -> Response:
    """Export a session: session.json, result.md, events.jsonl, steps.jsonl, and its files in files/."""
    runtime = current_runtime()
    with runtime.database.read() as db:
        session = find_session(db, path.session_id, seen_by=asker())
    pieces = _exporter(runtime).write_zip([session.id], in_folders=False)
    return _send(pieces, "application/zip", f"{name_folder(session)}.zip")


@blueprint.get("/export", responses=_ANY)
def export_sessions(query: ExportSessions) -> Response:
    """Export the named sessions, or the ended ones that the filters let through, the latest end first."""
    runtime, user = current_runtime(), asker()
    with runtime.database.read() as db:
        if query.session_ids is not None:
            ids = iter([find_session(db, session_id, seen_by=user).id for session_id in query.session_ids])
        else:
            wanted = dataclasses.replace(read_filter(db, user, query), states=query.final_states)
            ids = _iterate_ended(runtime.database, wanted)
    name = f"sessions-{utc_now():%Y-%m-%d}"
    if query.format == "jsonl":
        return _send(_exporter(runtime).write_lines(ids), "application/x-ndjson", f"{name}.jsonl")
    return _send(_exporter(runtime).write_zip(ids, in_folders=True), "application/zip", f"{name}.zip")


def _iterate_ended(database: Database, wanted: SessionFilter) -> Iterator[str]:
    place = None
    while True:
        with database.read() as db:
            page = list_ended(db, wanted, limit=_AT_A_TIME, after=place)
            place = read_place(db, page[-1], LATEST_FIRST.order) if page else None
        yield from (session.id for session in page)
        if len(page) < _AT_A_TIME:
            return


def _exporter(runtime: Runtime) -> Exporter:
    return Exporter(runtime.database, runtime.settings)


def _send(pieces: Iterator[bytes], kind: str, name: str) -> Response:
    # An empty piece would end a response that is sent in chunks.
    response = Response(filter(None, pieces), mimetype=kind)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
