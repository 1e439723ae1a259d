"""Gap-free order for those who were away, who come late, and who look through another process."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import threading
from collections.abc import Iterator
from itertools import pairwise
from urllib.parse import urlsplit

import psutil
import pytest

from common.bus import connect
from common.models import FlowSession
from common.states import State
from tests.integration.web.dashboard import Program
from tests.integration.web.site import Site, Viewer
from tests.support.waiting import wait_until

_THOUSANDS = 4000


@pytest.fixture
def ada(site: Site) -> Program:
    return site.dashboard.program()


@pytest.fixture
def session(site: Site, ada: Program) -> FlowSession:
    """A running session, whose log has two events."""
    return site.dashboard.make(ada.user, State.RUNNING)


def kill_web(web: subprocess.Popen[bytes]) -> None:
    """Kill a web server with its child, as a machine that loses its power would."""
    children = psutil.Process(web.pid).children(recursive=True)
    web.kill()  # first, so that it tells nobody of its child's end
    for child in children:
        with contextlib.suppress(psutil.NoSuchProcess):
            child.kill()
    web.wait(10)


@contextlib.contextmanager
def busy(site: Site, session: FlowSession) -> Iterator[None]:
    """Let events happen, one after the other, until the block ends."""
    enough = threading.Event()

    def happen() -> None:
        number = 0
        while not enough.is_set():
            site.happen(session, f"{number}")
            number += 1

    thread = threading.Thread(target=happen)
    thread.start()
    try:
        yield
    finally:
        enough.set()
        thread.join()


def test_who_was_away_for_thousands_of_events_gets_them_all_in_order(
    site: Site, ada: Program, session: FlowSession
) -> None:
    text = "what an agent said, as long as such things are " * 5
    for _ in range(_THOUSANDS // 500):
        site.happen(session, *(text for _ in range(500)), published=False)
    last = _THOUSANDS + 2
    with site.watch(ada) as viewer, site.watch(ada) as newcomer, site.watch(ada) as bystander:
        bystander.ask("watch_sessions")
        with busy(site, session):
            viewer.watch(session, after=10)
            newcomer.watch(session)
        assert viewer.seqs(session)[: last - 10] == list(range(11, last + 1))
        assert newcomer.seqs(session)[:last] == list(range(1, last + 1))
        (end,) = site.happen(session, "the end")
        for each, first in ((viewer, 11), (newcomer, 1)):
            each.wait_for_seq(session, end.seq)
            assert each.seqs(session) == list(range(first, end.seq + 1))
            assert each.told("behind") == []
    read = 0
    while page := ada.get(f"/api/sessions/{session.id}/events?after={read}&limit=1000")["events"]:
        assert [event["seq"] for event in page] == list(range(read + 1, read + len(page) + 1))
        read = page[-1]["seq"]
    assert read == end.seq


def test_viewers_of_two_web_processes_see_the_same_in_the_same_order(
    site: Site, ada: Program, session: FlowSession
) -> None:
    first = site.installation.web
    second_url = site.installation.start_web()
    second, site.installation.web = site.installation.web, first
    viewers = [site.watch(ada), Viewer(second_url, auth={"token": ada.token})]
    try:
        for viewer in viewers:
            viewer.watch(session)
        with busy(site, session):
            site.stream(session, *("word " for _ in range(20)))
            for viewer in viewers:
                viewer.wait_for_seq(session, 30)
        (end,) = site.happen(session, "the end")
        for viewer in viewers:
            viewer.wait_for_seq(session, end.seq)
            assert viewer.seqs(session) == list(range(1, end.seq + 1))
        assert viewers[0].events(session) == viewers[1].events(session)
        assert viewers[0].tokens(session) == viewers[1].tokens(session)
    finally:
        for viewer in viewers:
            viewer.__exit__()
        second.send_signal(signal.SIGQUIT)
        second.wait(10)


def test_a_web_process_that_is_killed_and_started_again_on_its_port_costs_a_viewer_nothing(
    site: Site, ada: Program, session: FlowSession
) -> None:
    kept = site.installation.web
    url = site.installation.start_web()
    seen: list[int] = []
    try:
        with busy(site, session):
            for _ in range(2):
                with Viewer(url, auth={"token": ada.token}) as viewer:
                    viewer.watch(session, after=seen[-1] if seen else 0)
                    viewer.wait_for_seq(session, (seen[-1] if seen else 0) + 20)
                    kill_web(site.installation.web)
                    assert viewer.ended.wait(10)
                    seen += viewer.seqs(session)
                site.installation.start_web(port=urlsplit(url).port or 0)
        (end,) = site.happen(session, "the end")
        with Viewer(url, auth={"token": ada.token}) as viewer:
            viewer.watch(session, after=seen[-1])
            viewer.wait_for_seq(session, end.seq)
            seen += viewer.seqs(session)
        assert seen == list(range(1, end.seq + 1))
    finally:
        kill_web(site.installation.web)
        site.installation.web = kept


def test_after_redis_was_emptied_a_late_viewer_is_shown_nothing_wrong_and_then_all(
    site: Site, ada: Program, session: FlowSession
) -> None:
    text = "one two three four "
    settings = site.installation.settings
    with site.watch(ada) as early, connect(settings.redis_url) as redis:
        early.watch(session)
        site.stream(session, text[:8])
        assert read_text(early, session, 8) == text[:8]
        redis.flushall()
        site.stream(session, text[8:14], offset=8)
        assert read_text(early, session, 14) == text[:14]
        with site.watch(ada) as late:
            late.watch(session)
            site.stream(session, text[14:], offset=14)
            assert read_text(early, session, len(text)) == text
            late.wait_for_text(session, len(text))
            for token in late.tokens(session):
                assert text[token["offset"] :].startswith(token["text"])
            assert late.tokens(session)[0]["offset"] > 0, "there is a hole, and it is seen"
            # A worker process keeps the whole text again and again; watching anew then brings it.
            site.keep(session, text)

            def is_whole() -> bool:
                late.messages.clear()
                late.watch(session, after=2)
                return [(token["offset"], token["text"]) for token in late.tokens(session)] == [(0, text)]

            wait_until(is_whole, "watching anew brings the whole text", 5)


def read_text(viewer: Viewer, session: FlowSession, length: int) -> str:
    """Wait for a text of this length, and assert that it came piece by piece."""
    viewer.wait_for_text(session, length)
    assert all(a["offset"] + len(a["text"]) == b["offset"] for a, b in pairwise(viewer.tokens(session)))
    return "".join(token["text"] for token in viewer.tokens(session))
