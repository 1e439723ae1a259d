"""Pages that tests look at through a real browser."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page, expect

from common.events import AgentInfo, StepStarted, SwarmFormed
from common.models import FlowSession
from common.states import State
from tests.integration.web.dashboard import Program
from tests.integration.web.site import Site
from tests.journeys.browser import Browser, sign_in

#: For what happens by way of the network or a process, in milliseconds.
PATIENCE = 15_000


def make_running(site: Site, who: Program, **fields: Any) -> FlowSession:
    """Return a session whose one drone has just begun to write."""
    session = site.dashboard.make(who.user, State.RUNNING, **fields)
    drone = AgentInfo(name="drone-1", kind="drone", role="developer")
    site.happen(
        session,
        SwarmFormed(architecture="CENTRALIZED", model="tiny", agents=[drone]),
        StepStarted(step="1", kind="model", agent="drone-1", label="Write it"),
    )
    return session


def open_page(browser: Browser, site: Site, who: Program, path: str, **how: Any) -> Page:
    """Sign in, open a page, and wait until it is live."""
    page = browser.open(f"{site.url}/login", **how)
    sign_in(page, email=who.user.email)
    page.goto(site.url + path)
    expect(page.locator("[data-connection]")).to_have_attribute("data-connection", "live", timeout=PATIENCE)
    return page
