"""The overview in a real browser: charts of the last hour, and what needs somebody."""

from __future__ import annotations

import datetime as dt
import math
import re

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from common.bus import Bus
from common.clock import utc_now
from common.heartbeat import Heartbeat, ModelServer, Resources
from common.history import QueueSample
from common.queries import claims
from common.states import State
from tests.integration.web.dashboard import Program
from tests.integration.web.pages import open_page
from tests.integration.web.site import Site
from tests.journeys.browser import DESKTOP, PHONE, Browser
from tests.support.data import make_step
from tests.support.waiting import wait_until

_HOSTS = ("atlas", "boreas")


def fill_hour(bus: Bus) -> None:
    """Keep samples of an hour of two hosts and of the queue, with a gap of five minutes."""
    now = utc_now()
    for number in range(239, -1, -1):
        at = now - dt.timedelta(seconds=number * 15)
        wave = math.sin(number / 20)
        if 100 < number < 120:
            continue
        bus.keep_queue(QueueSample(at=at, queued=max(0, round(3 * wave)), running=4, seats=8))
        for index, host in enumerate(_HOSTS):
            bus.beat(
                Heartbeat(
                    worker=f"{host}-1",
                    host=host,
                    at=at,
                    resources=Resources(
                        cpu_percent=50 + 40 * wave,
                        cpu_count=8,
                        memory_used_bytes=8_000_000_000,
                        memory_total_bytes=16_000_000_000,
                        memory_percent=50 + 5 * index,
                        disk_used_bytes=70_000_000_000,
                        disk_total_bytes=100_000_000_000,
                        disk_percent=70,
                        received_bytes_per_second=1_500_000 * (1 + wave),
                        sent_bytes_per_second=300_000,
                    ),
                    model_server=ModelServer(url="http://127.0.0.1:11434", kind="ollama", reachable=True),
                )
            )


def make_hour(site: Site, ada: Program) -> str:
    """Make an hour in which something happened; return the id of a session that failed in it."""
    fill_hour(site.bus)
    running = site.dashboard.make(ada.user, State.RUNNING)
    make_step(site.dashboard.database, running)
    site.dashboard.make(ada.user, State.COMPLETED)
    failed = site.dashboard.make(ada.user, name="Failing <b>one</b>")
    site.dashboard.claim(failed)
    with site.dashboard.database.write() as db:
        claims.finish_session(db, failed.id, epoch=1, state=State.FAILED, error="The plan fell apart.")
    history = site.dashboard.program()
    wait_until(
        lambda: set(_HOSTS) <= {host["host"] for host in history.get("/api/status/history")["hosts"]}, "it is kept"
    )
    return failed.id


def chart(page: Page, name: str) -> tuple[str, str]:
    """Return the value that a chart's reader is at, as assistive technology hears it, and its place."""
    plot = page.get_by_role("slider", name=f"{name} in the last hour")
    return plot.get_attribute("aria-valuetext") or "", plot.get_attribute("aria-valuenow") or ""


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_the_last_hour_is_read_by_keys_by_pointer_and_as_tables(
    browser: Browser, site: Site, size: ViewportSize
) -> None:
    ada = site.dashboard.program()
    make_hour(site, ada)
    page = open_page(browser, site, ada, "/", size=size)
    page.get_by_role("button", name="boreas").click()
    memory = page.get_by_role("slider", name="Memory in the last hour")
    expect(memory).to_have_attribute("aria-valuetext", re.compile(r"^\d\d:\d\d: In use 55%$"))
    cpu = page.get_by_role("slider", name="CPU in the last hour")
    cpu.focus()
    last, place = chart(page, "CPU")
    page.keyboard.press("Home")
    expect(cpu).to_have_attribute("aria-valuenow", "0")
    assert chart(page, "CPU")[0] != last
    page.keyboard.press("End")
    expect(cpu).to_have_attribute("aria-valuenow", place)
    assert cpu.locator("polyline").count() == 2, "there is a gap where nothing was told"

    cpu.hover(position={"x": 5, "y": 50})
    expect(cpu.locator(".chart-cursor")).to_have_count(1)
    seats = page.get_by_role("slider", name="Seats and queue in the last hour")
    seats.press("Home")  # the latest samples are those of the web process itself
    expect(seats).to_have_attribute("aria-valuetext", re.compile("Seats 8, Running 4, Waiting "))
    page.get_by_role("button", name="As tables").click()
    table = page.get_by_role("table", name="Memory in the last hour")
    expect(table.get_by_role("row")).to_have_count(13)
    expect(table.get_by_role("cell").first).to_have_text("55%")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_problems_say_what_to_do_and_lead_to_the_session_that_failed(browser: Browser, site: Site) -> None:
    ada = site.dashboard.program()
    failed = make_hour(site, ada)
    page = open_page(browser, site, ada, "/")
    problems = page.locator("#problems")
    expect(problems.get_by_role("link", name="Failing <b>one</b> failed: The plan fell apart.")).to_be_visible()
    expect(problems).to_contain_text("run it again once the cause is gone")
    problems.get_by_role("link", name="Failing").click()
    expect(page).to_have_url(f"{site.url}/sessions/{failed}")
