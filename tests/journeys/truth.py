"""Whether the page of a session that has ended shows what the database has, in each of its views."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

from common.database import Database
from common.events import PlanMade
from common.queries import events, sessions, steps
from tests.support.waiting import wait_until

#: For what a page still has to hear of, in milliseconds.
_PATIENCE = 30_000
#: What is written in a box as somebody's text, without the names of languages and the buttons around it.
_TEXT = """box => {
  const copy = box.cloneNode(true);
  copy.querySelectorAll(".code-head, details").forEach((each) => each.remove());
  return [...copy.querySelectorAll(".prose, pre.structured")].map((each) => each.textContent).join(" ");
}"""


def plain(text: str) -> str:
    """Return the letters and digits of a text, which no way of showing it takes away or adds to."""
    unfenced = re.sub(r"(?m)^\s*(```|~~~).*$", "", text)
    return "".join(filter(str.isalnum, unfenced))


def _count(number: int) -> str:
    return f"{number:,}" if number < 10_000 else f"{number / 1000:.1f}k"


def shown_text(box: Locator) -> str:
    """Return what is shown in a box as the text of an agent, as `plain` has it."""
    return plain(box.evaluate(_TEXT))


def turn_to(page: Page, tab: str) -> None:
    """Go to a view of the session without loading the page anew."""
    page.get_by_role("tab", name=tab).click()
    expect(page.get_by_role("tabpanel", name=tab)).to_be_visible()


def check_page(page: Page, database: Database, session_id: str) -> None:
    """Compare what a page shows, view by view and without a reload, with what the database has."""
    with database.read() as db:
        session = sessions.find_session(db, session_id)
        committed = steps.list_steps(db, session_id)
        files = {artifact.path: artifact for artifact in steps.list_artifacts(db, session_id, with_content=True)}
        log = events.read_events(db, session_id, limit=100_000)
    calls = {step.key: str(step.output["text"]) for step in committed if step.kind == "model"}
    read, written = (sum(getattr(step, name) for step in committed) for name in ("prompt_tokens", "output_tokens"))

    expect(page.locator("h1 + [data-state]")).to_have_attribute("data-state", session.state, timeout=_PATIENCE)
    expect(page.locator(".session-facts")).to_contain_text(f"Model calls{len(calls)}")
    expect(page.locator(".session-facts")).to_contain_text(f"Tokens{_count(read)} in, {_count(written)} out")

    turn_to(page, "Streams")
    if page.get_by_role("button", name="Show all").is_visible():
        page.get_by_role("button", name="Show all").click()
    for key, text in calls.items():
        assert shown_text(page.locator(f".turn[data-step='{key}']")) == plain(text), f"{key} has another text"
    expect(page.locator(".turn.is-live")).to_have_count(0)

    turn_to(page, "Timeline")
    expect(page.locator("#steps .panel-count")).to_have_text(str(len(calls)))
    done = page.locator("#steps [data-state='done']").evaluate_all("rows => rows.map((row) => row.dataset.step)")
    assert set(done) == calls.keys()

    turn_to(page, "Plan")
    planned = {part.id for logged in log if isinstance(logged.event, PlanMade) for part in logged.event.subtasks}
    cards = page.locator(".plan-card[data-state='done']")
    wait_until(
        lambda: set(cards.evaluate_all("cards => cards.map((card) => card.dataset.subtask)")) >= planned,
        "every part of the plan is done",
    )

    turn_to(page, "Files")
    links = page.locator("#files .file-link")
    expect(links).to_have_count(len(files))
    for path, artifact in files.items():
        page.locator(f"#files .file-link[data-path='{path}']").click()
        file = page.get_by_role("article", name=path)
        expect(file.locator(".prose, .code-line").first).to_be_visible()
        content = (artifact.content or b"").decode()
        assert plain(file.locator(".file-body").inner_text()) == plain(content), f"{path} has another content"

    turn_to(page, "Result")
    assert shown_text(page.locator("#result")) == plain(session.result or "")

    turn_to(page, "Log")
    expect(page.locator("#log .panel-count")).to_have_text(str(session.last_seq))
    numbers = page.locator("#log [data-seq]").evaluate_all("rows => rows.map((row) => Number(row.dataset.seq))")
    assert numbers == [logged.seq for logged in log] == list(range(1, session.last_seq + 1))
