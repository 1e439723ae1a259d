"""What a long history costs people: the page of 100,000 sessions in a real browser, against that of 1,000."""

from __future__ import annotations

import asyncio
import os
import shutil
import statistics
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Page

from benchmarks.browsing import Costs, begin_counting, end_counting, open_watched, watch_openings
from benchmarks.history import find_seeded
from common.settings import load_settings
from tests.integration.web.site import Site
from tests.journeys.browser import Browser, open_browser, sign_in
from tests.support.servers import Valkey

_MANY, _FEW = 100_000, 1_000
_ROUNDS = 3
_SCROLL_SECONDS = 3
#: Notches of a mouse wheel, as fast as somebody turns it who looks for something.
_NOTCH_PX, _NOTCHES_A_SECOND = 100, 30

#: Notes when the first row has been painted: in the first task after the frame in which it stood there.
_FIRST_ROW = """new MutationObserver((_, observer) => {
  if (document.querySelector(".window-row") === null) return;
  observer.disconnect();
  requestAnimationFrame(() => setTimeout(() => (window.firstRow = performance.now())));
}).observe(document, { childList: true, subtree: true })"""
#: Types into a field, or clicks where there is no word; resolves to the milliseconds until the list is another one.
_ASK = """([selector, word]) => new Promise((resolve, reject) => {
  setTimeout(() => reject(new Error("The list stays as it was.")), 20_000);
  const control = document.querySelector(selector);
  const before = document.querySelector("[data-session-id]").dataset.sessionId;
  const began = performance.now();
  if (word === "") {
    control.click();
  } else {
    control.value = word;
    control.dispatchEvent(new Event("input", { bubbles: true }));
  }
  const look = () => {
    const row = document.querySelector(".window-row [data-session-id]");
    const isThere = row !== null && row.dataset.sessionId !== before && document.querySelector(".is-stale") === null;
    isThere ? resolve(performance.now() - began) : requestAnimationFrame(look);
  };
  look();
})"""
#: Counts the frames in which the lower end of the window shows no row.
_WATCH_END = """() => {
  window.bare = 0;
  const look = () => {
    if (document.elementFromPoint(400, innerHeight - 10)?.closest(".window-row") === null) window.bare += 1;
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}"""
_SEARCH = ["#history-search", "needle"]
_FILTER = [".toggle.state-failed", ""]
_CLEAR = [".history-line .btn-link-quiet", ""]


@dataclass
class _Seen:
    painted: list[float] = field(default_factory=list)
    usable: list[float] = field(default_factory=list)
    first_row: list[float] = field(default_factory=list)
    search: list[float] = field(default_factory=list)
    filter: list[float] = field(default_factory=list)
    frames: list[float] = field(default_factory=list)
    longest: list[float] = field(default_factory=list)
    busy: list[float] = field(default_factory=list)
    bare: list[float] = field(default_factory=list)
    rows: list[float] = field(default_factory=list)


_FIGURES = (
    ("painted", "first contentful paint", "ms"),
    ("first_row", "the first rows of the list are painted", "ms"),
    ("usable", "the page can be used", "ms"),
    ("search", "a search, with 200 ms of waiting for typing", "ms"),
    ("filter", "a filter", "ms"),
    ("frames", "scrolling by wheel", "frames a second"),
    ("longest", "its longest frame", "ms"),
    ("busy", "its cost on the page's thread, of each second", "ms"),
    ("bare", "frames without a row at the window's end", "in all"),
    ("rows", "rows drawn at a time", "rows"),
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
    load = f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors"
    lines = [f"with {_MANY:,} sessions; medians of {_ROUNDS} rounds, {load}"]
    for name, what, unit in _FIGURES:
        ours, peer = (statistics.median(getattr(seen, name)) for seen in (many, few))
        lines.append(f"  {what:45} {ours:7.0f} {unit}, {peer:.0f} with {_FEW:,}")
    return "\n".join(lines)


def _look(page: Page, url: str, seen: _Seen) -> None:
    opening = open_watched(page, url)
    seen.painted.append(opening.painted)
    seen.usable.append(opening.usable)
    seen.first_row.append(page.evaluate("() => window.firstRow"))
    _scroll(page, seen)
    page.evaluate("() => window.scrollTo(0, 0)")
    page.locator('.window-row:first-child[data-index="0"]').wait_for()
    seen.search.append(page.evaluate(_ASK, _SEARCH))
    page.evaluate(_ASK, _CLEAR)
    seen.filter.append(page.evaluate(_ASK, _FILTER))


def _scroll(page: Page, seen: _Seen) -> None:
    """Turn the mouse wheel over the list."""
    costs = Costs(page)
    page.mouse.move(400, 600)
    page.evaluate(_WATCH_END)
    before = costs.read_busy_seconds()
    begin_counting(page, _SCROLL_SECONDS)
    for _ in range(_SCROLL_SECONDS * _NOTCHES_A_SECOND):
        page.mouse.wheel(0, _NOTCH_PX)
        page.wait_for_timeout(1000 / _NOTCHES_A_SECOND)
    frames, longest = end_counting(page)
    seen.busy.append(1000 * (costs.read_busy_seconds() - before) / _SCROLL_SECONDS)
    seen.frames.append(frames)
    seen.longest.append(longest)
    seen.bare.append(page.evaluate("() => window.bare"))
    seen.rows.append(page.locator(".window-row").count())


@contextmanager
def _opened(browser: Browser, count: int) -> Iterator[tuple[Page, str]]:
    """Run a dashboard with so many sessions, and open a page of it that is signed in as an admin."""
    with tempfile.TemporaryDirectory() as home, Valkey() as valkey:
        settings = load_settings(home=Path(home), redis_url=valkey.url)
        shutil.copyfile(find_seeded(count), settings.database.removeprefix("sqlite:///"))
        with Site(settings) as site:
            page = browser.open(f"{site.url}/login")
            sign_in(page, email=site.dashboard.program(admin=True).user.email)
            watch_openings(page)
            page.context.add_init_script(_FIRST_ROW)
            yield page, f"{site.url}/sessions?view=all"
