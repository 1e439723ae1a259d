"""Stop, pause and resume over the API, on both databases."""

from __future__ import annotations

from typing import Any

import pytest

from common.models import FlowSession
from common.queries import claims, events, queue
from common.states import Desired, State
from tests.integration.web.dashboard import Dashboard, Program


def move(who: Program, session: FlowSession, what: str) -> Any:
    """Ask for a move; return the session as the answer tells it."""
    answer = who.ask("POST", f"/api/sessions/{session.id}/{what}")
    assert answer.status_code == 202, answer.text
    return answer.json["session"]  # type: ignore[index]  # it is one


def read_log(dashboard: Dashboard, session: FlowSession) -> list[dict[str, Any]]:
    """Return what the log tells after creation and claim."""
    with dashboard.database.read() as db:
        logged = events.read_events(db, session.id)
    assert [event.seq for event in logged] == list(range(1, len(logged) + 1))
    told = [event.event.model_dump(include={"type", "status", "desired", "reason", "by"}) for event in logged]
    return [event for event in told if event.get("status") != "running"][1:]


def release(dashboard: Dashboard, session: FlowSession, state: State, reason: str | None = None) -> None:
    with dashboard.database.write() as db:
        claims.release_session(db, session.id, epoch=1, state=state, reason=reason)


def test_a_queued_session_pauses_at_once_and_is_not_to_be_had(dashboard: Dashboard, ada: Program) -> None:
    session = dashboard.make(ada.user)
    told = move(ada, session, "pause")
    reason = f"Paused by {ada.user.email}."
    assert (told["status"], told["desired"], told["reason"], told["queue"]) == ("paused", "pause", reason, None)
    assert read_log(dashboard, session) == [{"type": "session_moved", "status": "paused", "reason": reason}]
    with dashboard.database.write() as db:
        assert claims.claim_session(db, session.id, worker="w", lease_seconds=30, flow_version=1) is None
        assert queue.read_positions(db) == {}


def test_a_paused_session_that_is_resumed_waits_in_the_queue_again(dashboard: Dashboard, ada: Program) -> None:
    session = dashboard.make(ada.user)
    move(ada, session, "pause")
    told = move(ada, session, "resume")
    assert (told["status"], told["desired"], told["reason"]) == ("queued", "run", None)
    assert told["queue"]["position"] == 1
    assert read_log(dashboard, session)[1:] == [{"type": "session_moved", "status": "queued", "reason": None}]
    dashboard.claim(session)


def test_a_session_that_was_paused_for_want_of_a_model_server_can_be_resumed_too(
    dashboard: Dashboard, ada: Program
) -> None:
    session = dashboard.make(ada.user, State.PAUSED)
    assert session.desired == Desired.RUN
    assert move(ada, session, "resume")["status"] == "queued"


def test_a_running_session_is_asked_to_pause_and_obeys_when_its_worker_gives_it_up(
    dashboard: Dashboard, ada: Program
) -> None:
    session = dashboard.make(ada.user, State.RUNNING)
    told = move(ada, session, "pause")
    assert (told["status"], told["desired"]) == ("running", "pause")
    with dashboard.database.write() as db:
        wanted = claims.renew_leases(db, {session.id: 1}, worker="worker-1", lease_seconds=30)
    assert wanted == {session.id: Desired.PAUSE}
    release(dashboard, session, State.QUEUED)
    assert ada.get(f"/api/sessions/{session.id}")["session"]["status"] == "paused"
    assert [event["type"] for event in read_log(dashboard, session)] == ["session_wanted", "session_moved"]


def test_a_pause_can_be_taken_back_while_the_session_still_runs(dashboard: Dashboard, ada: Program) -> None:
    session = dashboard.make(ada.user, State.RUNNING)
    move(ada, session, "pause")
    told = move(ada, session, "resume")
    assert (told["status"], told["desired"]) == ("running", "run")
    assert [event["desired"] for event in read_log(dashboard, session)] == ["pause", "run"]
    # The worker had heard of the pause and gives the session up: it goes on instead of waiting for ever.
    release(dashboard, session, State.QUEUED)
    assert ada.get(f"/api/sessions/{session.id}")["session"]["status"] == "queued"


def test_asking_again_changes_nothing(dashboard: Dashboard, ada: Program) -> None:
    running, queued = dashboard.make(ada.user, State.RUNNING), dashboard.make(ada.user)
    for session, moves in ((running, ("pause", "resume", "stop")), (queued, ("pause", "resume"))):
        for what in moves:
            first, again = move(ada, session, what), move(ada, session, what)
            assert (first["status"], first["desired"], first["last_seq"]) == (
                again["status"],
                again["desired"],
                again["last_seq"],
            )


@pytest.mark.parametrize("state", [State.QUEUED, State.PAUSED])
def test_a_waiting_session_stops_at_once(dashboard: Dashboard, ada: Program, state: State) -> None:
    session = dashboard.make(ada.user, state)
    told = move(ada, session, "stop")
    assert (told["status"], told["reason"]) == ("stopped", f"Stopped by {ada.user.email}.")
    assert told["ended_at"] is not None


def test_a_stop_that_comes_while_the_worker_gives_a_session_up_is_not_lost(dashboard: Dashboard, ada: Program) -> None:
    for state in (State.QUEUED, State.PAUSED):
        session = dashboard.make(ada.user, State.RUNNING)
        assert move(ada, session, "stop")["status"] == "running"
        release(dashboard, session, state, "Its worker process ended.")
        assert ada.get(f"/api/sessions/{session.id}")["session"]["status"] == "stopped"


def test_what_the_state_forbids_is_a_conflict_with_a_sentence(dashboard: Dashboard, ada: Program) -> None:
    def refuse(session: FlowSession, what: str) -> str:
        answer = ada.ask("POST", f"/api/sessions/{session.id}/{what}")
        assert (answer.status_code, answer.json["code"]) == (409, "conflict")  # type: ignore[index]  # it is one
        return str(answer.json["error"])  # type: ignore[index]  # it is one

    for state in (State.COMPLETED, State.FAILED, State.STOPPED):
        ended = dashboard.make(ada.user, state)
        for what, done in (("stop", "stopped"), ("pause", "paused"), ("resume", "resumed")):
            sentence = f"This session is already {state}; only one that has not ended can be {done}."
            assert refuse(ended, what) == sentence
    stopping = dashboard.make(ada.user, State.RUNNING)
    move(ada, stopping, "stop")
    assert refuse(stopping, "pause") == refuse(stopping, "resume") == "This session is being stopped."
