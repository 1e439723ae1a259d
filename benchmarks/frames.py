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

from playwright.sync_api import Page

from benchmarks.browsing import Costs, begin_counting, end_counting
from benchmarks.servers import scripted_ollama
from tests.journeys.browser import DESKTOP, PHONE, open_browser, sign_in
from tests.journeys.product import Product
from tests.support.waiting import wait_until

_AGENTS = 12
_TOKENS_PER_SECOND = 50
_SECONDS = 5
#: Long enough that all write for as long as is measured.
_TOKENS = 25_000
#: How long the page stands open until its memory is looked at again.
_OPEN_SECONDS = 60
_ALL = ",".join(f"drone-{number}" for number in range(1, _AGENTS + 1))
#: The result does not move: what it costs is what the machine takes from any page.
_VIEWS = {"Swarm": "/swarm", "Streams": f"/streams?agents={_ALL}", "Timeline": "/timeline", "Result": "/result"}
#: How much text stands on the page.
_WRITTEN = """() => {
  const texts = document.querySelectorAll(".turn .prose");
  return [...texts].reduce((sum, each) => sum + each.textContent.length, 0);
}"""


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
            costs = Costs(page)
            for view, address in _VIEWS.items():
                page.goto(f"{product.url}/sessions/{session_id}{address}")
                told.append(f"{view} on a {name}: {_count_frames(page, costs)}")
            if size is PHONE:  # the last one, so that the texts that were drawn before are about as long on both
                page.goto(f"{product.url}/sessions/{session_id}{_VIEWS['Streams']}")
                told.append(_watch_memory(page, costs))
            page.close()
    load = f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors"
    return f"{_AGENTS} agents at {_TOKENS_PER_SECOND} tokens/s each, {load}. {'. '.join(told)}."


def _count_writers(product: Product, session_id: str) -> int:
    events = product.call("GET", f"/api/sessions/{session_id}/events?limit=500")["events"]
    return sum(event["event"]["type"] == "step_started" for event in events)


def _watch_memory(page: Page, costs: Costs) -> str:
    page.locator(".turn .prose").nth(_AGENTS - 1).wait_for()
    held, written = costs.read_heap_megabytes(), page.evaluate(_WRITTEN)
    page.wait_for_timeout(1000 * _OPEN_SECONDS)
    grown, more = costs.read_heap_megabytes() - held, page.evaluate(_WRITTEN) - written
    return (
        f"{_OPEN_SECONDS} s later, {more / 1000:.0f} thousand characters more than {written / 1000:.0f} thousand, "
        f"the script holds {grown:.1f} MB more than {held:.1f} MB"
    )


def _count_frames(page: Page, costs: Costs) -> str:
    page.locator("#tab-panel .skeleton").first.wait_for(state="detached")
    page.wait_for_timeout(2000)  # what was fetched has been drawn
    before = costs.read_busy_seconds()
    begin_counting(page, _SECONDS)
    frames, longest = end_counting(page)
    busy = 1000 * (costs.read_busy_seconds() - before) / _SECONDS
    return f"{frames:.0f} frames a second (longest {longest:.0f} ms), {busy:.0f} ms of each on the page's thread"
