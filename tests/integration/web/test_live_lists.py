"""The live list of sessions and the live figures of the system."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from common.models import FlowSession
from common.queries import claims
from common.states import State
from tests.integration.web.dashboard import Program
from tests.integration.web.site import Site, Viewer
from tests.support.data import make_worker
from tests.support.waiting import wait_until
from web.live.lists import SessionsList


@pytest.fixture
def ada(site: Site) -> Program:
    return site.dashboard.program()


def states(viewer: Viewer) -> dict[str, str]:
    """Return the state of each session, as the messages so far tell it."""
    known: dict[str, str] = {}
    for change in viewer.told("sessions"):
        known |= {session["id"]: session["status"] for session in change["changed"]}
        for session_id in change["removed"]:
            known.pop(session_id, None)
    return known


def place(viewer: Viewer, session: FlowSession | dict[str, Any]) -> Any:
    """Return where a session stands in the queue, as told last."""
    session_id = session["id"] if isinstance(session, dict) else session.id
    changes = [view for change in viewer.told("sessions") for view in change["changed"] if view["id"] == session_id]
    return changes[-1]["queue"] if changes else None


def test_the_list_begins_with_what_is_active_and_the_last_five_ended(site: Site, ada: Program) -> None:
    active = [site.dashboard.make(ada.user, state) for state in (State.QUEUED, State.RUNNING, State.PAUSED)]
    ended = [site.dashboard.make(ada.user, State.COMPLETED) for _ in range(6)]
    with site.watch(ada) as viewer:
        assert viewer.ask("watch_sessions") == {"ok": True}
        (snapshot,) = viewer.told("sessions")
        assert [session["id"] for session in snapshot["changed"]] == [
            *(session.id for session in active),
            *(session.id for session in reversed(ended[1:])),
        ]
        assert snapshot["removed"] == []
        assert (snapshot["statistics"]["total"], snapshot["statistics"]["active"]) == (9, 3)
        assert snapshot["changed"][0] == ada.get("/api/sessions")["active_sessions"][active[0].id]


def test_changes_and_removals_come_by_themselves(site: Site, ada: Program) -> None:
    with site.watch(ada) as viewer:
        viewer.ask("watch_sessions")
        session = ada.create()
        wait_until(lambda: states(viewer).get(session["id"]) == "queued", "the new session has come", 3)
        ada.ask("POST", f"/api/sessions/{session['id']}/stop")
        wait_until(lambda: states(viewer).get(session["id"]) == "stopped", "the change has come", 3)
        assert viewer.told("sessions")[-1]["statistics"]["stopped"] == 1
        ada.ask("DELETE", f"/api/sessions/{session['id']}")
        wait_until(lambda: session["id"] not in states(viewer), "the removal has come", 3)
        assert viewer.told("sessions")[-1]["statistics"]["total"] == 0


def test_changes_that_nobody_tells_of_come_too(site: Site, ada: Program) -> None:
    session = site.dashboard.make(ada.user)
    with site.watch(ada) as viewer:
        viewer.ask("watch_sessions")
        site.dashboard.claim(session)
        wait_until(lambda: states(viewer).get(session.id) == "running", "the claim has come", 5)
        with site.dashboard.database.write() as db:
            claims.finish_session(db, session.id, epoch=1, state=State.COMPLETED, result="Done.")
        wait_until(lambda: states(viewer).get(session.id) == "completed", "the end has come", 5)


class Told:
    """The only viewer there is, and what is sent."""

    def __init__(self, user: Any) -> None:
        self.viewer: Any = SimpleNamespace(wants_list=True, needs_list=True, user=user)
        self.sent: list[str] = []

    def all(self) -> list[Any]:
        return [self.viewer]

    def has_room(self, _viewer: Any) -> bool:
        return True

    def send(self, _viewer: Any, message: Any) -> bool:
        self.sent.append(str(message.data))
        return True


def test_what_ends_between_a_snapshot_and_the_first_look_is_told_though_no_message_told_of_it(
    site: Site, ada: Program
) -> None:
    dashboard, told = site.dashboard, Told(ada.user)
    session = dashboard.make(ada.user, State.QUEUED)
    dashboard.claim(session)
    seen: Any = told
    live = SessionsList(dashboard.settings, dashboard.database, seen)
    live.send_snapshot(told.viewer)
    with dashboard.database.write() as db:
        claims.finish_session(db, session.id, epoch=1, state=State.COMPLETED, result="Done.")
    live.look()
    live.flush()
    assert session.id in told.sent[1]
    assert "completed" in told.sent[1]


def test_members_are_told_of_their_own_sessions_only_and_admins_of_all(site: Site, ada: Program) -> None:
    bob, admin = site.dashboard.program(), site.dashboard.program(admin=True)
    with site.watch(ada) as of_ada, site.watch(bob) as of_bob, site.watch(admin) as of_admin:
        for viewer in (of_ada, of_bob, of_admin):
            viewer.ask("watch_sessions")
        by_ada, by_bob = ada.create(), bob.create()
        for viewer, seen in ((of_ada, {by_ada["id"]}), (of_bob, {by_bob["id"]})):
            wait_until(lambda viewer=viewer, seen=seen: set(states(viewer)) == seen, "they see their own", 5)  # type: ignore[misc]
        wait_until(lambda: {by_ada["id"], by_bob["id"]} <= set(states(of_admin)), "the admin sees both", 5)
        for who, session in ((ada, by_ada), (bob, by_bob)):
            who.ask("POST", f"/api/sessions/{session['id']}/stop")
            who.ask("DELETE", f"/api/sessions/{session['id']}")
        wait_until(lambda: not {by_ada["id"], by_bob["id"]} & set(states(of_admin)), "the admin hears of both", 5)
        wait_until(lambda: states(of_ada) == states(of_bob) == {}, "each hears of their own", 5)
        assert [change["removed"] for change in of_bob.told("sessions") if change["removed"]] == [[by_bob["id"]]]


def test_places_in_the_queue_move_up_and_say_why_one_waits(site: Site, ada: Program) -> None:
    with site.watch(ada) as viewer:
        viewer.ask("watch_sessions")
        first, second = ada.create(), ada.create()
        wait_until(lambda: place(viewer, second) is not None, "the second waits", 5)
        behind = place(viewer, second)["position"]
        assert behind > place(viewer, first)["position"]
        ada.ask("POST", f"/api/sessions/{first['id']}/stop")
        wait_until(lambda: place(viewer, second)["position"] < behind, "it moves up", 5)
        # No event tells of this: the claiming worker process says so in the row.
        with site.dashboard.database.write() as db:
            claims.set_waiting_reason(db, second["id"], "Waits for the model server.")
        wait_until(lambda: place(viewer, second)["reason"] == "Waits for the model server.", "it says why", 5)
        ada.ask("POST", f"/api/sessions/{second['id']}/stop")


def test_who_leaves_the_list_hears_nothing_more(site: Site, ada: Program) -> None:
    with site.watch(ada) as leaver, site.watch(ada) as stayer:
        for viewer in (leaver, stayer):
            viewer.ask("watch_sessions")
        leaver.ask("unwatch_sessions")
        session = ada.create()
        wait_until(lambda: session["id"] in states(stayer), "the other hears of it", 5)
        assert session["id"] not in states(leaver)


def test_the_figures_of_the_system_come_at_once_and_again_and_again(site: Site, ada: Program) -> None:
    make_worker(site.dashboard.database, "worker-of-figures")
    session = site.dashboard.make(ada.user)
    site.dashboard.claim(session, "worker-of-figures")
    with site.watch(ada) as viewer, site.watch(site.dashboard.program()) as stranger:
        for who in (viewer, stranger):
            assert who.ask("watch_overview") == {"ok": True}
            assert len(who.told("overview")) == 1

        def seen(who: Viewer) -> set[str]:
            workers = [worker for told in who.told("overview") for worker in told["workers"]]
            ours = [worker for worker in workers if worker["name"] == "worker-of-figures"]
            return {running["id"] for worker in ours for running in worker["sessions"]}

        wait_until(lambda: seen(viewer) == {session.id}, "the running session is seen", 5)
        wait_until(lambda: len(stranger.told("overview")) >= 3, "they come again", 8)
        assert seen(stranger) == set()
        assert viewer.told("overview")[-1].keys() == ada.get("/api/status").keys()
        viewer.ask("unwatch_overview")
        told = len(viewer.told("overview"))
        count = len(stranger.told("overview"))
        wait_until(lambda: len(stranger.told("overview")) >= count + 2, "the other hears on", 8)
        assert len(viewer.told("overview")) == told
