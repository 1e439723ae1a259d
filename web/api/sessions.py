"""Sessions: list, create, show, stop, pause, resume, delete."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from flask import Response
from flask_openapi.types import ResponseDict

from common.queries import sessions, wanted
from common.queries.history import list_ended, read_place
from web.api.blueprint import SessionPath, answer, create_blueprint
from web.api.cursors import write_cursor
from web.api.inputs import CountSessions, CreateSession, ListSessions, Repeatable
from web.api.schemas import ErrorAnswer
from web.api.session_filter import read_filter
from web.api.session_schemas import (
    CreatedAnswer,
    SessionAnswer,
    SessionDetailAnswer,
    SessionListAnswer,
    StatisticsAnswer,
)
from web.auth.identity import asker
from web.creation import announce, create
from web.runtime import current_runtime
from web.session_view import view_days, view_detail, view_session, view_sessions, view_statistics

blueprint = create_blueprint("sessions", "One task given to a swarm, from creation to its end.", "/api/sessions")

_MOVED: ResponseDict = {202: SessionAnswer, 409: ErrorAnswer}


@blueprint.get("", responses={200: SessionListAnswer})
def list_sessions(query: ListSessions) -> Response:
    """List the active sessions and a page of the ended ones, by words and filters, in any of the orders."""
    runtime, user = current_runtime(), asker()
    with runtime.database.read() as db:
        wanted = read_filter(db, user, query)
        active = sessions.list_active(db, dataclasses.replace(wanted, states=sorted(query.states)))
        ended = dataclasses.replace(wanted, states=query.final_states)
        found = list_ended(db, ended, sorting=query.sorting, limit=query.limit + 1, after=query.after)
        page = found[: query.limit]
        place = read_place(db, page[-1], query.sort) if len(found) > len(page) else None
        return answer(
            SessionListAnswer(
                active_sessions={view.id: view for view in view_sessions(db, active, runtime.settings)},
                session_history=view_sessions(db, page, runtime.settings),
                statistics=view_statistics(db, None if user.is_admin else user.id),
                next_cursor=None if place is None else write_cursor(place, query.sorting),
            )
        )


@blueprint.get("/statistics", responses={200: StatisticsAnswer})
def count_sessions(query: CountSessions) -> Response:
    """Count the sessions, and how they ended on each of the last days."""
    runtime, user = current_runtime(), asker()
    with runtime.database.read() as db:
        owner_id = None if user.is_admin else user.id
        return answer(
            StatisticsAnswer(statistics=view_statistics(db, owner_id), days=view_days(db, owner_id, count=query.days))
        )


@blueprint.post("", responses={201: CreatedAnswer, **dict.fromkeys((409, 413, 415), ErrorAnswer)})
def create_session(header: Repeatable, body: CreateSession) -> Response:
    """Create a session and start it as soon as a seat is free; the header Idempotency-Key makes repeating safe."""
    runtime = current_runtime()
    session = create(runtime, body, owner=asker(), key=header.idempotency_key)
    with runtime.database.read() as db:
        view = view_session(db, session, runtime.settings)
    location = {"Location": f"/api/sessions/{session.id}"}
    return answer(CreatedAnswer(session_id=session.id, session=view), 201, location)


@blueprint.get("/<session_id>", responses={200: SessionDetailAnswer})
def show_session(path: SessionPath) -> Response:
    """Show one session with its agents, steps, artifacts and the command that does the same."""
    runtime = current_runtime()
    with runtime.database.read() as db:
        session = sessions.find_session(db, path.session_id, seen_by=asker())
        return answer(SessionDetailAnswer(session=view_detail(db, session, runtime.settings)))


@blueprint.post("/<session_id>/stop", responses=_MOVED)
def stop_session(path: SessionPath) -> Response:
    """Stop a session: a waiting one at once, a running one as soon as its worker process notices."""
    return _want(wanted.want_stop, path.session_id)


@blueprint.post("/<session_id>/pause", responses=_MOVED)
def pause_session(path: SessionPath) -> Response:
    """Let a session wait: a queued one at once, a running one as soon as its worker process notices."""
    return _want(wanted.want_pause, path.session_id)


@blueprint.post("/<session_id>/resume", responses=_MOVED)
def resume_session(path: SessionPath) -> Response:
    """Let a paused session go on where it was, as soon as a seat is free."""
    return _want(wanted.want_resume, path.session_id)


@blueprint.delete("/<session_id>", responses={204: None, 409: ErrorAnswer})
def delete_session(path: SessionPath) -> Response:
    """Delete an ended session with all that belongs to it; its project folder stays."""
    runtime = current_runtime()
    with runtime.database.write() as db:
        deleted = sessions.delete_session(db, path.session_id, by=asker())
    runtime.bus.publish_removal(deleted.id, deleted.owner_id)
    return Response(status=204)


def _want(want: Callable[..., wanted.Wanted], session_id: str) -> Response:
    """Write down what is wanted of a session, tell its worker process and its viewers, and answer with it."""
    runtime = current_runtime()
    with runtime.database.write() as db:
        session, events = want(db, session_id, by=asker())
    runtime.bus.nudge(session.id)
    announce(runtime, events)
    with runtime.database.read() as db:
        return answer(SessionAnswer(session=view_session(db, session, runtime.settings)), 202)
