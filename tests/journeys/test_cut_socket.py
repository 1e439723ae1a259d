"""The line between two browsers and the dashboard is cut in the middle of what several agents write."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial

import pytest
from playwright.sync_api import Locator, Page, expect

from common.bus import connect
from common.database import Database
from common.settings import read_run_file
from tests.journeys.browser import DESKTOP, PHONE, Browser, open_browser, sign_in
from tests.journeys.product import Product
from tests.journeys.truth import check_page, plain, shown_text
from tests.support.line_proxy import LineProxy
from tests.support.ollama_server import OllamaServer
from tests.support.waiting import wait_until

_WRITERS = ("work/1", "work/2", "work/3")
#: For what the network brings, in milliseconds.
_PATIENCE = 30_000


@pytest.fixture
def browser() -> Iterator[Browser]:
    """A browser whose requests may fail in any way that a network knows."""
    with open_browser(forgives=("net::ERR_", "WebSocket connection to")) as opened:
        yield opened


def halt_at(ollama: OllamaServer, words: int) -> None:
    """Let each writer go on to this word."""
    ollama.halts = dict.fromkeys(_WRITERS, words)
    wait_until(
        lambda: all(ollama.said.get(key, "").count(" ") == words - 1 for key in _WRITERS), f"{words} words are out"
    )


def reads(turn: Locator, text: str) -> bool:
    """Tell whether a turn shows just this."""
    return shown_text(turn) == plain(text)


def wait_for_texts(page: Page, ollama: OllamaServer) -> None:
    """Wait until a page shows all that the agents have said so far, and nothing else."""
    for key in _WRITERS:
        turn = page.locator(f".turn.is-live[data-step='{key}']")
        turn.wait_for(timeout=_PATIENCE)
        wait_until(partial(reads, turn, ollama.said[key]), f"{key} is shown as far as it is said", 40)


def cut(line: LineProxy, pages: list[Page], meanwhile: Callable[[], object]) -> None:
    """Cut all connections, let something happen, and let the browsers come back."""
    line.cut()
    for page in pages:
        expect(page.locator("#banner")).to_contain_text(re.compile("Reconnecting|does not answer"), timeout=_PATIENCE)
    meanwhile()
    line.pass_on()
    for page in pages:
        expect(page.locator("[data-connection]")).to_have_attribute("data-connection", "live", timeout=_PATIENCE)
        expect(page.locator("#banner [role=status]")).to_be_empty()


def lose_partial_texts(paced: Product) -> None:
    """Take from Redis what it kept of running steps' texts."""
    with connect(read_run_file(paced.home / "run.json")["redis_url"]) as redis:
        kept = list(redis.scan_iter("*partial*"))
        assert kept
        redis.delete(*kept)


def test_pages_whose_socket_is_cut_in_the_middle_of_streams_end_equal_to_the_database(
    paced: Product, ollama: OllamaServer, browser: Browser
) -> None:
    ollama.halts = dict.fromkeys(_WRITERS, 10)
    session_id = paced.create("Count the bees of three hives.", architecture="CENTRALIZED", workers=4)
    with LineProxy("127.0.0.1", paced.port) as line:
        pages = []
        for size in (DESKTOP, PHONE):
            page = browser.open(f"http://127.0.0.1:{line.port}/login", size=size)
            sign_in(page)
            page.goto(
                f"http://127.0.0.1:{line.port}/sessions/{session_id}/streams?agents=drone-1,drone-2,drone-3,drone-4"
            )
            pages.append(page)
        halt_at(ollama, 20)
        for page in pages:
            wait_for_texts(page, ollama)

        cut(line, pages, meanwhile=lambda: halt_at(ollama, 30))
        for page in pages:
            wait_for_texts(page, ollama)

        def go_on_and_lose_it() -> None:
            halt_at(ollama, 40)
            lose_partial_texts(paced)

        cut(line, pages, meanwhile=go_on_and_lose_it)
        halt_at(ollama, 50)  # what comes now stands behind a hole, unless that was mended already
        for page in pages:
            wait_for_texts(page, ollama)

        def end() -> None:
            ollama.halts = {}
            paced.wait_for_state(session_id, "completed", seconds=30)

        cut(line, pages, meanwhile=end)
        database = Database(f"sqlite:///{paced.home / 'ollama-flow.db'}")
        for page in pages:
            check_page(page, database, session_id)
        database.dispose()
