"""Open pages in a real browser: what they owe to the keyboard, to narrow screens, and to any words that people give."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from common.events import ContextCut, SessionMoved, StepFinished, StepStarted
from common.ids import new_id
from common.states import State
from tests.integration.web.pages import make_running, open_page
from tests.integration.web.site import Site
from tests.journeys.browser import DESKTOP, PHONE, Browser
from tests.support.waiting import wait_until

#: Turns what follows it around, if nothing holds it, and ends an isolate that it did not begin.
_TURNER = "\u2069\u202eevil"

#: How far the end of a piece of an element's text stands to the right of its beginning.
_ADVANCE = """(element, piece) => {
    const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
    const at = (offset, length) => {
        walker.currentNode = element;
        for (let node = walker.nextNode(), begin = 0; node; begin += node.length, node = walker.nextNode()) {
            if (offset < begin + node.length) {
                const range = document.createRange();
                range.setStart(node, offset - begin);
                range.setEnd(node, Math.min(node.length, offset - begin + length));
                return range.getBoundingClientRect();
            }
        }
    };
    const text = element.textContent;
    const begin = text.lastIndexOf(piece);
    return at(begin + piece.length - 1, 1).left - at(begin, 1).left;
}"""

#: How many cells the models have, how many of them are not seen, and how many reach out of their panel.
_MEASURE_MODELS = """() => {
    const table = document.querySelector("#models [role=table]");
    if (!table) return null;
    const cells = [...table.querySelectorAll("[role=cell]")];
    const edge = document.querySelector("#models").getBoundingClientRect().right;
    return {
        cells: cells.length,
        hidden: cells.filter((cell) => !cell.checkVisibility()).length,
        beyond: cells.filter((cell) => cell.getBoundingClientRect().right > edge).length,
    };
}"""


def runs_rightwards(page: Page, selector: str, piece: str) -> bool:
    """Tell whether a piece of text is drawn from left to right, once it is drawn at all."""
    drawn = page.locator(selector).filter(has_text=piece).first
    drawn.wait_for(state="visible")
    return float(drawn.evaluate(_ADVANCE, piece)) > 0


def stands_whole(page: Page) -> bool:
    """Tell whether nothing of the page lies beyond its right edge."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_a_message_with_a_word_without_end_stays_on_the_screen(
    browser: Browser, site: Site, size: ViewportSize
) -> None:
    page = open_page(browser, site, site.dashboard.program(), "/sessions", size=size)
    page.get_by_role("textbox", name="Task").fill("Count to ten.")
    page.get_by_role("textbox", name="Session name").fill("A" * 120)
    page.get_by_role("button", name="Create & Start Session").click()
    toast = page.locator(".toast-note")
    for part in (toast.get_by_role("link", name="View"), toast.get_by_role("button")):
        expect(part).to_be_in_viewport(ratio=1)
    assert stands_whole(page)
    toast.get_by_role("button").click()
    expect(toast).to_have_count(0)


@pytest.mark.parametrize("way", ["Escape", "Cancel", "Stop session"])
@pytest.mark.parametrize("place", ["the list", "its page"])
def test_a_question_gives_the_focus_back_whatever_the_answer(
    browser: Browser, site: Site, place: str, way: str
) -> None:
    ada = site.dashboard.program()
    session = make_running(site, ada)
    page = open_page(browser, site, ada, "/sessions" if place == "the list" else f"/sessions/{session.id}")
    stop = page.get_by_role("button", name="Stop")
    stop.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("button", name="Cancel")).to_be_focused()
    if way == "Escape":
        page.keyboard.press("Escape")
    else:
        dialog.get_by_role("button", name=way).press("Enter")
    expect(dialog).to_have_count(0)
    expect(stop).to_be_focused()
    if way == "Stop session":
        expect(stop).to_have_text("Stopping…")
        expect(stop).to_be_focused()


def test_the_focus_stays_near_where_what_had_it_goes_away(browser: Browser, site: Site) -> None:
    ada = site.dashboard.program()
    session = site.dashboard.make(ada.user)
    page = open_page(browser, site, ada, f"/sessions/{session.id}")
    page.get_by_role("button", name="Pause").press("Enter")
    expect(page.get_by_role("button", name="Pause")).to_have_count(0)
    expect(page.get_by_role("group", name="What can be done")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Resume")).to_be_focused()
    page.goto(f"{site.url}/sessions")
    page.get_by_role("button", name="Stop").press("Enter")
    page.get_by_role("button", name="Stop session").press("Enter")
    expect(page.locator("#active [data-session-id]")).to_have_count(0)
    expect(page.get_by_role("group", name="Active sessions")).to_be_focused()


def test_a_name_that_turns_the_direction_turns_only_itself(browser: Browser, site: Site) -> None:
    ada = site.dashboard.program()
    session = make_running(site, ada, name=_TURNER, task=f"Count {_TURNER}")
    page = open_page(browser, site, ada, f"/sessions/{session.id}")
    assert page.title().endswith("\u202eevil\u2069 · ollama-flow")
    assert not runs_rightwards(page, "h1", "evil")
    assert runs_rightwards(page, "#command code", "--workers")
    page.get_by_role("button", name="Stop").click()
    assert runs_rightwards(page, "#dialog-body", "ends here")
    page.get_by_role("button", name="Cancel").click()
    page.get_by_role("button", name="Pause").click()
    expect(page.locator(".toast-text")).to_contain_text("Pausing")
    assert runs_rightwards(page, ".toast-text", "Steps in flight")
    page.goto(f"{site.url}/sessions")
    assert not runs_rightwards(page, ".session-name", "evil")


def test_a_result_that_stopped_at_its_limit_says_so(browser: Browser, site: Site) -> None:
    ada = site.dashboard.program()
    for cut_off in (True, False):
        session = make_running(site, ada)
        site.happen(
            session,
            StepStarted(step="answer", kind="model", agent="drone-1", label="Write the answer"),
            StepFinished(step="answer", agent="drone-1", text="One, two, and\n", output_tokens=40, cut_off=cut_off),
            SessionMoved(status=State.COMPLETED, result="One, two, and"),
        )
        page = open_page(browser, site, ada, f"/sessions/{session.id}")
        expect(page.locator("#result .prose")).to_have_text("One, two, and")
        told = page.locator("#result").get_by_text("stopped at its limit of 40 tokens")
        expect(told).to_have_count(int(cut_off))


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_the_models_are_seen_whole_at_any_width(browser: Browser, site: Site, size: ViewportSize) -> None:
    page = open_page(browser, site, site.dashboard.program(), "/", size=size)

    def measure() -> dict[str, float] | None:
        # Each time another worker process, as the one before may count as dead by now.
        site.dashboard.beat("llama3:latest", f"{'long' * 20}:latest", worker=new_id())
        found: dict[str, float] | None = page.evaluate(_MEASURE_MODELS)
        return found

    found = wait_until(measure, "the models are shown", 30)
    assert found == {"cells": 8, "hidden": 0, "beyond": 0}
    assert stands_whole(page)


def test_the_tiles_of_the_overview_share_their_edges(browser: Browser, site: Site) -> None:
    page = open_page(browser, site, site.dashboard.program(), "/")

    def edges(selector: str) -> list[float]:
        found: list[float] = page.locator(selector).evaluate_all(
            "tiles => tiles.map(tile => tile.getBoundingClientRect().left)"
        )
        return found

    expect(page.locator(".service")).to_have_count(4)
    assert edges(".service") == edges(".figure-card")


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_a_step_whose_prompt_was_cut_says_so_and_what_it_did_not_read(
    site: Site, browser: Browser, size: ViewportSize
) -> None:
    ada = site.dashboard.program()
    session = make_running(site, ada)
    left_out = ["the end of “Result of 1: Facts about the tides”", f"“Result of 2: {_TURNER}”"]
    site.happen(
        session,
        ContextCut(step="1", agent="drone-1", cut=left_out, tokens=1234),
        StepFinished(step="1", agent="drone-1", text="The tides follow the moon.", prompt_tokens=1500, output_tokens=9),
        StepStarted(step="2", kind="model", agent="drone-1", label="Go on"),
    )
    page = open_page(browser, site, ada, f"/sessions/{session.id}/timeline", size=size)
    cut, whole = page.locator('#steps [data-step="1"]'), page.locator('#steps [data-step="2"]')
    expect(cut.locator(".step-line")).to_contain_text("prompt cut")
    expect(whole.locator(".step-line")).not_to_contain_text("prompt cut")
    cut.locator(".step-line").click()
    told = cut.locator(".left-out")
    expect(told).to_contain_text("About 1,234 tokens were left out:")
    expect(told.locator("li")).to_contain_text(["Facts about the tides", "Result of 2"])
    assert stands_whole(page)
