"""The page of settings, and the first session of somebody new."""

from __future__ import annotations

import pytest
from playwright.sync_api import ViewportSize, expect

from tests.integration.web.pages import PATIENCE, open_page
from tests.integration.web.site import Site
from tests.journeys.browser import DESKTOP, PHONE, Browser


def test_a_token_is_made_shown_once_and_revoked(site: Site, browser: Browser) -> None:
    ada = site.dashboard.program()
    page = open_page(browser, site, ada, "/settings")
    panel = page.get_by_role("region", name="API tokens").first
    panel.get_by_role("button", name="Create token").click()
    expect(panel.get_by_role("alert")).to_have_text("Say what it is for.")
    panel.get_by_label("New token").fill("Nightly reports")
    page.keyboard.press("Enter")
    secret = panel.locator(".secret code").inner_text()
    assert secret.startswith("olf_")
    row = panel.get_by_role("row", name="Nightly reports")
    expect(row).to_contain_text("never")
    page.reload()
    expect(row).to_be_visible()
    expect(page.get_by_text(secret)).to_have_count(0)
    row.get_by_role("button", name="Revoke Nightly reports").click()
    page.get_by_role("dialog").get_by_role("button", name="Revoke token").click()
    expect(row).to_have_count(0)


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_admins_see_people_and_the_servers_settings(site: Site, browser: Browser, size: ViewportSize) -> None:
    admin = site.dashboard.program(admin=True)
    member = site.dashboard.person()
    new = f"new-{size['width']}@example.org"
    page = open_page(browser, site, admin, "/settings", size=size)
    people = page.get_by_role("region", name="People").first
    people.get_by_label("New person's email address").fill(new)
    people.get_by_label("First password").fill("short")
    people.get_by_role("button", name="Add person").click()
    expect(people.get_by_role("alert")).to_be_visible()
    people.get_by_label("First password").fill("long enough")
    people.get_by_role("button", name="Add person").click()
    expect(people.get_by_role("row", name=new)).to_contain_text("Member")
    people.get_by_role("button", name=f"Make admin: {member.email}").click()
    expect(people.get_by_role("row", name=member.email)).to_contain_text("Admin")
    people.get_by_role("button", name=f"Deactivate: {member.email}").click()
    expect(people.get_by_role("row", name=member.email)).to_contain_text("deactivated")
    expect(people.get_by_role("row", name=admin.user.email)).to_contain_text("you")
    server = page.get_by_role("region", name="Server settings").first
    expect(server.get_by_role("row", name="OLLAMA_FLOW_SEATS")).to_contain_text("4")
    expect(server.get_by_role("row", name="OLLAMA_FLOW_SECRET_KEY")).not_to_contain_text("olf")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), "it scrolls sideways"


def test_members_see_their_account_and_choose_a_theme(site: Site, browser: Browser) -> None:
    ada = site.dashboard.program()
    page = open_page(browser, site, ada, "/settings")
    expect(page.get_by_role("region", name="Account")).to_contain_text(ada.user.email)
    expect(page.get_by_role("heading", name="API tokens")).to_be_visible()
    for name in ("People", "Server settings"):
        expect(page.get_by_role("heading", name=name)).to_have_count(0)
    page.get_by_role("radio", name="Dark").check()
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    page.get_by_role("link", name="Change password").last.click()
    expect(page.get_by_role("heading", name="Change password")).to_be_visible()


def test_the_first_session_is_one_click_away_and_then_the_guide_is_gone(site: Site, browser: Browser) -> None:
    ada = site.dashboard.program()
    page = browser.open(f"{site.url}/login")
    page.get_by_text("First time here?").click()
    expect(page.get_by_text("first password")).to_be_visible()
    page.close()
    page = open_page(browser, site, ada, "/sessions")
    guide = page.get_by_role("region", name="Your first session")
    expect(guide.get_by_role("listitem")).to_have_count(3)
    guide.get_by_role("button", name="Start this example").click()
    page.wait_for_url("**/sessions/*-*", timeout=PATIENCE)
    expect(page.get_by_role("heading", name="My first swarm")).to_be_visible()
    page.goto(f"{site.url}/sessions")
    expect(page.locator(".session-card")).to_contain_text("My first swarm")
    expect(guide).to_have_count(0)
