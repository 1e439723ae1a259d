"""A stranger's way: start it, sign in, describe a task, watch a swarm of a real model work, find the result again."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.browser import PHONE, Browser, sign_in
from tests.journeys.product import SHORT, Product

_TASK = "Name three good habits of a careful cook, and say why each one matters."
#: A tiny model on a small machine, perhaps beside other tests.
_SESSION_MS = 420_000

#: Remembers the lengths that a live text had, and tells once it has grown three times.
_GROWS = """() => {
  const seen = (window.seenLengths ??= new Set());
  for (const text of document.querySelectorAll(".turn.is-live")) seen.add(text.textContent.length);
  return seen.size >= 4;
}"""


def _fill_form(page: Page, *, task: str, architecture: str, workers: int = 4) -> None:
    page.get_by_role("textbox", name="Task").fill(task)
    page.get_by_label(str(workers), exact=True).check()
    page.get_by_role("radio", name=architecture).check()
    page.get_by_text("Advanced", exact=True).click()
    page.get_by_label("Longest answer").fill("60")  # tokens; the tiny model would go on for minutes
    page.get_by_role("button", name="Create & Start Session").click()


def _watch(page: Page) -> str:
    """Open the page of the session that was just created; return its id."""
    page.get_by_role("listitem").get_by_role("link", name=re.compile("^View")).first.click()
    page.wait_for_url("**/sessions/*")
    return page.url.rpartition("/")[2]


@pytest.mark.timeout(900)
@pytest.mark.parametrize("architecture", ["Hierarchical", "Centralized", "Fully Connected"])
def test_a_session_is_created_in_the_form_and_watched_until_its_result(
    product: Product, browser: Browser, architecture: str
) -> None:
    page = browser.open(f"{product.url}/sessions")
    sign_in(page)
    _fill_form(page, task=_TASK, architecture=architecture)
    session_id = _watch(page)
    page.get_by_role("tab", name="Streams").click()
    page.wait_for_function(_GROWS, timeout=_SESSION_MS)
    expect(page.locator("h1 + [data-state]")).to_have_attribute("data-state", "completed", timeout=_SESSION_MS)
    page.get_by_role("tab", name="Result").click()
    expect(page.get_by_role("region", name="Result")).to_contain_text(re.compile(r"\w{3}"))

    session = product.show(session_id)
    assert session["status"] == "completed"
    assert session["result"].strip()
    assert session["architecture"] == architecture.upper().replace(" ", "_")
    agents = {step["agent"].partition("-")[0] for step in session["steps"]}
    assert "drone" in agents
    assert "queen" in agents or architecture == "Fully Connected"
    events = product.call("GET", f"/api/sessions/{session_id}/events?limit=1000")["events"]
    assert [event["seq"] for event in events] == list(range(1, session["last_seq"] + 1))
    plans = [event["event"] for event in events if event["event"]["type"] == "plan_made"]
    assert sum(len(plan["subtasks"]) for plan in plans) >= 2


@pytest.mark.timeout(900)
def test_the_history_stands_after_everything_was_restarted(product: Product, browser: Browser) -> None:
    session_id = product.create(
        "Say in one sentence what a hive is.", architecture="CENTRALIZED", workers=2, options=SHORT
    )
    before = product.wait_for_state(session_id, "completed")
    assert product.end() == 0
    assert not product.pids("cli"), "a child outlived `up`"
    product.start()
    after = product.show(session_id)
    assert after == before
    page = browser.open(f"{product.url}/sessions/{session_id}", size=PHONE)
    sign_in(page)
    expect(page.locator("h1 + [data-state]")).to_have_attribute("data-state", "completed")
    expect(page.get_by_role("region", name="Result")).to_be_visible()
    assert page.evaluate("() => document.documentElement.scrollWidth <= window.innerWidth"), "the page scrolls sideways"
    page.goto(f"{product.url}/")
    page.get_by_role("link", name="Open Flower").click()
    expect(page.get_by_role("link", name=re.compile("^Worker .+@ollama-flow$"))).to_be_visible(timeout=20_000)


@pytest.mark.timeout(900)
def test_the_command_line_runs_a_task_on_the_dashboard_and_prints_its_answer(product: Product) -> None:
    product.sign_in()
    ran = product.command("run", "Say hello to the bees.", "--workers", "2", "--arch", "CENTRALIZED")
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.strip()
    newest = product.call("GET", "/api/sessions?limit=1")["session_history"][0]
    assert newest["task"] == "Say hello to the bees."
    assert newest["result"].strip() == ran.stdout.strip()
