"""The live view of one session, over a real socket to a real web process."""

from __future__ import annotations

import threading
from typing import Any

import httpx
import pytest
import socketio
import websocket

from common.models import FlowSession
from common.states import State
from tests.integration.web.dashboard import Dashboard, Program
from tests.integration.web.site import RawSocket, Site, Viewer
from tests.support.data import PASSWORD
from tests.support.waiting import wait_until


@pytest.fixture
def ada(site: Site) -> Program:
    return site.dashboard.program()


@pytest.fixture
def session(site: Site, ada: Program) -> FlowSession:
    """A running session, whose log has two events."""
    return site.dashboard.make(ada.user, State.RUNNING)


def test_a_program_connects_by_token_and_the_transport_is_websocket(site: Site, ada: Program) -> None:
    with site.watch(ada) as viewer:
        assert viewer.transport == "websocket"
    with Viewer(site.url, headers={"Authorization": f"Bearer {ada.token}"}) as viewer:
        assert viewer.ask("watch_overview") == {"ok": True}


def test_a_browser_connects_by_its_cookie(site: Site, ada: Program) -> None:
    with httpx.Client(base_url=site.url) as browser:
        page = browser.get("/login").text
        token = page.partition('name="csrf_token"')[2].partition('value="')[2].partition('"')[0]
        form = {"email": ada.user.email, "password": PASSWORD, "csrf_token": token}
        assert browser.post("/login", data=form).status_code == 302
        cookie = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    with Viewer(site.url, headers={"Cookie": cookie}) as viewer:
        assert viewer.ask("watch_sessions") == {"ok": True}
    with pytest.raises(socketio.exceptions.ConnectionError):
        Viewer(site.url, headers={"Cookie": cookie}, auth={"token": "wrong"})
    with pytest.raises(websocket.WebSocketBadStatusException) as refused:
        RawSocket(site.url, cookie=cookie, origin="http://evil.example")
    assert refused.value.status_code == 403


@pytest.mark.parametrize("auth", [None, {}, {"token": "wrong"}, {"token": 7}, {"token": "\udcff"}, {"token": ""}, "x"])
def test_strangers_are_refused(site: Site, auth: Any) -> None:
    with pytest.raises(socketio.exceptions.ConnectionError):
        Viewer(site.url, auth=auth)


def test_polling_is_not_offered(site: Site) -> None:
    assert httpx.get(f"{site.url}/socket.io/?EIO=4&transport=polling").status_code == 400


def test_watching_brings_what_was_and_then_what_comes(site: Site, ada: Program, session: FlowSession) -> None:
    site.happen(session, *(f"before {number}" for number in range(250)))
    with site.watch(ada) as viewer, site.watch(ada) as second:
        viewer.watch(session)
        second.watch(session, after=200)
        assert viewer.seqs(session) == list(range(1, 253)), "the replay came before the answer"
        site.happen(session, "after")
        for each, first in ((viewer, 1), (second, 201)):
            each.wait_for_seq(session, 253)
            assert each.seqs(session) == list(range(first, 254))
        event = viewer.events(session)[-1]
        assert event["event"] == {"type": "notice", "level": "info", "message": "after"}
        assert event["at"].endswith("Z")


def test_nothing_is_missed_or_repeated_while_joining_a_session_that_is_busy(
    site: Site, ada: Program, session: FlowSession
) -> None:
    enough = threading.Event()

    def be_busy() -> None:
        for number in range(400):
            site.happen(session, f"{number}")
            if enough.is_set():
                return

    busy = threading.Thread(target=be_busy)
    busy.start()
    viewers = []
    try:
        for _ in range(6):
            viewer = site.watch(ada)
            viewers.append(viewer)
            viewer.watch(session)
    finally:
        enough.set()
        busy.join()
    (last,) = site.happen(session, "the end")
    for viewer in viewers:
        viewer.wait_for_seq(session, last.seq)
        assert viewer.seqs(session) == list(range(1, last.seq + 1))
        viewer.__exit__()


def test_events_whose_telling_was_lost_come_by_themselves(site: Site, ada: Program, session: FlowSession) -> None:
    with site.watch(ada) as viewer:
        viewer.watch(session)
        (lost,) = site.happen(session, "lost", published=False)
        viewer.wait_for_seq(session, lost.seq, seconds=4)
        # A later one fills the gap before it at once.
        site.happen(session, "lost", "lost", published=False)
        (told,) = site.happen(session, "told")
        viewer.wait_for_seq(session, told.seq, seconds=4)
        assert viewer.seqs(session) == list(range(1, told.seq + 1))


def test_a_number_from_nowhere_disturbs_nobody_else(site: Site, ada: Program, session: FlowSession) -> None:
    with site.watch(ada) as strange, site.watch(ada) as usual:
        strange.watch(session, after=1_000_000)
        usual.watch(session)
        site.happen(session, "one")
        for viewer in (strange, usual):
            viewer.wait_for_seq(session, 3)
        assert (strange.seqs(session), usual.seqs(session)) == ([3], [1, 2, 3])


def test_tokens_come_at_once_and_late_viewers_get_the_text_so_far(
    site: Site, ada: Program, session: FlowSession
) -> None:
    with site.watch(ada) as early, site.watch(ada) as late:
        early.watch(session)
        site.stream(session, "one ", "two ", "drei 🐝 ")
        wait_until(
            lambda: "".join(token["text"] for token in early.tokens(session)) == "one two drei 🐝 ", "it is read"
        )
        late.watch(session)
        first = wait_until(lambda: late.tokens(session), "the text so far has come")[0]
        assert (first["text"], first["offset"], first["agent"]) == ("one two drei 🐝 ", 0, "drone-1")
        site.stream(session, "four", offset=15)
        wait_until(lambda: late.tokens(session)[-1]["text"] == "four", "late viewers hear on")
        assert {token["offset"] for token in early.tokens(session)} == {0, 4, 8, 15}
        assert first.keys() == {"session_id", "step", "agent", "epoch", "attempt", "offset", "text"}


def test_who_stops_watching_hears_nothing_more(site: Site, ada: Program, session: FlowSession) -> None:
    with site.watch(ada) as leaver, site.watch(ada) as stayer:
        leaver.watch(session)
        stayer.watch(session)
        assert leaver.ask("unwatch", {"session_id": session.id}) == {"ok": True}
        site.happen(session, "unheard")
        stayer.wait_for_seq(session, 3)
        assert leaver.seqs(session) == [1, 2]
        leaver.watch(session, after=2)
        assert leaver.seqs(session) == [1, 2, 3]


def test_the_sessions_of_others_do_not_exist(site: Site, ada: Program, session: FlowSession) -> None:
    with site.watch(site.dashboard.program()) as stranger, site.watch(site.dashboard.program(admin=True)) as admin:
        for session_id in (session.id, "00000000-0000-0000-0000-000000000000"):
            answer = stranger.ask("watch", {"session_id": session_id})
            assert answer == {"ok": False, "code": "not_found", "error": "There is no such session."}
        admin.watch(session)
        site.happen(session, "secret")
        admin.wait_for_seq(session, 3)
        assert stranger.messages == []


def test_a_session_that_is_deleted_while_it_is_watched_does_no_harm(site: Site, ada: Program) -> None:
    session = site.dashboard.make(ada.user, State.COMPLETED)
    with site.watch(ada) as viewer:
        viewer.watch(session)
        assert ada.ask("DELETE", f"/api/sessions/{session.id}").status_code == 204
        assert viewer.ask("watch", {"session_id": session.id})["code"] == "not_found"
        assert httpx.get(f"{site.url}/healthz").status_code == 200


@pytest.mark.parametrize(
    "asked",
    [
        None,
        {},
        [],
        "x",
        7,
        {"session_id": None},
        {"session_id": "x"},
        {"session_id": "a" * 65},
        {"session_id": '","x":"'},
        {"session_id": "a", "after": -1},
        {"session_id": "a", "after": 2**31},
        {"session_id": "a", "after": "1"},
        {"session_id": "a", "after": True},
        {"session_id": "a", "more": 1},
    ],
)
def test_messages_that_make_no_sense_get_an_answer_that_says_so(site: Site, ada: Program, asked: Any) -> None:
    with site.watch(ada) as viewer:
        for event in ("watch", "unwatch"):
            answer = viewer.ask(event, asked)
            assert answer == {
                "ok": False,
                "code": "invalid_input",
                "error": "This message takes {session_id, after}.",
            }
        viewer.send("unheard_of", asked)
        assert viewer.ask("watch_overview", asked) == {"ok": True}


def test_one_connection_watches_fifty_sessions_at_most(site: Site, ada: Program) -> None:
    sessions = [site.dashboard.make(ada.user) for _ in range(51)]
    with site.watch(ada) as viewer:
        for session in sessions[:50]:
            viewer.watch(session)
        viewer.watch(sessions[0])
        assert viewer.ask("watch", {"session_id": sessions[50].id})["code"] == "invalid_input"


def test_who_was_deactivated_or_lost_rights_or_token_is_disconnected(site: Site) -> None:
    dashboard: Dashboard = site.dashboard
    gone, demoted, revoked, stays = (
        dashboard.program(),
        dashboard.program(admin=True),
        dashboard.program(),
        dashboard.program(),
    )
    viewers = [site.watch(who) for who in (gone, demoted, revoked, stays)]
    dashboard.deactivate(gone.user)
    dashboard.demote(demoted.user)
    dashboard.revoke_tokens(revoked.user)
    for viewer in viewers[:3]:
        assert viewer.ended.wait(5)
    assert viewers[3].ask("watch_overview") == {"ok": True}
    assert not viewers[3].ended.is_set()
    with site.watch(demoted) as again:
        assert again.ask("watch_overview") == {"ok": True}
    for viewer in viewers:
        viewer.__exit__()
