"""What belongs to a session: its log, its journal, its files."""

from __future__ import annotations

import mimetypes
from urllib.parse import quote

from flask import Response

from common.queries.events import read_events
from common.queries.sessions import find_session
from common.queries.steps import find_artifact
from web.api.blueprint import SessionPath, answer, create_blueprint
from web.api.inputs import ChooseVersion, ReadEvents
from web.api.session_schemas import ArtifactsAnswer, EventsAnswer, StepAnswer, StepsAnswer
from web.auth.identity import asker
from web.runtime import current_runtime
from web.session_view import view_artifacts, view_step, view_steps

blueprint = create_blueprint("session_parts", "The log, the journal and the files of a session.", "/api/sessions")


class ArtifactPath(SessionPath):
    """A file of a session."""

    path: str


class StepPath(SessionPath):
    """A step of a session."""

    key: str


@blueprint.get("/<session_id>/events", responses={200: EventsAnswer})
def list_events(path: SessionPath, query: ReadEvents) -> Response:
    """Read the log: the events after a number, in order and without gaps."""
    with current_runtime().database.read() as db:
        session = find_session(db, path.session_id, seen_by=asker())
        events = read_events(db, session.id, after=query.after, limit=query.limit)
        return answer(EventsAnswer(events=events, last_seq=session.last_seq))


@blueprint.get("/<session_id>/steps", responses={200: StepsAnswer})
def list_session_steps(path: SessionPath) -> Response:
    """List the committed steps, in the order of their commits."""
    with current_runtime().database.read() as db:
        return answer(StepsAnswer(steps=view_steps(db, find_session(db, path.session_id, seen_by=asker()))))


@blueprint.get("/<session_id>/steps/<path:key>", responses={200: StepAnswer})
def show_session_step(path: StepPath) -> Response:
    """Show one committed step with what it was asked."""
    with current_runtime().database.read() as db:
        session = find_session(db, path.session_id, seen_by=asker())
        return answer(StepAnswer(step=view_step(db, session, path.key)))


@blueprint.get("/<session_id>/artifacts", responses={200: ArtifactsAnswer})
def list_session_artifacts(path: SessionPath) -> Response:
    """List the files, each with where it came from and its earlier versions."""
    with current_runtime().database.read() as db:
        session = find_session(db, path.session_id, seen_by=asker())
        return answer(ArtifactsAnswer(artifacts=view_artifacts(db, session)))


@blueprint.get(
    "/<session_id>/artifacts/<path:path>",
    responses={200: {"description": "The file", "content": {"application/octet-stream": {}}}},
)
def download_artifact(path: ArtifactPath, query: ChooseVersion) -> Response:
    """Download a file: the version that the step `step` wrote, else the newest."""
    with current_runtime().database.read() as db:
        session = find_session(db, path.session_id, seen_by=asker())
        artifact = find_artifact(db, session.id, path.path, step=query.step)
    name = artifact.path.rpartition("/")[2]
    response = Response(artifact.content, mimetype=mimetypes.guess_type(name)[0] or "application/octet-stream")
    # Always as a download: what a model wrote is never shown as a page of ours.
    response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name, safe='')}"
    response.headers["ETag"] = f'"{artifact.sha256}"'
    return response
