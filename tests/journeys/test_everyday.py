"""What a person does on an ordinary day, with a mouse at a desk and with a thumb on a phone."""

from __future__ import annotations

import datetime as dt
import re
from zipfile import ZipFile

import pytest
from playwright.sync_api import Locator, Page, ViewportSize, expect

from tests.journeys.browser import DESKTOP, PHONE, Browser, sign_in, stands_whole
from tests.journeys.product import EMAIL, Product
from tests.journeys.truth import turn_to
from tests.support.ollama_server import OllamaServer
from tests.support.waiting import wait_until

_TASK = "Find a name for a tool that keeps bees healthy."
#: For what processes have to do first, in milliseconds.
_PATIENCE = 30_000


class Visitor:
    """Somebody at a page, who clicks on a desktop and taps on a phone."""

    def __init__(self, page: Page, *, is_on_phone: bool) -> None:
        self.page = page
        self.is_on_phone = is_on_phone

    def press(self, what: Locator) -> None:
        if self.is_on_phone:
            what.tap()
        else:
            what.click()

    def press_button(self, name: str | re.Pattern[str]) -> None:
        self.press(self.page.get_by_role("button", name=name))


def create(visitor: Visitor, architecture: str) -> None:
    """Fill in the form, lose the page in the middle of it, and start."""
    page = visitor.page
    left, right = (page.locator(panel).bounding_box() for panel in ("#active", "#create"))
    assert left is not None
    assert right is not None
    stands_beside = right["x"] >= left["x"] + left["width"]
    assert stands_beside is not visitor.is_on_phone
    task = page.get_by_role("textbox", name="Task")
    task.fill(_TASK)
    name = page.get_by_role("textbox", name="Session name")
    expect(name).to_have_attribute("placeholder", re.compile("^Find a name for a tool"))
    page.reload()
    expect(task).to_have_value(_TASK)
    page.get_by_label("Project folder").focus()
    expect(page.locator("#project-folders option").first).to_have_attribute("value", re.compile("projects$"))
    expect(page.locator("#model")).to_contain_text("scripted")
    expect(page.get_by_role("button", name="CodeLlama 7B: pull it")).to_be_visible()
    visitor.press(page.get_by_role("radio", name=architecture))
    assert stands_whole(page)
    visitor.press_button("Create & Start Session")


def see_it_work(visitor: Visitor, paced: Product, architecture: str) -> None:
    """Look at the card of the session, and at that of one that has to wait."""
    page = visitor.page
    card = page.locator(".session-card", has_text="Find a name")
    expect(card.locator("[data-state]")).to_have_attribute("data-state", "running", timeout=_PATIENCE)
    for words in (architecture, "4 workers", EMAIL):
        expect(card).to_contain_text(words)
    expect(card.locator(".session-progress")).to_contain_text(re.compile(r"\d+ of \d+ steps"), timeout=_PATIENCE)
    expect(card.locator(".session-elapsed")).to_contain_text(re.compile(r"\d:\d\d"))
    expect(card.locator(".session-rate")).to_contain_text("tokens/s", timeout=_PATIENCE)
    crowd = [paced.create("Wait for the bees.", architecture="CENTRALIZED", workers=2) for _ in range(4)]
    expect(page.locator("#active")).to_contain_text("Number 1 in the queue", timeout=_PATIENCE)
    for session_id in reversed(crowd):
        paced.call("POST", f"/api/sessions/{session_id}/stop")
    expect(page.locator(".session-card")).to_have_count(1, timeout=_PATIENCE)
    assert stands_whole(page)
    visitor.press(card.get_by_role("link", name=re.compile("^View")))
    page.wait_for_url("**/sessions/*-*")


def watch(visitor: Visitor, architecture: str, step: str) -> None:
    """Look at who works, and read along."""
    page = visitor.page
    stage = page.locator(".swarm-stage")
    expect(stage).to_have_attribute("data-architecture", architecture.upper().replace(" ", "_"))
    writer = stage.locator("[data-activity='writing']")
    expect(writer).to_have_count(1, timeout=_PATIENCE)
    visitor.press(writer)
    expect(page.get_by_role("complementary").locator(".turn.is-live")).to_contain_text("Scripted answer")

    turn_to(page, "Streams")
    box = page.locator(".agent-pane-box", has=page.locator(f".turn.is-live[data-step='{step}']"))
    expect(box).to_have_attribute("data-following", "true")
    wait_until(lambda: box.evaluate("box => box.scrollHeight > box.clientHeight + 200"), "there is much to read")
    box.hover()
    page.mouse.wheel(0, -400)
    expect(box).to_have_attribute("data-following", "false")
    visitor.press_button("Follow")
    expect(box).to_have_attribute("data-following", "true")

    copy = page.get_by_role("button", name="Copy the command")
    visitor.press(copy)
    expect(copy).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()").startswith("ollama-flow run")
    expect(page.locator(".session-facts time").first).to_have_attribute("title", re.compile(r"\d\d:\d\d"))


def see_who_runs_it(page: Page, paced: Product) -> None:
    """Look at the overview, and come back."""
    page.goto(paced.url)
    expect(page.locator(".worker-sessions").get_by_role("link", name="Find a name")).to_be_visible(timeout=_PATIENCE)
    expect(page.locator("#models .chip", has_text="loaded")).to_be_visible(timeout=_PATIENCE)
    page.go_back()


def read(visitor: Visitor, architecture: str) -> None:
    """Go through what came of it."""
    page = visitor.page
    turn_to(page, "Timeline")
    expect(page.locator(".timeline-legend")).to_contain_text(re.compile(r"critical path: \d+ steps"))
    expect(page.locator(".timeline-bar.is-critical").first).to_be_visible()
    expect(page.locator(".timeline-lane .timeline-who").first).to_contain_text(re.compile(r"[\d,.]+k? tokens"))
    visitor.press_button("Zoom in")
    expect(page).to_have_url(re.compile("window="))
    visitor.press_button("All")
    expect(page).not_to_have_url(re.compile("window="))

    turn_to(page, "Plan")
    card = page.locator(".plan-card").first
    visitor.press(card)
    expect(page.locator("[data-subtask-detail]")).to_be_visible()
    visitor.press_button("Close this part")
    expect(card).to_be_focused()
    if architecture == "Fully Connected":
        expect(page.locator("#votes .ballots li")).to_have_count(4)
        expect(page.locator("#votes .is-winner")).to_have_count(1)

    turn_to(page, "Files")
    with page.expect_download() as download:
        visitor.press(page.get_by_role("link", name="Download all"))
    with ZipFile(download.value.path()) as archive:
        assert any(name.endswith(".md") for name in archive.namelist())
    link = page.locator(".file-link").last
    visitor.press(link)
    expect(page.get_by_role("article", name=str(link.get_attribute("data-path")))).to_contain_text("Scripted answer")

    turn_to(page, "Result")
    page.emulate_media(media="print")
    expect(page.locator(".topbar")).to_be_hidden()
    expect(page.locator("#result .prose")).to_be_visible()
    page.emulate_media(media="screen")

    turn_to(page, "Log")
    page.get_by_label("Kind of event").select_option("step_finished")
    expect(page.locator("#log .panel-count")).to_have_text(re.compile(r"^\d+ of \d+$"))
    row = page.locator(".log-line").first
    visitor.press(row)
    expect(page.locator(".log-detail")).to_contain_text('"type": "step_finished"')
    visitor.press_button("Close this event")
    expect(row).to_be_focused()
    assert stands_whole(page)


def tidy_up(visitor: Visitor, architecture: str) -> None:
    """Keep its settings as a template, find it in the history, and delete it."""
    page = visitor.page
    visitor.press_button("Save as template")
    dialog = page.get_by_role("dialog", name="Save as template")
    dialog.get_by_role("textbox", name="Name").fill(f"Names, {architecture}")
    visitor.press(dialog.get_by_role("button", name="Save template"))
    expect(dialog).to_have_count(0)
    visitor.press(page.locator(".back-link"))
    visitor.press_button("All sessions")
    page.get_by_label("Search names, tasks and results").fill("tool that keeps bees")
    visitor.press_button("Filters")
    page.get_by_label("Architecture").last.select_option(architecture)
    page.get_by_label("Owner").fill(EMAIL)
    page.get_by_label("Ended from").fill(str(dt.date.today() - dt.timedelta(days=1)))  # noqa: DTZ011 - the browser's day
    rows = page.locator(".window-row")
    expect(rows).to_have_count(1, timeout=_PATIENCE)
    expect(rows).to_contain_text(architecture)
    assert stands_whole(page)
    visitor.press(rows.get_by_role("checkbox"))
    visitor.press(page.get_by_role("group", name="The chosen sessions").get_by_role("button", name="Delete"))
    visitor.press(page.get_by_role("dialog").get_by_role("button", name="Delete 1 session"))
    expect(page.get_by_text("1 session deleted.")).to_be_visible(timeout=_PATIENCE)
    expect(rows).to_have_count(0)


@pytest.mark.parametrize(
    ("size", "architecture", "halted"),
    [(DESKTOP, "Fully Connected", "propose/2"), (PHONE, "Hierarchical", "work/sub-queen-2/1")],
    ids=["desktop", "phone"],
)
def test_an_ordinary_day(
    paced: Product, ollama: OllamaServer, browser: Browser, size: ViewportSize, architecture: str, halted: str
) -> None:
    # One agent stands still in the middle of a long text; sessions with one queen do not get beyond her plan.
    ollama.output_tokens = 800
    ollama.halts = {halted: 700, "plan": 0}
    page = browser.open(f"{paced.url}/sessions", size=size, touch=size is PHONE)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    sign_in(page)
    visitor = Visitor(page, is_on_phone=size is PHONE)
    create(visitor, architecture)
    see_it_work(visitor, paced, architecture)
    watch(visitor, architecture, halted)
    see_who_runs_it(page, paced)
    ollama.halts, ollama.output_tokens = {}, 60
    expect(page.locator("h1 + [data-state]")).to_have_attribute("data-state", "completed", timeout=2 * _PATIENCE)
    read(visitor, architecture)
    tidy_up(visitor, architecture)
