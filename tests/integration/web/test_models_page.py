"""The models in a real browser, with a real worker process and a scripted Ollama over HTTP."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import expect

from common.settings import Settings
from common.states import State
from tests.integration.web.pages import PATIENCE, open_page
from tests.integration.web.site import Site
from tests.journeys.browser import PHONE, Browser
from tests.support.ollama_server import OllamaServer


@pytest.fixture
def ollama() -> Iterator[OllamaServer]:
    with OllamaServer() as server:
        yield server


@pytest.fixture
def models_site(make_shared_settings: Callable[..., Settings], ollama: OllamaServer) -> Iterator[Site]:
    """A web process beside a model server; the worker process is the test's to start, once its sessions are made."""
    with Site(make_shared_settings(ollama_host=ollama.url)) as site:
        yield site


def test_an_admin_pulls_cancels_and_deletes_models(browser: Browser, models_site: Site, ollama: OllamaServer) -> None:
    ollama.pull_seconds = 0.3
    admin = models_site.dashboard.program(admin=True)
    models_site.dashboard.make(admin.user, State.COMPLETED, model="llama3", name="Count <b>all</b>")
    models_site.installation.start_worker()
    page = open_page(browser, models_site, admin, "/models")
    installed, orders = page.locator(".installed-model"), page.locator(".model-order")
    expect(installed).to_have_count(2, timeout=PATIENCE)
    llama = installed.filter(has_text="llama3:latest")
    expect(llama).to_contain_text("1 session, last Count <b>all</b>", timeout=PATIENCE)
    expect(llama).to_contain_text("8,192 tokens")
    page.get_by_role("button", name="CodeLlama 7B").click()
    page.get_by_role("button", name="Pull", exact=True).click()
    bar = page.get_by_role("progressbar", name="pull codellama:7b")
    expect(bar).to_have_attribute("aria-valuemax", "4000", timeout=PATIENCE)
    expect(orders.first).to_contain_text("of 4.0 kB")
    page.get_by_role("button", name="Cancel codellama:7b").click()
    expect(orders.first).to_contain_text("Cancelled", timeout=PATIENCE)

    ollama.pull_seconds = 0
    page.get_by_role("textbox", name="Model").fill("missing")
    page.keyboard.press("Enter")
    expect(orders.first).to_contain_text("file does not exist", timeout=PATIENCE)
    page.get_by_role("textbox", name="Model").fill("hf.co/owner/name:Q4")
    page.keyboard.press("Enter")
    expect(installed.filter(has_text="hf.co/owner/name:Q4")).to_have_count(1, timeout=PATIENCE)
    page.get_by_role("button", name="Delete hf.co/owner/name:Q4").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete model").click()
    expect(installed).to_have_count(2, timeout=PATIENCE)


def test_a_member_pulls_and_does_not_delete_also_on_a_phone(
    browser: Browser, models_site: Site, ollama: OllamaServer
) -> None:
    ada = models_site.dashboard.program()
    models_site.installation.start_worker()
    page = open_page(browser, models_site, ada, "/models", size=PHONE)
    expect(page.locator(".installed-model")).to_have_count(2, timeout=PATIENCE)
    expect(page.get_by_role("button", name="Delete")).to_have_count(0)
    page.get_by_role("textbox", name="Model").fill("mistral:7b")
    page.get_by_role("button", name="Pull", exact=True).click()
    expect(page.locator(".installed-model")).to_have_count(3, timeout=PATIENCE)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")

    ollama.pull_seconds = 0.3
    page.goto(f"{models_site.url}/sessions")
    offer = page.get_by_role("button", name="CodeLlama 13B: pull it")
    offer.click(timeout=PATIENCE)
    bar = page.get_by_role("progressbar", name="pull codellama:13b")
    expect(bar).to_have_attribute("aria-valuemax", "4000", timeout=PATIENCE)
    expect(offer).to_have_count(0)
    page.get_by_role("button", name="Cancel codellama:13b").click()
    expect(page.locator(".model-order")).to_contain_text("Cancelled", timeout=PATIENCE)
    ollama.pull_seconds = 0
    offer.click()
    page.get_by_role("button", name="Use codellama:13b").click(timeout=PATIENCE)
    expect(page.locator("#model")).to_have_value("codellama:13b")
    expect(offer).to_have_count(0)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
