"""What makes a session out of another one, and what is done to many at a time."""

from __future__ import annotations

from flask import Response
from flask_openapi.types import ResponseDict
from pydantic import ValidationError

from common.errors import Conflict, NotFound
from common.queries import sessions
from web.api.blueprint import SessionPath, answer, create_blueprint
from web.api.errors import as_invalid_input
from web.api.inputs import CreateSession, DeleteSessions, ForkSession, Repeatable
from web.api.schemas import ErrorAnswer
from web.api.session_schemas import CreatedAnswer, DeletionsAnswer, DeletionView
from web.auth.identity import asker
from web.creation import create, settings_of
from web.runtime import current_runtime
from web.session_view import view_origin, view_session

blueprint = create_blueprint("session_actions", "Sessions again, with changes, and many at a time.", "/api/sessions")

_MADE: ResponseDict = {202: CreatedAnswer, **dict.fromkeys((409, 413, 415), ErrorAnswer)}


@blueprint.post("/<session_id>/rerun", responses=_MADE)
def rerun_session(path: SessionPath, header: Repeatable) -> Response:
    """Start a new session with the settings of this one, whatever has become of it."""
    return _make(path.session_id, ForkSession(), header)


@blueprint.post("/<session_id>/fork", responses=_MADE)
def fork_session(path: SessionPath, header: Repeatable, body: ForkSession) -> Response:
    """Start a new session with the settings of this one, except for those in the body."""
    return _make(path.session_id, body, header)


@blueprint.post("/delete", responses={200: DeletionsAnswer, **dict.fromkeys((413, 415), ErrorAnswer)})
def delete_sessions(body: DeleteSessions) -> Response:
    """Delete up to 100 ended sessions; each by itself, so that one that cannot be deleted keeps no other."""
    return answer(DeletionsAnswer(results=[_delete(session_id) for session_id in dict.fromkeys(body.ids)]))


def _make(session_id: str, changes: ForkSession, header: Repeatable) -> Response:
    runtime, user = current_runtime(), asker()
    with runtime.database.read() as db:
        session = sessions.find_session(db, session_id, seen_by=user)
    known = settings_of(session)
    try:
        body = CreateSession.model_validate(changes.apply_to(known))
    except ValidationError as error:  # of a setting that this version no longer takes
        raise as_invalid_input(error) from error
    # What it came from stays, also where that is gone by now.
    origin = None if "template" in changes.model_fields_set else view_origin(session)
    made = create(runtime, body, owner=user, key=header.idempotency_key, origin=origin)
    with runtime.database.read() as db:
        view = view_session(db, made, runtime.settings)
    location = {"Location": f"/api/sessions/{made.id}"}
    return answer(CreatedAnswer(session_id=made.id, session=view), 202, location)


def _delete(session_id: str) -> DeletionView:
    runtime = current_runtime()
    try:
        with runtime.database.write() as db:
            deleted = sessions.delete_session(db, session_id, by=asker())
    except (NotFound, Conflict) as error:
        return DeletionView(id=session_id, deleted=False, code=error.code, error=str(error))
    runtime.bus.publish_removal(deleted.id, deleted.owner_id)
    return DeletionView(id=session_id, deleted=True)
