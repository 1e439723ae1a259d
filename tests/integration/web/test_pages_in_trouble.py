"""Open pages in a real browser while something goes away: what they say meanwhile, and that they recover."""

from __future__ import annotations

import re
import time
from typing import Any

from playwright.sync_api import Page, expect

from common.models import FlowSession
from common.queries import claims
from common.states import State, WaitsFor
from tests.integration.web.dashboard import Program
from tests.integration.web.pages import PATIENCE, make_running, open_page
from tests.integration.web.site import Site
from tests.journeys.browser import Browser
from tests.support.servers import PostgreSQL, Valkey


def open_session(browser: Browser, site: Site, who: Program, session: FlowSession) -> Page:
    """Open a session's page at its log."""
    page = open_page(browser, site, who, f"/sessions/{session.id}/log")
    expect(page.locator("#log .log-row").first).to_be_visible()
    return page


def banner(page: Page) -> Any:
    return page.locator("#banner [role=status]")


def shown_seqs(page: Page) -> list[int]:
    seqs: list[int] = page.evaluate("[...document.querySelectorAll('.log-row')].map(row => Number(row.dataset.seq))")
    return seqs


def tell_and_wait(site: Site, page: Page, session: FlowSession, milliseconds: float, **how: bool) -> None:
    """Let an event happen, and see it on the page within this time, with all before it in order."""
    (event,) = site.happen(session, "a piece of news", **how)
    expect(page.locator(f".log-row[data-seq='{event.seq}']")).to_be_visible(timeout=milliseconds)
    # On a busy machine the session's lease may end meanwhile, which is one more event.
    assert shown_seqs(page)[: event.seq] == list(range(1, event.seq + 1))


def test_a_page_says_that_redis_is_away_shows_news_meanwhile_and_streams_again_without_a_reload(
    browser: Browser, redis_site: Site, own_valkey: Valkey
) -> None:
    site, ada = redis_site, redis_site.dashboard.program()
    session = make_running(site, ada)
    page = open_session(browser, site, ada, session)
    streams = page.context.new_page()
    streams.goto(f"{site.url}/sessions/{session.id}/streams")
    live_text = streams.locator(".turn.is-live")
    expect(live_text).to_be_visible(timeout=PATIENCE)
    site.stream(session, "Once upon ")
    expect(live_text).to_contain_text("Once upon", timeout=PATIENCE)
    own_valkey.stop()
    expect(banner(page)).to_contain_text("Redis is away.", timeout=PATIENCE)
    expect(live_text).to_contain_text("While Redis is away")
    expect(live_text).to_contain_text("Once upon")
    for _ in range(3):
        tell_and_wait(site, page, session, 4000)
    own_valkey.start()
    expect(banner(page)).to_be_empty(timeout=PATIENCE)
    expect(live_text).not_to_contain_text("While Redis is away")
    # A piece was lost meanwhile; what the worker process keeps of the whole text mends it.
    site.stream(session, "time ", offset=15)
    site.keep(session, "Once upon a time ")
    site.stream(session, "there was", offset=17)
    expect(live_text).to_contain_text("Once upon a time there was", timeout=PATIENCE)
    tell_and_wait(site, page, session, 4000)


def test_pages_that_are_opened_while_redis_is_away_come_quickly_and_work(
    browser: Browser, redis_site: Site, own_valkey: Valkey
) -> None:
    site, ada = redis_site, redis_site.dashboard.program()
    session = make_running(site, ada)
    own_valkey.stop()
    page = open_session(browser, site, ada, session)
    expect(banner(page)).to_contain_text("Redis is away.", timeout=PATIENCE)
    tell_and_wait(site, page, session, 4000)
    began = time.monotonic()
    page.goto(f"{site.url}/sessions")
    expect(page.locator(f"[data-session-id='{session.id}']")).to_be_visible()
    assert time.monotonic() - began < 5
    page.get_by_role("textbox", name="Task").fill("Count to ten.")
    page.get_by_role("button", name="Create & Start Session").click()
    expect(page.locator("[data-session-id]")).to_have_count(2, timeout=5000)
    page.goto(site.url)
    expect(page.get_by_text("Away: sessions go on")).to_be_visible()
    expect(page.get_by_text("No model server")).to_have_count(0)


def test_open_pages_outlive_an_absence_of_the_database(
    browser: Browser, postgresql_site: Site, own_postgresql: PostgreSQL
) -> None:
    site, ada = postgresql_site, postgresql_site.dashboard.program()
    session = make_running(site, ada)
    page = open_session(browser, site, ada, session)
    sessions = open_page(browser, site, ada, "/sessions")
    card = sessions.locator(f"[data-session-id='{session.id}']")
    expect(card).to_be_visible()
    sessions.get_by_role("textbox", name="Task").fill("Count to ten.")
    own_postgresql.stop()
    for each in (page, sessions):
        expect(banner(each)).to_contain_text("The database does not answer.", timeout=PATIENCE)
    sessions.get_by_role("button", name="Create & Start Session").click()
    expect(sessions.get_by_role("alert")).to_contain_text("try again", timeout=PATIENCE)
    expect(card).to_be_visible()
    expect(page.get_by_role("heading", name="Count to ten")).to_be_visible()
    late = page.context.new_page()
    late.goto(f"{site.url}/sessions/{session.id}")
    expect(late.get_by_role("heading", name="One moment, please")).to_be_visible()
    own_postgresql.start()
    for each in (page, sessions):
        expect(banner(each)).to_be_empty(timeout=PATIENCE)
    expect(late.get_by_role("heading", name="Count to ten")).to_be_visible(timeout=PATIENCE)
    tell_and_wait(site, page, session, 6000, published=False)
    sessions.get_by_role("button", name="Create & Start Session").click()
    expect(sessions.locator("[data-session-id]")).to_have_count(2, timeout=PATIENCE)


def test_a_page_outlives_the_end_of_its_web_process(browser: Browser, redis_site: Site) -> None:
    site, ada = redis_site, redis_site.dashboard.program()
    session = make_running(site, ada)
    page = open_session(browser, site, ada, session)
    tell_and_wait(site, page, session, 4000)
    site.installation.web.terminate()
    site.installation.web.wait(20)
    expect(banner(page)).to_contain_text("Reconnecting", timeout=PATIENCE)
    site.happen(session, *(f"{number}" for number in range(700)))
    site.installation.start_web(port=int(site.url.rpartition(":")[2]))
    expect(page.locator("[data-connection]")).to_have_attribute("data-connection", "live", timeout=PATIENCE)
    expect(page.locator("#log .panel-count")).to_have_text(re.compile(r"^70\d$"), timeout=PATIENCE)
    tell_and_wait(site, page, session, 4000)
    expect(banner(page)).to_be_empty()


def test_a_session_that_waits_says_for_what_and_can_be_resumed_kept_or_stopped(browser: Browser, site: Site) -> None:
    ada = site.dashboard.program()
    waiting = [wait_for_model_server(site, ada) for _ in range(3)]
    page = open_page(browser, site, ada, "/sessions")
    cards = [page.locator(f"[data-session-id='{session.id}']") for session in waiting]
    for card in cards:
        expect(card.locator("[data-state]")).to_have_text("Waiting")
        expect(card).to_contain_text("once the model server is back; Resume tries at once.")
    cards[0].get_by_role("button", name="Resume").click()
    expect(cards[0].locator("[data-state]")).to_have_text("Queued")
    for session, button, state in ((waiting[1], "Pause", "Paused"), (waiting[2], "Stop", "Stopped")):
        page.goto(f"{site.url}/sessions/{session.id}")
        expect(page.locator("h1 + [data-state]")).to_have_text("Waiting")
        expect(page.locator(".note")).to_contain_text("No model server. It goes on by itself once")
        expect(page.locator(".receipt")).to_have_text("0 steps kept · 2 calls cut · 2 streams closed")
        page.get_by_role("button", name=button).click()
        if button == "Stop":
            page.get_by_role("dialog").get_by_role("button", name="Stop").click()
        expect(page.locator("h1 + [data-state]")).to_have_text(state)
        page.reload()
        expect(page.locator("h1 + [data-state]")).to_have_text(state)
        expect(page.get_by_text("by itself")).to_have_count(0)


def wait_for_model_server(site: Site, who: Program) -> FlowSession:
    session = site.dashboard.make(who.user, State.RUNNING)
    with site.dashboard.database.write() as db:
        claims.release_session(
            db,
            session.id,
            epoch=1,
            state=State.PAUSED,
            reason="No model server.",
            cost=claims.Cost(calls_cut=2, streams_closed=2),
            trouble=claims.Trouble(waits_for=WaitsFor.MODEL_SERVER, first_seconds=300),
        )
    return session


def test_an_ended_session_still_tells_what_its_stop_cost(browser: Browser, site: Site) -> None:
    ada = site.dashboard.program()
    session = site.dashboard.make(ada.user, State.RUNNING)
    with site.dashboard.database.write() as db:
        claims.finish_session(
            db, session.id, epoch=1, state=State.STOPPED, cost=claims.Cost(calls_cut=3, streams_closed=3)
        )
    page = open_session(browser, site, ada, session)
    expect(page.locator(".receipt")).to_have_text("0 steps kept · 3 calls cut · 3 streams closed")
    expect(page.locator("#log")).to_contain_text("Session stopped (0 steps kept · 3 calls cut · 3 streams closed)")
