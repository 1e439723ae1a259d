"""What a page tells of itself in a real browser: when it can be used, and how many frames it draws."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Page

#: Runs before anything of the page does. `ready` is since when the page's own controls stand there and nothing shows
#: that it is still being loaded; they are drawn by the script that answers them, so they react as soon as its thread
#: is free. `busy` is when the last task ended that held that thread for longer than 50 ms.
_WATCH = """(() => {
  const seen = { ready: 0, busy: 0, longest: 0 };
  window.seen = seen;
  new PerformanceObserver((list) => {
    for (const { startTime, duration } of list.getEntries()) {
      seen.busy = startTime + duration;
      seen.longest = Math.max(seen.longest, duration);
    }
  }).observe({ type: "longtask", buffered: true });
  new MutationObserver(() => {
    const isReady = document.querySelector("#theme-switch button") && !document.querySelector(".skeleton");
    seen.ready = isReady ? seen.ready || performance.now() : 0;
  }).observe(document, { childList: true, subtree: true });
})()"""
#: Waits for half a second in which the page is there and its thread had no long task.
_SETTLED = """() => {
  const painted = performance.getEntriesByName("first-contentful-paint")[0]?.startTime;
  const { ready, busy, longest } = window.seen;
  const usable = Math.max(painted, ready, busy);
  return painted && ready && performance.now() > usable + 500 ? { painted, usable, longest } : null;
}"""
#: Counts the frames that are drawn in so many seconds; resolves to frames a second, and the longest one.
_COUNT = """(seconds) => {
  window.counted = new Promise((resolve) => {
    let frames = 0, longest = 0, began = 0, last = 0;
    const count = (now) => {
      if (began === 0) began = now;
      else { frames += 1; longest = Math.max(longest, now - last); }
      last = now;
      if (now - began >= seconds * 1000) resolve([(1000 * frames) / (now - began), longest]);
      else requestAnimationFrame(count);
    };
    requestAnimationFrame(count);
  });
}"""


@dataclass(frozen=True, kw_only=True)
class Opening:
    """How a page opened, in milliseconds since its address was asked for."""

    painted: float
    #: Time to interactive.
    usable: float
    #: The longest time that the page's thread was held, 0 where none was longer than 50 ms.
    longest: float


def watch_openings(page: Page) -> None:
    """Watch each document that this page opens from now on."""
    page.context.add_init_script(_WATCH)


def open_watched(page: Page, url: str) -> Opening:
    """Open an address and wait until it can be used."""
    page.goto(url)
    told: dict[str, float] = page.wait_for_function(_SETTLED).json_value()
    return Opening(**told)


def read_first_paint(page: Page) -> float:
    """Return the milliseconds until something of the page was painted; the browser tells of it a little later."""
    entry = "() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime"
    return float(page.wait_for_function(entry).json_value())


def begin_counting(page: Page, seconds: float) -> None:
    """Count frames from now on; `end_counting` waits for the end."""
    page.evaluate(_COUNT, seconds)


def end_counting(page: Page) -> tuple[float, float]:
    """Return frames a second, and how long the longest one took in milliseconds."""
    frames, longest = page.evaluate("() => window.counted")
    return frames, longest


class Costs:
    """What a page takes of its machine; drawing, which the processor does without a GPU, is not among it."""

    def __init__(self, page: Page) -> None:
        self._tools = page.context.new_cdp_session(page)
        self._tools.send("Performance.enable", {"timeDomain": "threadTicks"})

    def read_busy_seconds(self) -> float:
        """Return how long the page's own thread has worked until now."""
        return self._read("TaskDuration")

    def read_heap_megabytes(self) -> float:
        """Return what its script holds, after what it needs no more has been collected."""
        self._tools.send("HeapProfiler.collectGarbage")
        return self._read("JSHeapUsedSize") / 1e6

    def _read(self, name: str) -> float:
        metrics: list[dict[str, Any]] = self._tools.send("Performance.getMetrics")["metrics"]
        return next(float(metric["value"]) for metric in metrics if metric["name"] == name)
