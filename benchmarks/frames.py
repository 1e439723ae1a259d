"""How smoothly the page of a session draws while twelve agents write 50 tokens a second each, in a real browser.

The whole product runs, with a scripted Ollama that is a process of its own. Frames are counted by
`requestAnimationFrame`, of which headless chromium has 60 a second at most. Without a GPU it draws by the processor, so
that they also tell how busy the machine is; what the page's own thread takes of a second does not.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
from pathlib import Path

from playwright.sync_api import CDPSession, Page

from benchmarks.servers import scripted_ollama
from tests.journeys.browser import DESKTOP, PHONE, open_browser, sign_in
from tests.journeys.product import Product
from tests.support.waiting import wait_until

_AGENTS = 12
_TOKENS_PER_SECOND = 50
_SECONDS = 8
#: Long enough that all write for as long as is measured.
_TOKENS = 12_000
_ALL = ",".join(f"drone-{number}" for number in range(1, _AGENTS + 1))
#: The result does not move: what it costs is what the machine takes from any page.
_VIEWS = {"Swarm": "/swarm", "Streams": f"/streams?agents={_ALL}", "Timeline": "/timeline", "Result": "/result"}

#: Counts frames, and how long the longest one took.
_COUNT = """(seconds) => new Promise((resolve) => {
  let frames = 0, longest = 0, began = 0, last = 0;
  const count = (now) => {
    if (began === 0) began = now;
    else { frames += 1; longest = Math.max(longest, now - last); }
    last = now;
    if (now - began >= seconds * 1000) resolve([(1000 * frames) / (now - began), longest]);
    else requestAnimationFrame(count);
  };
  requestAnimationFrame(count);
})"""


async def run() -> str:
    """Measure, and return a sentence."""
    return await asyncio.to_thread(_measure)


def _measure() -> str:
    options = ("--tokens-per-second", str(_TOKENS_PER_SECOND), "--output-tokens", str(_TOKENS))
    with (
        tempfile.TemporaryDirectory() as home,
        scripted_ollama(*options) as ollama,
        Product(Path(home), OLLAMA_HOST=ollama) as product,
        open_browser() as browser,
    ):
        session_id = product.create(
            "Talk about bees.",
            architecture="FULLY_CONNECTED",
            workers=_AGENTS,
            options={"max_output_tokens": _TOKENS},
        )
        wait_until(lambda: _count_writers(product, session_id) == _AGENTS, f"{_AGENTS} agents write", 60)
        told = []
        for name, size in (("desktop", DESKTOP), ("phone", PHONE)):
            page = browser.open(f"{product.url}/login", size=size, motion="no-preference")
            sign_in(page)
            tools = page.context.new_cdp_session(page)
            tools.send("Performance.enable", {"timeDomain": "threadTicks"})
            for view, address in _VIEWS.items():
                page.goto(f"{product.url}/sessions/{session_id}{address}")
                told.append(f"{view} on a {name}: {_count_frames(page, tools)}")
            page.close()
    load = f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors"
    return f"{_AGENTS} agents at {_TOKENS_PER_SECOND} tokens/s each, {load}. {'. '.join(told)}."


def _count_writers(product: Product, session_id: str) -> int:
    events = product.call("GET", f"/api/sessions/{session_id}/events?limit=500")["events"]
    return sum(event["event"]["type"] == "step_started" for event in events)


def _count_frames(page: Page, tools: CDPSession) -> str:
    page.locator("#tab-panel .skeleton").first.wait_for(state="detached")
    page.wait_for_timeout(2000)  # what was fetched has been drawn
    before = _read_busy_seconds(tools)
    frames, longest = page.evaluate(_COUNT, _SECONDS)
    busy = 1000 * (_read_busy_seconds(tools) - before) / _SECONDS
    return f"{frames:.0f} frames a second (longest {longest:.0f} ms), {busy:.0f} ms of each on the page's thread"


def _read_busy_seconds(tools: CDPSession) -> float:
    metrics = tools.send("Performance.getMetrics")["metrics"]
    return next(float(metric["value"]) for metric in metrics if metric["name"] == "TaskDuration")
