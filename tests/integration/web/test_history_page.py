"""The history in a browser: find, scroll, choose, take along, delete, and run again."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import insert

from common.clock import utc_now
from common.ids import new_id
from common.models import FlowSession
from common.states import State
from tests.integration.web.dashboard import Program
from tests.integration.web.pages import PATIENCE, open_page
from tests.integration.web.site import Site
from tests.journeys.browser import PHONE, Browser

_COUNT = 300
#: Scrolls down, and tells once the last row is there.
_SCROLL_TO_END = """() => {
  window.scrollTo(0, document.documentElement.scrollHeight);
  return document.querySelector("[data-index='299']") !== null;
}"""


@pytest.fixture
def ada(site: Site) -> Program:
    """A member with 300 sessions that have ended, the latest being number 0."""
    who = site.dashboard.program()
    now = utc_now().timestamp()
    rows = [
        {
            "id": new_id(),
            "owner_id": who.user.id,
            "name": f"Session {number}",
            "task": "Find the needle." if number % 100 == 7 else "Count the hay.",
            "workers": 2,
            "architecture": "CENTRALIZED" if number % 2 else "HIERARCHICAL",
            "model": "tiny",
            "options": {"seed": 7, "rounds": 3},
            "state": State.FAILED if number % 3 == 0 else State.COMPLETED,
            "created_at": now - 60 * number - 90,
            "started_at": now - 60 * number - 80,
            "ended_at": now - 60 * number - 60,
            "output_tokens": number,
        }
        for number in range(_COUNT)
    ]
    with site.dashboard.database.write() as db:
        db.execute(insert(FlowSession), rows)
    return who


def expect_rows(page: Page, *names: str) -> None:
    """Wait until the list has exactly these."""
    expect(page.locator(".window-row")).to_have_count(len(names), timeout=PATIENCE)
    for name in names:
        expect(page.locator(".window-row", has=page.get_by_text(name, exact=True))).to_be_visible()


def test_all_of_the_history_is_searched_filtered_and_scrolled_to_its_end(
    site: Site, ada: Program, browser: Browser
) -> None:
    page = open_page(browser, site, ada, "/sessions")
    expect(page.locator("[data-statistic=total]")).to_have_text("300")
    expect(page.locator("[data-statistic=success]")).to_have_text("67%")
    expect(page.get_by_role("group", name="The last 30 days").get_by_role("img")).to_have_count(4)
    expect(page.locator(".history .session-name")).to_have_text([f"Session {number}" for number in range(5)])

    page.get_by_role("button", name="All sessions").click()
    expect(page.locator(".window-row").first).to_be_visible()
    page.keyboard.press("/")
    page.keyboard.type("needle")
    expect_rows(page, "Session 7", "Session 107", "Session 207")
    page.get_by_role("button", name="Failed", exact=True).click()
    expect_rows(page, "Session 207")
    address = page.url
    assert "q=needle" in address
    page.reload()
    expect_rows(page, "Session 207")
    page.get_by_role("link", name="Session 207").click()
    page.wait_for_url("**/sessions/*-*")
    page.go_back()
    assert page.url == address
    expect_rows(page, "Session 207")
    expect(page.get_by_label("Search names, tasks and results")).to_have_value("needle")

    page.get_by_label("Search names, tasks and results").fill("xylophone")
    page.get_by_role("button", name="Clear search and filters").click()
    page.get_by_label("Sort by").select_option("tokens")
    expect(page.locator("[data-index='0']")).to_contain_text("Session 299")
    page.get_by_role("button", name="turn around").click()
    expect(page.locator("[data-index='0']")).to_contain_text("Session 0")

    page.wait_for_function(_SCROLL_TO_END, timeout=PATIENCE)
    expect(page.locator(f"[data-index='{_COUNT - 1}']")).to_contain_text("Session 299")
    expect(page.get_by_text("That was the last one.")).to_be_visible()
    expect(page.locator("#history .panel-count")).to_have_text("300")
    assert page.locator(".window-row").count() < 60, "rows that nobody sees were drawn"


def test_sessions_are_chosen_by_keyboard_exported_deleted_and_run_again(
    site: Site, ada: Program, browser: Browser, tmp_path: Path
) -> None:
    page = open_page(browser, site, ada, "/sessions?view=all&q=hay&sort=name")
    expect(page.locator("[data-index='0']")).to_contain_text("Session 0")
    page.locator("[data-index='0'] a").focus()
    page.keyboard.press("x")
    for _ in range(3):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Shift+X")
    expect(page.get_by_text("4 sessions chosen")).to_be_visible()
    with page.expect_download() as started:
        page.get_by_role("link", name="Export as JSON Lines").click()
    started.value.save_as(tmp_path / "sessions.jsonl")
    exported = [json.loads(line)["name"] for line in (tmp_path / "sessions.jsonl").read_text().splitlines()]
    assert sorted(exported) == ["Session 0", "Session 1", "Session 10", "Session 100"]

    page.get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="Delete 4 sessions").click()
    expect(page.get_by_text("4 sessions deleted.")).to_be_visible(timeout=PATIENCE)
    expect(page.locator("[data-index='0']")).to_contain_text("Session 101")
    assert ada.get("/api/sessions")["statistics"]["total"] == _COUNT - 4

    page.locator("[data-index='0']").get_by_role("button", name=re.compile("^Run .* again$")).click()
    expect(page.get_by_text(re.compile("runs again"))).to_be_visible(timeout=PATIENCE)
    page.get_by_role("button", name="Active sessions").click()
    expect(page.locator(".session-card")).to_contain_text("Session 101")
    (again,) = ada.get("/api/sessions")["active_sessions"].values()
    assert (again["task"], again["workers"], again["options"]["rounds"]) == ("Count the hay.", 2, 3)


def test_a_session_is_run_again_with_changes_from_its_own_page(site: Site, ada: Program, browser: Browser) -> None:
    made = site.dashboard.make(
        ada.user, State.COMPLETED, name="Hay", task="Count the hay.", options={"seed": 7, "rounds": 3}
    )
    ended = ada.get(f"/api/sessions/{made.id}")["session"]
    page = open_page(browser, site, ada, f"/sessions/{ended['id']}", size=PHONE)
    page.get_by_role("link", name="Run again with changes").click()
    expect(page.get_by_role("textbox", name="Task")).to_have_value("Count the hay.")
    expect(page.get_by_text("Has the settings of")).to_be_visible()
    assert "again=" not in page.url
    page.get_by_label("8", exact=True).check()
    page.get_by_role("button", name="Create & Start Session").click()
    expect(page.locator(".session-card")).to_contain_text("8 workers")
    (again,) = ada.get("/api/sessions")["active_sessions"].values()
    assert (again["name"], again["workers"], again["model"]) == ("Hay", 8, ended["model"])
    assert (again["options"]["seed"], again["options"]["rounds"]) == (7, 3)
    assert page.evaluate("() => document.documentElement.scrollWidth <= window.innerWidth"), "it scrolls sideways"
