"""What a long history costs people: the page of 100,000 sessions in a real browser, against that of 1,000."""

from __future__ import annotations

import asyncio
import statistics
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Page

from benchmarks.history import seed
from common.database import Database
from common.migrations import upgrade
from common.settings import load_settings
from tests.integration.web.site import Site
from tests.journeys.browser import Browser, open_browser, sign_in
from tests.support.servers import Valkey

_MANY, _FEW = 100_000, 1_000
_ROUNDS = 5

#: Resolves to the milliseconds since the address was opened, once a row is there.
_FIRST_ROW = """() => new Promise((resolve) => {
  const look = () => document.querySelector(".window-row") ? resolve(performance.now()) : requestAnimationFrame(look);
  look();
})"""
#: Searches as somebody types, and resolves to the milliseconds until the list is another one.
_SEARCH = """(word) => new Promise((resolve) => {
  const box = document.getElementById("history-search");
  const before = document.querySelector("[data-session-id]").dataset.sessionId;
  const began = performance.now();
  box.value = word;
  box.dispatchEvent(new Event("input", { bubbles: true }));
  const look = () => {
    const row = document.querySelector(".window-row [data-session-id]");
    const isThere = row !== null && row.dataset.sessionId !== before && document.querySelector(".is-stale") === null;
    isThere ? resolve(performance.now() - began) : requestAnimationFrame(look);
  };
  look();
})"""
#: Scrolls for three seconds; resolves to frames a second and the most rows that were drawn at a time.
_SCROLL = """() => new Promise((resolve) => {
  const began = performance.now();
  let frames = 0, most = 0;
  const step = () => {
    frames += 1;
    most = Math.max(most, document.querySelectorAll(".window-row").length);
    window.scrollBy(0, 90);
    const passed = performance.now() - began;
    passed < 3000 ? requestAnimationFrame(step) : resolve([1000 * frames / passed, most]);
  };
  requestAnimationFrame(step);
})"""


@dataclass
class _Seen:
    paint: list[float] = field(default_factory=list)
    first_row: list[float] = field(default_factory=list)
    search: list[float] = field(default_factory=list)
    frames: list[float] = field(default_factory=list)
    rows: list[float] = field(default_factory=list)


_FIGURES = (
    ("paint", "first contentful paint", "ms"),
    ("first_row", "the first rows of the list", "ms"),
    ("search", "a search, with 200 ms of waiting for typing", "ms"),
    ("frames", "scrolling", "frames a second"),
    ("rows", "rows drawn at a time, at most", "rows"),
)


async def run() -> str:
    """Measure, and return a line for each figure."""
    return await asyncio.to_thread(_measure)


def _measure() -> str:
    many, few = _Seen(), _Seen()
    with ExitStack() as stack:
        browser = stack.enter_context(open_browser())
        pages = [(stack.enter_context(_opened(browser, count)), seen) for count, seen in ((_MANY, many), (_FEW, few))]
        for _ in range(_ROUNDS):
            for (page, url), seen in pages:
                _look(page, url, seen)
    lines = []
    for name, what, unit in _FIGURES:
        ours, peer = (statistics.median(getattr(seen, name)) for seen in (many, few))
        lines.append(f"  {what:42} {ours:7.0f} {unit}, {peer:.0f} with {_FEW:,}")
    return f"with {_MANY:,} sessions\n" + "\n".join(lines)


def _look(page: Page, url: str, seen: _Seen) -> None:
    page.goto(url)
    seen.first_row.append(page.evaluate(_FIRST_ROW))
    frames, rows = page.evaluate(_SCROLL)
    seen.frames.append(frames)
    seen.rows.append(rows)
    page.evaluate("() => window.scrollTo(0, 0)")
    seen.search.append(page.evaluate(_SEARCH, "needle"))
    # The browser tells of it some time after it was.
    seen.paint.append(page.evaluate("() => performance.getEntriesByName('first-contentful-paint')[0].startTime"))


@contextmanager
def _opened(browser: Browser, count: int) -> Iterator[tuple[Page, str]]:
    """Run a dashboard with so many sessions, and open a page of it that is signed in as an admin."""
    with tempfile.TemporaryDirectory() as home, Valkey() as valkey:
        settings = load_settings(home=Path(home), redis_url=valkey.url)
        upgrade(settings.database)
        database = Database(settings.database)
        seed(database, count)
        database.dispose()
        with Site(settings) as site:
            page = browser.open(f"{site.url}/login")
            sign_in(page, email=site.dashboard.program(admin=True).user.email)
            yield page, f"{site.url}/sessions?view=all"
