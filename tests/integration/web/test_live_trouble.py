"""The live view under attack and in trouble: slow, hostile and broken clients, and a Redis that goes away."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator

import httpx
import psutil
import pytest
import websocket

from common.models import FlowSession
from common.settings import Settings
from common.states import State
from tests.integration.web.dashboard import Program
from tests.integration.web.site import RawSocket, Site
from tests.support.servers import Valkey
from tests.support.waiting import wait_until
from web.live.viewers import BACKLOG_BYTES


@pytest.fixture
def ada(site: Site) -> Program:
    return site.dashboard.program()


@pytest.fixture
def session(site: Site, ada: Program) -> FlowSession:
    return site.dashboard.make(ada.user, State.RUNNING)


def memory_of(site: Site) -> int:
    """Return how much memory the web server's processes hold, in bytes."""
    master = psutil.Process(site.installation.web.pid)
    return sum(process.memory_info().rss for process in (master, *master.children(recursive=True)))


def check_alive(site: Site) -> None:
    assert httpx.get(f"{site.url}/healthz", timeout=5).status_code == 200


def test_long_messages_arrive_whole(site: Site, ada: Program, session: FlowSession) -> None:
    site.happen(session, *(f"{number} " + "ä🐝x" * 10_000 for number in range(40)))
    with site.watch(ada) as viewer:
        viewer.watch(session)
        assert viewer.seqs(session) == list(range(1, 43))
        assert viewer.events(session)[-1]["event"]["message"] == "39 " + "ä🐝x" * 10_000
        site.happen(session, "z" * 2_000_000)
        viewer.wait_for_seq(session, 43)
        assert viewer.events(session)[-1]["event"]["message"] == "z" * 2_000_000


def test_a_viewer_who_stops_reading_costs_little_delays_nobody_and_is_told_that_it_is_behind(
    site: Site, ada: Program, session: FlowSession
) -> None:
    with RawSocket(site.url) as stalled, site.watch(ada) as quick:
        stalled.connect(ada.token)
        stalled.emit("watch", {"session_id": session.id})
        assert stalled.read_event()[0] == "event"
        quick.watch(session)
        before, slowest = memory_of(site), 0.0
        for number in range(32):  # 16 MB, and the stalled one reads nothing of it
            began = time.monotonic()
            (event,) = site.happen(session, f"{number} " + "x" * 500_000)
            quick.wait_for_seq(session, event.seq)
            slowest = max(slowest, time.monotonic() - began)
        assert slowest < 2
        assert memory_of(site) - before < 4 * BACKLOG_BYTES + 10_000_000
        received = [stalled.read_event()]
        while received[-1][0] != "behind":
            received.append(stalled.read_event())
        assert received[-1][1] == {"session_id": session.id}
        seqs = [event["seq"] for name, data in received if name == "event" for event in data["events"]]
        assert seqs == list(range(3, len(seqs) + 3))
        stalled.emit("watch", {"session_id": session.id, "after": seqs[-1]})
        name, data = stalled.read_event()
        assert (name, data["events"][0]["seq"]) == ("event", seqs[-1] + 1)


def test_a_huge_message_of_a_stranger_ends_its_connection_and_costs_nothing(site: Site) -> None:
    before = memory_of(site)
    for length in (40_000_000, 100_000):
        with RawSocket(site.url) as hostile:
            opcode = websocket.ABNF.OPCODE_TEXT
            with contextlib.suppress(OSError, websocket.WebSocketException):
                for _ in range(40_000_000 // length):  # the message never comes to its end
                    hostile.socket.send_frame(websocket.ABNF.create_frame("4" * length, opcode, fin=0))
                    opcode = websocket.ABNF.OPCODE_CONT
            assert memory_of(site) - before < 20_000_000
            assert hostile.is_closed_by_server()
    check_alive(site)


def flood(client: RawSocket, message: str) -> bool:
    """Send a message over and over; tell whether the server put an end to it."""
    for _ in range(300_000):
        try:
            client.socket.send(message)
        except (OSError, websocket.WebSocketConnectionClosedException):
            return True
    return False


def test_who_asks_faster_than_we_answer_is_cut_off_and_delays_nobody(site: Site, ada: Program) -> None:
    before = memory_of(site)
    for token, message in ((ada.token, '42/live,1["watch_sessions"]'), (None, "40/nowhere")):
        with RawSocket(site.url) as hostile:
            if token is not None:
                hostile.connect(token)
            assert flood(hostile, message)
        check_alive(site)
    assert memory_of(site) - before < 30_000_000


@pytest.mark.parametrize(
    "message",
    [
        "",
        "x",
        "2",
        "4",
        "5",
        "6",
        "9",
        "bAAAA",
        "43/live,1[]",
        "44/live,{}",
        '451-/live,["watch",{"_placeholder":true,"num":0}]',
        '4599999999-/live,["watch"]',
        '461-/live,1["watch"]',
        "42/live,",
        "42/live,{}",
        "42/live,[]",
        "42/live,[5]",
        '42/live,["watch"',
        "42/live," + "[" * 15_000,
        "42/live," + "9" * 15_000,
        "42/live," + "9" * 101 + '["watch"]',
        '42/live,["connect",{}]',
        '42/live,["connect"]',
        "\udcff",
    ],
    ids=lambda message: repr(message[:30]),
)
def test_garbage_ends_the_connection_of_who_sends_it(site: Site, ada: Program, message: str) -> None:
    with RawSocket(site.url) as stranger, RawSocket(site.url) as hostile, RawSocket(site.url) as binary:
        for client in (hostile, binary):
            client.connect(ada.token)
        raw = message.encode("utf-8", "surrogateescape")
        stranger.socket.send(raw, websocket.ABNF.OPCODE_TEXT)
        hostile.socket.send(raw, websocket.ABNF.OPCODE_TEXT)
        binary.socket.send_binary(raw)
        assert hostile.is_closed_by_server()
        assert binary.is_closed_by_server()
    check_alive(site)


@pytest.mark.parametrize(
    "message",
    [
        '42/live,["disconnect"]',
        '42/live,["disconnect","x","y"]',
        '42/live,["_answer"]',
        '42/live,["watch"]',
        "42/live,[null]",
        '42/other,["watch"]',
        '42["watch"]',
        "40/live,{}",
        "40/other,",
        "40",
        "41/live,",
        "41",
    ],
)
def test_what_makes_no_sense_but_can_be_read_does_nothing(site: Site, ada: Program, message: str) -> None:
    with RawSocket(site.url) as stranger, RawSocket(site.url) as odd:
        odd.connect(ada.token)
        for client in (stranger, odd):
            client.socket.send(message)
            client.socket.send("40/live,")
            while not client.read().startswith("44/live,"):
                pass
    check_alive(site)


def test_viewers_that_have_gone_are_forgotten_whatever_they_did(site: Site, ada: Program, session: FlowSession) -> None:
    admin = site.dashboard.program(admin=True)

    def viewers() -> float:
        text = httpx.get(f"{site.url}/metrics").text
        return next(float(line.split()[1]) for line in text.splitlines() if line.startswith("ollama_flow_viewers "))

    wait_until(lambda: viewers() == 0, "nobody is there", 10)
    hostile = [RawSocket(site.url) for _ in range(5)]
    for number, client in enumerate(hostile):
        client.connect(ada.token)
        client.emit("watch", {"session_id": session.id})
        assert client.read_event()[0] == "event"
        if number == 1:
            client.emit("connect", {})
        if number == 2:
            client.emit("disconnect", {})
        if number == 3:
            client.socket.send("41/live,")
    with site.watch(admin) as viewer:
        viewer.watch(session)
        wait_until(lambda: viewers() >= 2, "they are counted", 5)
    for client in hostile:
        client.vanish()
    wait_until(lambda: viewers() == 0, "all are forgotten", 10)


@pytest.fixture
def own_site(make_shared_settings: Callable[..., Settings], own_valkey: Valkey) -> Iterator[Site]:
    with Site(make_shared_settings(redis_url=own_valkey.url)) as running:
        yield running


def test_events_arrive_while_redis_is_away_and_at_once_when_it_is_back(own_site: Site, own_valkey: Valkey) -> None:
    ada = own_site.dashboard.program()
    session = own_site.dashboard.make(ada.user, State.RUNNING)
    with own_site.watch(ada) as viewer:
        viewer.watch(session)
        viewer.ask("watch_sessions")
        own_valkey.stop()
        for seq in (3, 4):
            own_site.happen(session, "without Redis")
            viewer.wait_for_seq(session, seq, seconds=4)
        began = time.monotonic()
        created = ada.create()
        assert time.monotonic() - began < 3

        def listed() -> set[str]:
            return {view["id"] for change in viewer.told("sessions") for view in change["changed"]}

        wait_until(lambda: created["id"] in listed(), "the list hears of it", 5)
        own_valkey.start()

        def comes_at_once() -> bool:
            """Tell whether a token comes, which only Redis brings."""
            own_site.stream(session, "hello")
            return bool(viewer.tokens(session))

        wait_until(comes_at_once, "Redis brings tokens again", 10)
        assert viewer.seqs(session) == [1, 2, 3, 4]
