"""What an answer claims, on the page of its session in a real browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import ViewportSize, expect

from common.clock import utc_now
from common.events import ArtifactWritten, Claim, ClaimsMade, PlanMade, SessionMoved, StepFinished, SubtaskInfo
from common.models import FlowSession
from common.queries import steps
from tests.integration.web.dashboard import Program
from tests.integration.web.pages import make_running, open_page
from tests.integration.web.site import Site
from tests.journeys.browser import DESKTOP, PHONE, Browser

_LONG = "a/very/long/folder/whose/name/never/ends/" + "x" * 80 + "/largest.py"
CLAIMS = [
    Claim(
        kind="file",
        subject="app/main.py",
        statement="Das Programm gibt die Gezeiten aus.",
        verified=True,
        evidence="The journal has it: 9 bytes, SHA-256 3f0a11d2c4b5…, and it can be parsed.",
        step="1",
    ),
    Claim(kind="file", subject=_LONG, statement="It is there.", verified=False, evidence="No such file was written."),
    Claim(
        kind="command",
        subject="python -m pytest -q",
        statement="All tests pass.",
        verified=False,
        evidence="It exited with 1.",
        step="1",
    ),
    Claim(kind="subtask", subject="1", statement="", verified=True, evidence="Verified are app/main.py.", step="1"),
]


def make_claims(site: Site, who: Program) -> FlowSession:
    """Return a session that has just completed, with a file and what its answer claims."""
    session = make_running(site, who)
    written = ArtifactWritten(
        step="1", agent="drone-1", call="1", path="app/main.py", sha256="3f", size=9, checked=True
    )
    step = steps.NewStep(
        key="1",
        kind="model",
        agent="drone-1",
        role="developer",
        model="tiny",
        input_hash="0",
        request={},
        output={"text": "done"},
        prompt_tokens=3,
        output_tokens=4,
        duration_seconds=0.5,
        artifacts=[steps.NewArtifact(path="app/main.py", content=b"tides = 1", sha256="3f")],
    )
    with site.dashboard.database.write() as db:
        steps.commit_step(db, session.id, step, epoch=1)
    subtask = SubtaskInfo(id="1", title="Write the program", instructions="Do it.", role="developer")
    site.happen(
        session,
        PlanMade(step="plan", agent="queen", subtasks=[subtask]),
        StepFinished(step="1", agent="drone-1", text="done", duration_seconds=0.5),
        written,
        ClaimsMade(step="claims", agent="queen", claims=CLAIMS),
        SessionMoved(status="completed", result=f"It is done at {utc_now():%H:%M}: see `app/main.py`."),
    )
    return session


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_each_claim_stands_below_the_result_with_its_mark_its_evidence_and_a_way_to_it(
    browser: Browser, site: Site, size: ViewportSize
) -> None:
    ada = site.dashboard.program()
    page = open_page(browser, site, ada, f"/sessions/{make_claims(site, ada).id}", size=size)
    listed = page.get_by_role("region", name="What it claims 2 of 4 verified").get_by_role("listitem")
    expect(listed).to_have_count(4)
    for row, (mark, words) in zip(
        listed.all(),
        [
            ("Verified", "Das Programm gibt die Gezeiten aus."),
            ("Claimed", "No such file was written."),
            ("Claimed", "It exited with 1."),
            ("Verified", "Part 1: Write the program"),
        ],
        strict=True,
    ):
        expect(row.get_by_text(mark, exact=True)).to_be_visible()
        expect(row).to_contain_text(words)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    page.get_by_role("region", name="What it claims").get_by_role("link", name="app/main.py").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("article", name="app/main.py")).to_contain_text("tides = 1")
    page.go_back()
    listed.nth(0).get_by_role("link", name="See the step").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("tab", name="Timeline")).to_have_attribute("aria-selected", "true")
    expect(page.locator("[data-step-detail='1']")).to_be_visible()
