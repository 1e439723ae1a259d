"""A session from its creation to its repetition, by somebody who has no mouse."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.journeys.browser import Browser
from tests.journeys.keyboard import Keyboard
from tests.journeys.product import EMAIL, PASSWORD, Product
from tests.support.ollama_server import OllamaServer


def wait_for_state(page: Page, state: str) -> None:
    expect(page.locator("h1 + [data-state]")).to_have_attribute("data-state", state, timeout=20_000)


def test_a_session_is_created_watched_paused_resumed_stopped_read_and_run_again_by_keys_alone(
    paced: Product, ollama: OllamaServer, browser: Browser
) -> None:
    # The first part is written at once, and with it a file; the second one stands still in its middle.
    ollama.halts = {"work/2": 20}
    page = browser.open(f"{paced.url}/sessions")
    keys = Keyboard(page)
    keys.type(EMAIL)  # the field has the focus from the start
    keys.go_to(page.get_by_label("Password"))
    keys.type(PASSWORD)
    keys.press("Enter")
    page.get_by_role("heading", name="New session").wait_for()

    keys.press("n")
    expect(page.get_by_role("textbox", name="Task")).to_be_focused()
    keys.look()
    keys.type("Count the bees of two hives.")
    keys.go_to(page.get_by_role("radio", name="4", exact=True))
    keys.press("ArrowLeft")
    expect(page.get_by_role("radio", name="2", exact=True)).to_be_checked()
    keys.go_to(page.get_by_role("radio", name="Hierarchical"))
    keys.press("ArrowDown")
    expect(page.get_by_role("radio", name="Centralized")).to_be_checked()
    keys.go_to(page.get_by_role("button", name="Create & Start Session"))
    keys.press("Enter")
    name = page.locator("#active .session-name", has_text="Count the bees")
    name.wait_for()
    keys.look()

    keys.press("j")
    expect(name).to_be_focused()
    keys.look()
    keys.press("Enter")
    page.wait_for_url("**/sessions/*-*")
    wait_for_state(page, "running")
    keys.go_to(page.get_by_role("tab", name="Swarm"))
    keys.press("ArrowRight")
    writes = page.locator(".turn.is-live[data-step='work/2']")
    expect(writes).to_contain_text("Scripted answer")
    keys.look()

    keys.choose("Pause")
    wait_for_state(page, "paused")
    expect(page.get_by_role("tab", name="Streams")).to_be_focused()
    expect(writes).to_have_count(0)
    keys.go_to(page.get_by_role("button", name="Resume"), key="Shift+Tab")
    keys.press("Enter")
    expect(page.get_by_role("button", name="Resume")).to_have_count(0)
    keys.look()
    wait_for_state(page, "running")
    expect(writes).to_contain_text("Scripted answer", timeout=20_000)
    keys.look()

    keys.go_to(page.get_by_role("button", name="Stop"))
    keys.press("Enter")
    dialog = page.get_by_role("dialog", name="Stop this session?")
    expect(dialog.get_by_role("button", name="Cancel")).to_be_focused()
    keys.go_to(dialog.get_by_role("button", name="Stop session"))
    keys.press("Enter")
    wait_for_state(page, "stopped")
    expect(page.get_by_role("button", name="Stop")).to_have_count(0)
    keys.look()

    keys.go_to(page.get_by_role("tab", name="Streams"))
    keys.press("ArrowRight", "ArrowRight", "ArrowRight")
    expect(page.get_by_role("tab", name="Files")).to_be_focused()
    written = page.get_by_role("navigation", name="Files").get_by_role("link", name="work-1.md")
    written.wait_for()
    keys.go_to(written)
    keys.press("Enter")
    file = page.get_by_role("article", name="notes/work-1.md")
    expect(file.get_by_role("heading", name=re.compile("^Scripted answer"))).to_be_visible()
    keys.go_to(file.get_by_role("button", name="Changes"))
    keys.press("Space")
    expect(file.locator(".diff-row.is-added").first).to_be_visible()
    keys.look()

    ollama.halts = {}
    stopped = page.url.partition("/files")[0]
    keys.choose("Run again")
    page.wait_for_url(lambda url: "/sessions/" in url and not url.startswith(stopped))
    wait_for_state(page, "completed")
    keys.go_to(page.get_by_role("tab", selected=True))
    while page.get_by_role("tab", selected=True).inner_text() != "Result":
        keys.press("ArrowRight")
        keys.look()
    expect(page.get_by_role("region", name="Result")).to_contain_text("Scripted answer")
