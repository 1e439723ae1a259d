"""The pages of templates in a real browser: by keyboard alone, on a phone, for others, and while things are away."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.integration.web.dashboard import Program
from tests.integration.web.pages import PATIENCE, open_page
from tests.integration.web.site import Site
from tests.journeys.browser import PHONE, Browser, open_browser, sign_in

_LONG: dict[str, Any] = {
    "name": "N" * 120,
    "task": "{{" + "v" * 40 + "}} " + "x" * 300,
    "description": "D" * 500,
    "project_folder": "p" * 200,
    "shared": True,
}


def save(who: Program, **fields: Any) -> str:
    answer = who.ask("POST", "/api/templates", json={"name": "Tides", "task": "Explain {{what}}."} | fields)
    assert answer.status_code == 201, answer.text
    template_id: str = answer.json["template"]["id"]  # type: ignore[index]  # it is one
    return template_id


def stands_whole(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


def press_until(page: Page, key: str, name: str) -> None:
    """Press a key until what has the focus has this name."""
    read = "() => document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent.trim()"
    for _ in range(60):
        page.keyboard.press(key)
        if name in str(page.evaluate(read)):
            return
    raise AssertionError(f"The keyboard does not reach {name}")


def test_a_template_is_used_by_keyboard_alone(browser: Browser, site: Site) -> None:
    who = site.dashboard.program()
    template_id = save(who)
    page = open_page(browser, site, who, "/templates")
    page.get_by_role("link", name="Tides", exact=True).wait_for()
    press_until(page, "Tab", "Use \u2068Tides\u2069")
    page.keyboard.press("Enter")
    expect(page.get_by_role("textbox", name="what")).to_be_focused()
    page.keyboard.type("the moon")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".toast-note")).to_contain_text("is on its way")
    expect(page.locator(".template-fields")).to_have_count(0)
    [session] = who.get("/api/sessions")["active_sessions"].values()
    assert session["task"] == "Explain the moon."

    page.goto(f"{site.url}/sessions/{session['id']}")
    origin = page.locator(".session-facts div").filter(has_text="Template")
    expect(origin).to_have_text("TemplateTides, version 1")
    origin.get_by_role("link", name="Tides").click()
    expect(page.get_by_role("region", name="Versions").get_by_role("listitem")).to_have_count(1)
    who.ask("DELETE", f"/api/templates/{template_id}")
    page.goto(f"{site.url}/sessions/{session['id']}")
    expect(origin).to_have_text("TemplateTides, version 1")
    expect(origin.get_by_role("link")).to_have_count(0)


@pytest.mark.parametrize("path", ["/templates", "/templates/{}", "/templates/new", "/sessions?template={}"])
def test_no_words_of_a_template_push_a_phone_page_sideways(browser: Browser, site: Site, path: str) -> None:
    who = site.dashboard.program()
    template_id = save(who, **_LONG)
    page = open_page(browser, site, who, path.format(template_id), size=PHONE)
    page.get_by_role("button", name="Save").or_(page.get_by_role("button", name="Duplicate")).first.wait_for()
    if "sessions" in path:
        page.locator(".template-fields").wait_for()
    assert stands_whole(page)
    who.ask("DELETE", f"/api/templates/{template_id}")


def test_what_others_share_can_be_copied_but_not_changed(browser: Browser, site: Site) -> None:
    owner, who = site.dashboard.program(), site.dashboard.program()
    template_id = save(owner, name="Ours", shared=True)
    page = open_page(browser, site, who, f"/templates/{template_id}")
    expect(page.get_by_role("textbox", name="Task")).to_be_disabled()
    expect(page.get_by_role("button", name="Delete")).to_have_count(0)
    expect(page.get_by_text(f"This template belongs to {owner.user.email}")).to_be_visible()
    page.get_by_role("button", name="Duplicate").click()
    expect(page.get_by_role("textbox", name="Task")).to_be_enabled()
    assert not page.url.endswith(template_id)
    owner.ask("DELETE", f"/api/templates/{template_id}")


def test_the_editor_has_all_options_and_the_form_says_what_it_leaves_out(browser: Browser, site: Site) -> None:
    who = site.dashboard.program()
    options = {"commands": True, "models": {"developer": "codellama:7b"}, "seed": 7, "num_ctx": 4096}
    template_id = save(who, task="Count.", options=options)
    page = open_page(browser, site, who, f"/templates/{template_id}")
    page.get_by_text("Advanced").click()
    expect(page.get_by_label("Seed")).to_have_value("7")
    expect(page.get_by_label("Developer")).to_have_value("codellama:7b")
    expect(page.get_by_label("Run commands")).to_be_checked()
    page.get_by_label("Temperature").fill("3")
    expect(page.get_by_text("The temperature lies between 0 and 2.")).to_be_visible()
    page.get_by_label("Temperature").fill("0.3")
    page.get_by_label("Seed").fill("")
    page.get_by_label("Models by role").select_option("Choose automatically")
    page.get_by_role("button", name="Save changes").click()
    expect(page.get_by_role("button", name="Saved")).to_be_visible()
    kept = who.get(f"/api/templates/{template_id}")["template"]["options"]
    assert kept == {"commands": True, "num_ctx": 4096, "temperature": 0.3, "models": "auto"}

    page.get_by_role("link", name="Use").click()
    expect(page.locator("#create .note")).to_contain_text("this server does not allow any")
    page.get_by_role("button", name="Create & Start Session").click()
    expect(page.locator(".toast-note")).to_contain_text("is on its way")
    [session] = who.get("/api/sessions")["active_sessions"].values()
    assert session["options"].items() >= (kept | {"commands": False}).items()


def test_a_template_of_somebody_else_has_no_page(site: Site) -> None:
    owner, stranger = site.dashboard.program(), site.dashboard.program()
    template_id = save(owner)
    assert stranger.ask("GET", f"/templates/{template_id}").status_code == 404
    assert owner.ask("GET", f"/templates/{template_id}").status_code == 200


def test_two_who_edit_at_once_are_told(site: Site) -> None:
    who = site.dashboard.program()
    template_id = save(who)
    with open_browser(forgives=("status of 409",)) as browser:
        page = open_page(browser, site, who, f"/templates/{template_id}")
        task = page.get_by_role("textbox", name="Task")
        task.fill("Mine of {{what}}.")
        who.ask("PUT", f"/api/templates/{template_id}", json={"name": "Tides", "task": "Theirs."})
        page.get_by_role("button", name="Save changes").click()
        expect(page.get_by_text("Somebody saved version 2 meanwhile")).to_be_visible()
        expect(task).to_have_value("Mine of {{what}}.")


def test_a_draft_is_not_replaced_without_a_question(browser: Browser, site: Site) -> None:
    who = site.dashboard.program()
    template_id = save(who)
    page = open_page(browser, site, who, "/sessions")
    page.get_by_role("textbox", name="Task").fill("What I began.")
    page.goto(f"{site.url}/sessions?template={template_id}")
    page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("textbox", name="Task")).to_have_value("What I began.")
    assert page.url.endswith("/sessions#create")
    page.goto(f"{site.url}/sessions?template={template_id}")
    page.get_by_role("dialog").get_by_role("button", name="Use the template").click()
    expect(page.get_by_role("textbox", name="Task")).to_have_value("Explain {{what}}.")
    page.get_by_role("textbox", name="what").fill("tides")
    page.reload()
    expect(page.get_by_role("textbox", name="what")).to_have_value("tides")
    page.get_by_role("button", name="Go on without the template").click()
    expect(page.get_by_role("textbox", name="Task")).to_have_value("Explain tides.")


def test_a_search_without_a_find_offers_the_way_back(browser: Browser, site: Site) -> None:
    page = open_page(browser, site, site.dashboard.program(), "/templates")
    expect(page.get_by_text("You have no templates yet")).to_be_visible()
    page.get_by_role("searchbox", name="Search templates").fill("no such words")
    expect(page.get_by_text("No template holds these words")).to_be_visible()
    page.get_by_role("button", name="Show all templates").click()
    expect(page.get_by_role("link", name="Small tool", exact=True)).to_be_visible()


def test_a_list_that_cannot_be_read_says_so_and_comes_by_itself(site: Site) -> None:
    with open_browser(forgives=("status of 500",)) as browser:
        page = browser.open(f"{site.url}/login")
        broken = '{"success": false, "error": "Something went wrong here.", "code": "internal"}'

        def refuse(route: Route) -> None:
            route.fulfill(status=500, content_type="application/json", body=broken)

        page.route("**/api/templates", refuse)
        sign_in(page, email=site.dashboard.program().user.email)
        page.goto(f"{site.url}/templates")
        expect(page.get_by_role("alert")).to_contain_text("Something went wrong here.")
        page.unroute("**/api/templates")
        expect(page.get_by_role("link", name="Small tool", exact=True)).to_be_visible(timeout=PATIENCE)
        expect(page.get_by_role("alert")).to_have_count(0)
