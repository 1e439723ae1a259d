"""Models by role in a real browser: how they are chosen, and how a session shows who speaks with what."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from common.events import AgentInfo, StepStarted, SwarmFormed
from common.ids import new_id
from common.states import State
from tests.integration.web.dashboard import Program
from tests.integration.web.pages import open_page
from tests.integration.web.site import Site
from tests.journeys.browser import DESKTOP, PHONE, Browser
from tests.support.waiting import wait_until

_LONG = f"{'long' * 20}:latest"


def open_form(browser: Browser, site: Site, who: Program, *models: str, **how: Any) -> Page:
    """Open the form with a task in it, once the page knows the models."""
    page = open_page(browser, site, who, "/sessions", **how)
    page.get_by_role("textbox", name="Task").fill("Count to ten.")
    page.get_by_text("Advanced").click()
    page.get_by_label("Models by role").select_option("By role")
    wait_until(lambda: knows_models(page, site, *models), "the page knows the models", 30)
    return page


def knows_models(page: Page, site: Site, *models: str) -> bool:
    """Tell the models once more, and whether the page knows them."""
    # Each time another worker process, as the one before may count as dead by now.
    site.dashboard.beat(*models, worker=new_id())
    return page.locator("#model optgroup[label='On this server'] option").count() == len(models)


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_a_model_is_chosen_for_each_role_and_sent(browser: Browser, site: Site, size: ViewportSize) -> None:
    ada = site.dashboard.program()
    page = open_form(browser, site, ada, "codellama:7b", "llama3:latest", _LONG, size=size)
    page.get_by_label("Developer").select_option("CodeLlama 7B")
    page.get_by_label("IT architect").select_option(_LONG)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    page.get_by_role("button", name="Create & Start Session").click()
    expect(page.locator(".toast-note")).to_be_visible()
    (session,) = ada.get("/api/sessions")["active_sessions"].values()
    assert session["options"]["models"] == {"developer": "codellama:7b", "it_architect": _LONG}


def test_one_model_is_for_all_unless_somebody_chooses(browser: Browser, site: Site) -> None:
    ada = site.dashboard.program()
    page = open_page(browser, site, ada, "/sessions")
    page.get_by_text("Advanced").click()
    expect(page.get_by_label("Models by role")).to_have_value("one")
    expect(page.get_by_label("Developer")).to_have_count(0)
    for models in (None, "auto"):
        page.get_by_role("textbox", name="Task").fill("Count to ten.")
        if models == "auto":
            page.get_by_label("Models by role").select_option("Choose automatically")
        with page.expect_response("**/api/sessions") as answer:
            page.get_by_role("button", name="Create & Start Session").click()
        assert answer.value.json()["session"]["options"]["models"] == models
        expect(page.get_by_role("textbox", name="Task")).to_have_value("")


def test_a_role_s_model_that_is_gone_is_told_beside_its_field(browser: Browser, site: Site) -> None:
    """The browser keeps the draft of a day on which it was there."""
    ada = site.dashboard.program()
    page = open_page(browser, site, ada, "/sessions")
    kept = {"options": {"models": {"developer": "codellama:7b"}}}
    page.evaluate("draft => localStorage.setItem('ollama-flow:draft', JSON.stringify(draft))", kept)
    page.reload()
    page.get_by_role("textbox", name="Task").fill("Count to ten.")
    wait_until(lambda: knows_models(page, site, "llama3:latest"), "the page knows the models", 30)
    page.get_by_role("button", name="Create & Start Session").click()
    expect(page.locator("#model-developer-problem")).to_have_text(
        "The model server has no model 'codellama:7b'; there are llama3:latest."
    )
    expect(page.get_by_label("Developer")).to_be_focused()
    page.get_by_label("Developer").select_option("llama3:latest")
    expect(page.locator("#model-developer-problem")).to_have_count(0)
    expect(page.get_by_label("Developer")).to_be_visible()
    page.get_by_role("button", name="Create & Start Session").click()
    expect(page.locator(".toast-note")).to_be_visible()
    (refused,) = browser.complaints  # the browser itself calls the refusal an error
    assert "status of 422" in refused
    browser.complaints.clear()


def test_where_none_can_be_pulled_the_form_says_why(browser: Browser, site: Site) -> None:
    page = open_page(browser, site, site.dashboard.program(), "/sessions")

    def is_embedded() -> bool:
        site.dashboard.beat("smollm2", worker=new_id(), kind="embedded")
        with page.expect_response("**/api/models") as answer:
            page.reload()
        return bool(answer.value.json()["models"]["pull_refusal"])

    wait_until(is_embedded, "the page knows the embedded server", 30)
    pulls = page.get_by_role("group", name="Models that are not on this server")
    expect(pulls).to_contain_text("can neither pull nor delete")
    expect(pulls).to_contain_text("CodeLlama 34B")
    expect(pulls.get_by_role("button")).to_have_count(0)


def test_a_session_shows_which_agent_uses_which_model(browser: Browser, site: Site) -> None:
    ada = site.dashboard.program()
    session = site.dashboard.make(ada.user, State.RUNNING)
    agents = [
        AgentInfo(name="queen", kind="queen", model="llama3"),
        AgentInfo(name="drone-1", kind="drone", role="analyst", parent="queen", model="llama3"),
        AgentInfo(name="drone-2", kind="drone", role="developer", parent="queen", model="codellama:7b"),
    ]
    models = {"developer": "codellama:7b"}
    site.happen(
        session,
        SwarmFormed(architecture="CENTRALIZED", model="llama3", agents=agents, models=models),
        StepStarted(
            step="work/1", kind="model", agent="drone-1", role="developer", label="Write it", model="codellama:7b"
        ),
    )
    page = open_page(browser, site, ada, f"/sessions/{session.id}")
    expect(page.locator(".swarm-model")).to_have_text(["llama3", "codellama:7b", "codellama:7b"])
    page.get_by_role("tab", name="Streams").click()
    expect(page.locator(".agent-tile .agent-model")).to_have_text(["llama3", "codellama:7b", "codellama:7b"])
    expect(page.locator(".session-facts")).to_contain_text("llama3, developer: codellama:7b")
    expect(page.locator("[data-step='work/1'] .turn-head")).to_contain_text("codellama:7b")
    page.get_by_role("tab", name="Log").click()
    expect(page.locator("#log")).to_contain_text("llama3, developer: codellama:7b")
