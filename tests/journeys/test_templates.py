"""The way of a template: a preset is used, a form is saved, edited, restored, exported, deleted and imported again."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from tests.journeys.browser import DESKTOP, PHONE, Browser, sign_in
from tests.journeys.product import Product

#: A tiny model on a small machine, perhaps beside other tests.
_SESSION_MS = 420_000


def _open(browser: Browser, product: Product, path: str, *, size: ViewportSize = DESKTOP) -> Page:
    page = browser.open(f"{product.url}/login", size=size)
    sign_in(page)
    page.goto(product.url + path)
    return page


@pytest.mark.timeout(900)
def test_a_preset_asks_for_its_variables_on_a_phone_and_becomes_a_session_that_runs(
    product: Product, browser: Browser
) -> None:
    page = _open(browser, product, "/templates", size=PHONE)
    page.get_by_role("searchbox", name="Search templates").fill("weighs options")
    page.get_by_role("link", name=re.compile("Use .*Compare and decide")).click()
    question = page.get_by_role("textbox", name="What is to be decided")
    expect(question).to_be_focused()
    page.get_by_role("button", name="Create & Start Session").click()
    expect(question).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_text("This is needed.")).to_be_visible()
    question.fill("Tea or coffee?")
    expect(page.get_by_text("This is needed.")).to_have_count(0)
    page.get_by_label("2", exact=True).check()
    page.get_by_label("Centralized").check()
    question.press("Control+Enter")
    page.get_by_role("listitem").get_by_role("link", name=re.compile("^View")).first.click()
    expect(page.locator("h1")).to_have_text("Decide: Tea or coffee?")
    session = product.show(page.url.rpartition("/")[2])
    assert "Help to decide: Tea or coffee?" in session["task"]
    assert "cost, risk, time" in session["task"]
    assert "{{" not in session["task"]
    assert (session["workers"], session["options"]["temperature"]) == (2, 0.4)
    expect(page.locator("h1 + [data-state]")).to_have_attribute("data-state", "completed", timeout=_SESSION_MS)

    page.get_by_role("button", name="Save as template").click()
    dialog = page.get_by_role("dialog", name="Save as template")
    dialog.get_by_role("textbox", name="Name").fill("Tea")
    dialog.get_by_role("button", name="Save template").click()
    expect(dialog).to_have_count(0)
    saved = product.call("GET", "/api/templates?name=Tea")["templates"][0]
    assert (saved["task"], saved["workers"], saved["variables"]) == (session["task"], 2, [])


def test_a_form_is_saved_edited_restored_exported_deleted_and_imported(
    product: Product, browser: Browser, tmp_path: Path
) -> None:
    page = _open(browser, product, "/sessions")
    page.get_by_role("textbox", name="Task").fill("Write a poem about {{topic}}.")
    page.get_by_role("button", name="Save as template").click()
    dialog = page.get_by_role("dialog", name="Save as template")
    expect(dialog).to_contain_text("It asks for topic")
    dialog.get_by_role("textbox", name="Name").fill("Poem")
    dialog.get_by_role("button", name="Save template").click()
    page.locator(".toast-note").get_by_role("link", name="View").click()

    task = page.get_by_role("textbox", name="Task")
    expect(task).to_have_value("Write a poem about {{topic}}.")
    task.fill("Write a poem about {{topic}} in {{Mood}}.")
    expect(task).to_have_attribute("aria-invalid", "true")
    task.fill("Write a poem about {{topic}} in a {{mood}} mood.")
    page.get_by_role("textbox", name="Default of mood").fill("merry")
    page.get_by_role("textbox", name="Label of topic").fill("What it is about")
    page.get_by_role("button", name="Save changes").click()
    expect(page.get_by_role("button", name="Saved")).to_be_visible()
    expect(page.get_by_role("region", name="Versions").get_by_role("listitem")).to_have_count(2)

    page.get_by_role("button", name="Restore version 1").click()
    expect(task).to_have_value("Write a poem about {{topic}}.")
    page.get_by_role("button", name="Save changes").click()
    expect(page.get_by_role("region", name="Versions").get_by_role("listitem")).to_have_count(3)

    page.goto(f"{product.url}/templates")
    card = page.get_by_role("listitem").filter(has=page.get_by_role("link", name="Poem", exact=True))
    with page.expect_download() as download:
        card.get_by_role("link", name="Export").click()
    file = tmp_path / "poem.json"
    download.value.save_as(file)
    card.get_by_role("button", name="Duplicate").click()
    expect(page.get_by_role("link", name="Poem (2)", exact=True)).to_be_visible()

    page.locator("#template-file").set_input_files(file)
    report = page.get_by_role("dialog")
    expect(report).to_contain_text("0 of 1 template imported")
    report.get_by_role("button", name="Import it under another name").click()
    expect(page.get_by_role("link", name="Poem (3)", exact=True)).to_be_visible()

    card.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete template").click()
    expect(page.get_by_role("link", name="Poem", exact=True)).to_have_count(0)
    page.locator("#template-file").set_input_files(file)
    expect(page.get_by_role("link", name="Poem", exact=True)).to_be_visible()
    imported = product.call("GET", "/api/templates?name=Poem")["templates"][0]
    assert (imported["task"], imported["version"]) == ("Write a poem about {{topic}}.", 1)


@pytest.mark.timeout(600)
def test_the_command_line_runs_a_template_with_its_variables(product: Product) -> None:
    product.sign_in()
    body = {"name": "Greet", "task": "Say hello to {{who}}.", "workers": 2, "architecture": "CENTRALIZED"}
    product.call("POST", "/api/templates", json=body)
    ran = product.command("run", "--template", "Greet", "--var", "who=the bees")
    assert ran.returncode == 0, ran.stderr
    newest = product.call("GET", "/api/sessions?limit=1")["session_history"][0]
    assert (newest["task"], newest["workers"]) == ("Say hello to the bees.", 2)
    assert newest["result"].strip() == ran.stdout.strip()
