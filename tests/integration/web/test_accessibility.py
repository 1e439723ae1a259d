"""axe-core finds nothing to complain of: on every page, in both themes, on a desktop and on a phone."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from common.states import State
from tests.integration.web.pages import PATIENCE, make_running, open_page
from tests.integration.web.site import Site
from tests.journeys.browser import DESKTOP, PHONE, Browser

_AXE = Path(__file__).parents[3] / "node_modules/axe-core/axe.min.js"
#: The rules that were broken, each with the elements that broke it and why.
_RUN = """async () => (await axe.run()).violations.map(({id, nodes}) =>
    id + ": " + nodes.map(({target, failureSummary}) => target.join(" ") + " " + failureSummary).join(" | "))"""


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_axe_finds_no_violation_on_any_page(
    site: Site, browser: Browser, size: ViewportSize, theme: Literal["light", "dark"]
) -> None:
    admin = site.dashboard.program(admin=True)
    stranger = browser.open(f"{site.url}/login", size=size, theme=theme)
    stranger.add_init_script(path=_AXE)
    stranger.reload()
    found = {"/login": stranger.evaluate(_RUN)}
    page = open_page(browser, site, admin, "/sessions", size=size, theme=theme)
    page.add_init_script(path=_AXE)
    found["/sessions, at first"] = look(page, site, "/sessions")

    running = make_running(site, admin)
    ended = site.dashboard.make(admin.user, State.COMPLETED)
    failed = site.dashboard.make(admin.user, State.FAILED)
    queued = site.dashboard.make(admin.user)
    for path in (
        "/",
        "/sessions",
        "/sessions?view=all",
        *(f"/sessions/{session.id}" for session in (running, ended, failed, queued)),
        "/settings",
        *links_of(page),
    ):
        found[path] = look(page, site, path)
    for key, dialog in (("?", "Keyboard shortcuts"), ("Control+k", "Find pages")):
        page.keyboard.press(key)
        expect(page.get_by_role("dialog", name=dialog)).to_be_visible()
        found[dialog] = page.evaluate(_RUN)
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)
    page.get_by_label("Account of").click()
    found["the account's menu"] = page.evaluate(_RUN)
    page.goto(f"{site.url}/change")
    found["/change"] = page.evaluate(_RUN)
    assert {path: violations for path, violations in found.items() if violations} == {}

    if size == PHONE:
        page.set_viewport_size({"width": 360, "height": 740})
        for path in ("/sessions", "/"):
            look(page, site, path)
            for link in page.locator(".topbar-nav a").all():
                box = link.bounding_box()
                assert box is not None
                assert (box["width"] >= 44, box["height"] >= 44, box["x"] >= 0) == (True, True, True)
                assert (box["x"] + box["width"] <= 360, box["y"] + box["height"] <= 740) == (True, True)


def links_of(page: Page) -> list[str]:
    """Return the addresses of the pages in the bar above."""
    links: list[str] = page.locator(".topbar-nav a").evaluate_all("links => links.map(link => link.pathname)")
    return links


def look(page: Page, site: Site, path: str) -> list[str]:
    """Open a page, wait until it shows what it has, and ask axe."""
    page.goto(site.url + path)
    expect(page.locator("[data-connection]")).to_have_attribute("data-connection", "live", timeout=PATIENCE)
    # A plan that is not there yet has one for as long as it takes.
    expect(page.locator(".skeleton:not(#plan .skeleton)")).to_have_count(0, timeout=PATIENCE)
    violations: list[str] = page.evaluate(_RUN)
    is_wide = page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
    return [*violations, "scrolls sideways"] if is_wide else violations
