"""The views of a session's page in a real browser: their addresses, their keys, and what each of them shows."""

from __future__ import annotations

import hashlib
import re

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from common.events import (
    AgentInfo,
    ArtifactWritten,
    DurableEvent,
    MessageSent,
    PlanMade,
    StepFinished,
    StepStarted,
    SubtaskFinished,
    SubtaskInfo,
    SwarmFormed,
)
from common.models import FlowSession
from common.queries import steps
from common.states import State
from tests.integration.web.dashboard import Program
from tests.integration.web.pages import PATIENCE, open_page
from tests.integration.web.site import Site
from tests.journeys.browser import DESKTOP, PHONE, Browser

_TABS = ("Swarm", "Streams", "Timeline", "Plan", "Files", "Result", "Log")
_CODE = "def count(text):\n    return len(text.split())\n"


def make_swarm(site: Site, who: Program, drones: int = 2) -> FlowSession:
    """Return a running session: its queen has planned, and the first drone works on the first of two parts."""
    session = site.dashboard.make(who.user, State.RUNNING)
    agents = [AgentInfo(name="queen", kind="queen")]
    agents += [
        AgentInfo(name=f"drone-{number}", kind="drone", role="developer", parent="queen")
        for number in range(1, drones + 1)
    ]
    parts = [
        SubtaskInfo(id="1", title="Count", instructions="Count the words.", role="developer"),
        SubtaskInfo(id="2", title="Tell", instructions="Tell the number.", role="analyst", depends_on=["1"]),
    ]
    site.happen(
        session,
        SwarmFormed(architecture="CENTRALIZED", model="tiny:1b", agents=agents),
        StepStarted(step="plan", kind="model", agent="queen", label="Plan the work", model="tiny:1b"),
        StepFinished(step="plan", agent="queen", text="{}", output_tokens=9, duration_seconds=1, first_token_seconds=1),
        PlanMade(step="plan", agent="queen", subtasks=parts),
        StepStarted(step="work/1", kind="model", agent="drone-1", label="Count", subtask="1", model="tiny:1b"),
    )
    return session


def finish_work(site: Site, session: FlowSession, key: str, text: str, *files: tuple[str, str]) -> None:
    """Commit a step of the first drone, with the request that it was, and with files."""
    written = [steps.NewArtifact(path=path, content=body.encode(), sha256=_sum(body)) for path, body in files]
    told: list[DurableEvent] = [
        StepFinished(step=key, agent="drone-1", text=text, output_tokens=5, duration_seconds=2, first_token_seconds=1),
        *(
            ArtifactWritten(
                step=key, agent="drone-1", path=file.path, sha256=file.sha256, size=len(file.content), checked=True
            )
            for file in written
        ),
    ]
    new = steps.NewStep(
        key=key,
        kind="model",
        agent="drone-1",
        role="developer",
        model="tiny:1b",
        input_hash=key,
        request={"messages": [{"role": "user", "content": "Please count."}]},
        output={"text": text},
        prompt_tokens=3,
        output_tokens=5,
        duration_seconds=2,
        events=told,
        artifacts=written,
    )
    with site.dashboard.database.write() as db:
        _, events = steps.commit_step(db, session.id, new, epoch=1)
    site.bus.publish_events(events)


def _sum(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def shown_tab(page: Page) -> str:
    return str(page.locator("#tab-panel").get_attribute("data-tab"))


def test_each_view_has_an_address_of_its_own_that_reload_and_back_keep(browser: Browser, site: Site) -> None:
    ada = site.dashboard.program()
    session = make_swarm(site, ada)
    page = open_page(browser, site, ada, f"/sessions/{session.id}")
    expect(page.get_by_role("tab", name="Swarm")).to_have_attribute("aria-selected", "true")
    for tab in _TABS:
        page.get_by_role("tab", name=tab).click()
        expect(page).to_have_url(f"{site.url}/sessions/{session.id}/{tab.lower()}")
        expect(page.locator("#tab-panel .panel").first).to_be_visible()
        page.reload()
        expect(page.get_by_role("tab", name=tab)).to_have_attribute("aria-selected", "true")
    page.go_back()
    expect(page.get_by_role("tab", name="Result")).to_have_attribute("aria-selected", "true")


def test_arrow_keys_go_through_the_tabs(browser: Browser, site: Site) -> None:
    ada = site.dashboard.program()
    session = make_swarm(site, ada)
    page = open_page(browser, site, ada, f"/sessions/{session.id}/swarm")
    page.get_by_role("tab", name="Swarm").focus()
    for key, tab in (("ArrowRight", "Streams"), ("End", "Log"), ("ArrowRight", "Swarm"), ("ArrowLeft", "Log")):
        page.keyboard.press(key)
        expect(page.get_by_role("tab", name=tab)).to_be_focused()
        expect(page.get_by_role("tabpanel", name=tab)).to_be_visible()


def test_the_swarm_shows_who_works_and_who_waits_and_opens_an_agent_by_keyboard(browser: Browser, site: Site) -> None:
    ada = site.dashboard.program()
    session = make_swarm(site, ada)
    page = open_page(browser, site, ada, f"/sessions/{session.id}")
    drone = page.get_by_role("button", name=re.compile(r"^Drone 1 Count tiny:1b\W+reading"))
    expect(drone).to_contain_text("tiny:1b")
    expect(page.get_by_role("button", name=re.compile(r"^Queen Waits for Drone 1\W+waiting"))).to_be_visible()
    expect(
        page.get_by_role("button", name=re.compile(r"^Drone 2 Waits for Drone 1\W+waiting, developer"))
    ).to_be_visible()
    site.stream(session, "One, two", step="work/1")
    drone = page.get_by_role("button", name=re.compile(r"^Drone 1 Count\W.*\Wwriting"))
    drone.press("Enter", timeout=PATIENCE)
    expect(page.get_by_role("region", name="Text of Drone 1")).to_contain_text("One, two")
    page.reload()
    expect(page.get_by_role("region", name="Text of Drone 1")).to_contain_text("Count")
    page.get_by_role("region", name="Text of Drone 1").press("Escape")
    expect(page.get_by_role("region", name="Text of Drone 1")).to_have_count(0)
    expect(page.locator(".swarm-orb-button[data-agent='drone-1']")).to_be_focused()


@pytest.mark.parametrize("motion", ["no-preference", "reduce"])
def test_a_message_is_seen_on_its_way_and_does_not_move_where_nobody_wants_that(
    browser: Browser, site: Site, motion: str
) -> None:
    ada = site.dashboard.program()
    session = make_swarm(site, ada)
    page = open_page(browser, site, ada, f"/sessions/{session.id}", motion=motion)
    expect(page.locator(".swarm-orb-button").first).to_be_visible()
    page.evaluate("""() => {
        window.seen = [];
        const note = () => document.querySelectorAll('.swarm-dot').forEach((dot) => {
            for (const { effect } of dot.getAnimations()) {
                window.seen.push(effect.getKeyframes().map((frame) => frame.transform));
            }
        });
        const dots = document.querySelector('.swarm-dots');
        new MutationObserver(() => requestAnimationFrame(note)).observe(dots, {childList: true});
    }""")
    site.happen(session, MessageSent(sender="drone-1", recipient="queen", summary="There are two."))
    page.wait_for_function("() => window.seen.length > 0", timeout=PATIENCE)
    first, *_, last = page.evaluate("window.seen[0]")
    assert (first == last) is (motion == "reduce")
    expect(page.get_by_role("complementary")).to_contain_text("There are two.")
    expect(page.locator(".swarm-dot")).to_have_count(0, timeout=PATIENCE)


def test_streams_show_what_was_asked_and_what_came_back(browser: Browser, site: Site) -> None:
    ada = site.dashboard.program()
    session = make_swarm(site, ada)
    finish_work(site, session, "work/1", "There are **two**.\n\n```python\nx = 'y'\n```")
    page = open_page(browser, site, ada, f"/sessions/{session.id}/streams?agents=queen,drone-1")
    expect(page.locator(".agent-pane")).to_have_count(2)
    turn = page.locator(".turn[data-step='work/1']")
    expect(turn.locator("strong")).to_have_text("two")
    expect(turn.locator(".hl-string")).to_have_text("'y'")
    expect(turn).to_contain_text("0 in · 5 out · 2 s · first word after 1 s · 5 tokens/s")
    turn.get_by_text("What was asked").click()
    expect(turn).to_contain_text("Please count.")
    page.get_by_role("button", name="Hide what Queen writes").click()
    expect(page).to_have_url(re.compile(r"agents=drone-1$"))
    page.go_back()
    expect(page.locator(".agent-pane")).to_have_count(2)


def test_the_timeline_is_zoomed_by_keys_and_opens_a_step(browser: Browser, site: Site) -> None:
    ada = site.dashboard.program()
    session = make_swarm(site, ada)
    finish_work(site, session, "work/1", "There are two.")
    page = open_page(browser, site, ada, f"/sessions/{session.id}/timeline")
    timeline = page.get_by_role("group", name="Timeline: plus and minus zoom")
    timeline.press("+")
    expect(page).to_have_url(re.compile("window="))
    timeline.press("0")
    expect(page).not_to_have_url(re.compile("window="))
    page.locator(".timeline-bar[data-step='work/1']").press("Enter")
    detail = page.get_by_role("region", name="Step Count")
    expect(detail).to_contain_text("There are two.")
    page.reload()
    expect(detail).to_contain_text("first word after 1 s")


def test_the_plan_shows_its_parts_in_their_states_and_opens_a_result(browser: Browser, site: Site) -> None:
    ada = site.dashboard.program()
    session = make_swarm(site, ada)
    page = open_page(browser, site, ada, f"/sessions/{session.id}/plan")
    expect(page.locator(".plan-card[data-subtask='1']")).to_have_attribute("data-state", "running")
    expect(page.locator(".plan-card[data-subtask='2']")).to_have_attribute("data-state", "waiting")
    expect(page.locator(".plan-link")).to_have_count(1)
    finish_work(site, session, "work/1", "There are two.")
    site.happen(session, SubtaskFinished(subtask="1", agent="drone-1"))
    expect(page.locator(".plan-card[data-subtask='1']")).to_have_attribute("data-state", "done", timeout=PATIENCE)
    page.locator(".plan-card[data-subtask='1']").click()
    expect(page.get_by_role("region", name="Part Count")).to_contain_text("There are two.")
    for state, sentence in (
        (State.COMPLETED, "without dividing the task"),
        (State.FAILED, "before its task was divided"),
    ):
        page.goto(f"{site.url}/sessions/{site.dashboard.make(ada.user, state).id}/plan")
        expect(page.locator("#plan .empty")).to_contain_text(sentence)
        expect(page.locator(".skeleton")).to_have_count(0)


def test_a_file_is_shown_with_its_lines_its_changes_and_where_it_came_from(browser: Browser, site: Site) -> None:
    ada = site.dashboard.program()
    session = make_swarm(site, ada)
    finish_work(site, session, "work/1", "Done.", ("src/count words.py", _CODE), ("notes.md", "# Notes\n"))
    page = open_page(browser, site, ada, f"/sessions/{session.id}/files")
    notes = page.get_by_role("article", name="notes.md")
    expect(notes.get_by_role("heading", name="Notes", exact=True)).to_be_visible()
    page.get_by_role("navigation", name="Files").get_by_role("link", name="count words.py").click()
    expect(page).to_have_url(f"{site.url}/sessions/{session.id}/files/src/count%20words.py")
    page.reload()
    file = page.get_by_role("article", name="src/count words.py")
    expect(file.locator(".code-line")).to_have_count(2)
    expect(file.locator(".hl-keyword").first).to_have_text("def")
    expect(file).to_contain_text("by Drone 1 in Count")
    file.get_by_role("button", name="Changes").click()
    expect(file.locator(".diff-row.is-added")).to_have_count(2)
    with page.expect_download() as download:
        file.get_by_role("link", name="Download").click()
    assert download.value.path().read_text() == _CODE
    finish_work(site, session, "rework/1", "Better.", ("src/count words.py", _CODE.replace("split()", "split(' ')")))
    expect(file.get_by_label("Version")).to_have_value("rework/1", timeout=PATIENCE)
    for kind in ("is-added", "is-removed"):
        expect(file.locator(f".diff-row.{kind}")).to_have_count(1)
    file.get_by_label("Version").select_option("work/1")
    expect(file.locator(".diff-row.is-added")).to_have_count(2)


def test_a_long_log_is_drawn_in_part_filtered_and_linked_to(browser: Browser, site: Site) -> None:
    ada = site.dashboard.program()
    session = make_swarm(site, ada)
    site.happen(session, *(f"Piece of news {number}" for number in range(5000)), published=False)
    page = open_page(browser, site, ada, f"/sessions/{session.id}/log")
    expect(page.locator("#log .panel-count")).to_have_text(re.compile(r"^50\d\d$"), timeout=PATIENCE)
    assert page.locator(".log-row").count() < 200
    page.get_by_role("searchbox").fill("news 4321")
    row = page.locator(".log-row")
    expect(row).to_have_count(1)
    row.get_by_role("button").click()
    detail = page.locator(".log-detail")
    expect(detail).to_contain_text('"message": "Piece of news 4321"')
    expect(page).to_have_url(re.compile(r"/log\?q=news\+4321#\d+$"))
    page.goto(page.url.replace("?q=news+4321", ""))
    expect(page.locator(".log-line[aria-pressed='true']")).to_be_in_viewport()
    expect(detail).to_contain_text("Piece of news 4321")


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_twelve_agents_fit_on_any_screen_in_every_view(browser: Browser, site: Site, size: ViewportSize) -> None:
    ada = site.dashboard.program()
    session = make_swarm(site, ada, drones=12)
    finish_work(site, session, "work/1", "Done.", ("src/a.py", _CODE))
    page = open_page(browser, site, ada, f"/sessions/{session.id}", size=size)
    expect(page.locator(".swarm-orb-button")).to_have_count(13)
    for tab in _TABS:
        page.get_by_role("tab", name=tab).click()
        expect(page.locator("#tab-panel .panel").first).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), f"{tab} scrolls sideways"
