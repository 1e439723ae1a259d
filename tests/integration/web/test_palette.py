"""The command palette and the shortcuts, what the browser's tab shows, and notifications of a session's end."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from common.events import SessionMoved
from common.queries import claims
from common.states import State
from tests.integration.web.pages import PATIENCE, make_running, open_page
from tests.integration.web.site import Site
from tests.journeys.browser import PHONE, Browser

#: Keeps what the page tells the browser, as if the person had allowed it and looked elsewhere.
_FAKE_NOTIFICATIONS = """
window.told = [];
window.asked = 0;
window.Notification = class {
  static permission = sessionStorage.getItem("allowed") ?? "default";
  static async requestPermission() {
    window.asked += 1;
    sessionStorage.setItem("allowed", "granted");
    return (this.permission = "granted");
  }
  constructor(title, options) { window.told.push([title, options.body, options.tag]); }
};
"""
_HIDE = 'Object.defineProperty(document, "hidden", {configurable: true, get: () => true})'


def search(page: Page, words: str) -> None:
    """Open the palette by the keyboard and type."""
    page.keyboard.press("Control+k")
    expect(page.get_by_role("combobox", name="Find pages")).to_be_focused()
    page.keyboard.type(words)


def chosen(page: Page, text: str | re.Pattern[str]) -> None:
    """Wait until this is what Enter would take, for the eye and for screen readers."""
    option = page.get_by_role("option", selected=True)
    expect(option).to_contain_text(text)
    pointed = page.get_by_role("combobox", name="Find pages").get_attribute("aria-activedescendant")
    assert pointed == option.get_attribute("id")


def test_the_palette_goes_everywhere_by_the_keyboard_alone(site: Site, browser: Browser) -> None:
    ada = site.dashboard.program()
    site.dashboard.make(ada.user, State.COMPLETED, name="Tides", task="Explain the tides.")
    wanted = site.dashboard.make(ada.user, State.COMPLETED, name="Bees", task="Count the honeycombs.")
    page = open_page(browser, site, ada, "/")
    search(page, "sett")
    chosen(page, "Settings")
    page.keyboard.press("Enter")
    page.wait_for_url("**/settings")

    search(page, "honeycombs")
    chosen(page, "Bees")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/sessions/{wanted.id}*")

    search(page, "new ses")
    chosen(page, "New session")
    page.keyboard.press("Enter")
    page.wait_for_url("**/sessions#task")
    expect(page.get_by_role("textbox", name="Task")).to_be_focused()

    search(page, "dark")
    page.keyboard.press("Enter")
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    expect(page.get_by_role("button", name="Theme: dark")).to_be_visible()

    search(page, "qqqq")
    expect(page.get_by_text("Nothing was found.")).to_be_visible(timeout=PATIENCE)
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_role("textbox", name="Task")).to_be_focused()

    search(page, "sign out")
    page.keyboard.press("Enter")
    page.wait_for_url("**/login*")


def test_the_palette_acts_on_the_session_of_its_page(site: Site, browser: Browser) -> None:
    ada = site.dashboard.program()
    session = site.dashboard.make(ada.user, name="Hives")
    page = open_page(browser, site, ada, f"/sessions/{session.id}")
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    search(page, "pause")
    chosen(page, "Pause")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Resume")).to_be_visible()
    search(page, "")
    expect(page.get_by_role("group", name="This session").get_by_role("option")).to_have_text(
        ["Resume", "Stop", "Copy command"]
    )
    page.keyboard.press("ArrowUp")  # round to the last one
    chosen(page, "Sign out")
    page.keyboard.press("ArrowDown")
    chosen(page, "Resume")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.get_by_role("dialog").get_by_role("button", name="Stop session").press("Enter")
    expect(page.locator(".session-head [data-state]")).to_have_attribute("data-state", "stopped")


def test_a_phone_has_a_button_for_the_palette(site: Site, browser: Browser) -> None:
    page = open_page(browser, site, site.dashboard.program(), "/", size=PHONE)
    page.get_by_role("button", name="Find pages").click()
    box = page.get_by_role("combobox", name="Find pages")
    box.fill("sessions")
    expect(page.get_by_role("dialog")).to_be_in_viewport(ratio=1)
    page.get_by_role("option", name="Sessions").click()
    page.wait_for_url("**/sessions")


def test_shortcuts_lead_to_pages_and_through_lists_but_not_while_one_types(site: Site, browser: Browser) -> None:
    ada = site.dashboard.program()
    for number in range(3):
        site.dashboard.make(ada.user, State.COMPLETED, name=f"Session {number}")
    page = open_page(browser, site, ada, "/")
    page.keyboard.press("?")
    help_dialog = page.get_by_role("dialog", name="Keyboard shortcuts")
    for text in ("New session", "Go to Sessions", "Search all sessions", "Next session of the list"):
        expect(help_dialog.get_by_text(text)).to_be_visible()
    page.keyboard.press("Escape")
    expect(help_dialog).to_have_count(0)

    page.keyboard.press("g")
    page.keyboard.press("s")
    page.wait_for_url("**/sessions")
    names = page.locator(".history .session-name")
    expect(names).to_have_count(3)
    for key, index in (("j", 0), ("j", 1), ("j", 2), ("j", 2), ("k", 1)):
        page.keyboard.press(key)
        expect(names.nth(index)).to_be_focused()
    opened = names.nth(1).get_attribute("href")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{opened}*")

    page.keyboard.press("n")
    task = page.get_by_role("textbox", name="Task")
    expect(task).to_be_focused()
    page.keyboard.type("g s? n/jk")
    expect(task).to_have_value("g s? n/jk")
    expect(page.get_by_role("dialog")).to_have_count(0)
    task.blur()
    page.keyboard.press("/")
    expect(page.get_by_label("Search names, tasks and results")).to_be_focused()


def test_title_and_icon_of_the_tab_show_the_state(site: Site, browser: Browser) -> None:
    ada = site.dashboard.program()
    session = make_running(site, ada, name="Hives")
    icon = 'link[rel="icon"]'
    page = open_page(browser, site, ada, "/")
    expect(page).to_have_title("(1) System Overview · ollama-flow")
    page.goto(f"{site.url}/sessions/{session.id}")
    expect(page).to_have_title(re.compile("^▶ .*Hives.* · ollama-flow$"))
    expect(page.locator(icon)).to_have_attribute("href", re.compile("^data:image/svg"))
    running = page.locator(icon).get_attribute("href")
    end_session(site, session.id)
    site.happen(session, SessionMoved(status=State.COMPLETED, result="Two."))
    expect(page).to_have_title(re.compile("^✓ "), timeout=PATIENCE)
    assert page.locator(icon).get_attribute("href") != running


def test_a_session_that_ends_unseen_is_told_of_once_that_was_asked_for(site: Site, browser: Browser) -> None:
    ada = site.dashboard.program()
    first, second = (make_running(site, ada, name=name) for name in ("First", "Second"))
    page = open_page(browser, site, ada, "/settings")
    page.add_init_script(_FAKE_NOTIFICATIONS)
    page.goto(f"{site.url}/sessions/{first.id}")
    wish = page.get_by_role("switch", name="Notify me when it ends")
    expect(wish).not_to_be_checked()
    assert page.evaluate("window.asked") == 0
    wish.click()
    expect(wish).to_be_checked()
    assert page.evaluate("window.asked") == 1

    page.goto(f"{site.url}/sessions")
    expect(page.locator(".session-card")).to_have_count(2)
    end_session(site, first.id)  # somebody looks on
    expect(page.locator(".session-card")).to_have_count(1, timeout=PATIENCE)
    assert page.evaluate("window.told") == []
    page.evaluate(_HIDE)
    end_session(site, second.id)
    page.wait_for_function("() => window.told.length > 0", timeout=PATIENCE)
    ((title, body, tag),) = page.evaluate("window.told")
    assert (title, tag) == ("Second", f"ollama-flow:{second.id}")
    assert body.startswith("The session completed")
    page.goto(f"{site.url}/settings")
    page.get_by_role("switch").uncheck()
    page.reload()
    expect(page.get_by_role("switch")).not_to_be_checked()


def end_session(site: Site, session_id: str) -> None:
    """Complete a session and tell of it, as its worker process would."""
    with site.dashboard.database.write() as db:
        claims.finish_session(db, session_id, epoch=1, state=State.COMPLETED, result="Two.")
