"""When each page shows something and when it can be used, in a real browser: with an empty cache, then once more.

The whole product runs, with a scripted Ollama. What any page costs on this machine tells the address that probes ask, a
line of text: it is opened in turns with the pages, in the same browser and from the same server.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import tempfile
from collections import defaultdict
from contextlib import closing
from pathlib import Path

from benchmarks.browsing import Opening, open_watched, read_first_paint, watch_openings
from benchmarks.servers import scripted_ollama
from tests.journeys.browser import open_browser, sign_in
from tests.journeys.product import Product

_ROUNDS = 3
_SIGN_IN = "sign-in"
_BARE = "/healthz"


async def run() -> str:
    """Measure, and return a line for each page."""
    return await asyncio.to_thread(_measure)


def _measure() -> str:
    cold: dict[str, list[Opening]] = defaultdict(list)
    warm: dict[str, list[Opening]] = defaultdict(list)
    bare: list[float] = []
    with (
        tempfile.TemporaryDirectory() as home,
        scripted_ollama() as ollama,
        Product(Path(home), OLLAMA_HOST=ollama) as product,
        open_browser(forgives=("status of 404",)) as browser,  # the bare one has no icon
    ):
        session_id = product.create("Talk about bees.", workers=4)
        product.wait_for_state(session_id, "completed")
        pages = {
            _SIGN_IN: "/login",
            "overview": "/",
            "sessions": "/sessions",
            "one session": f"/sessions/{session_id}",
            "its swarm": f"/sessions/{session_id}/swarm",
            "templates": "/templates",
            "models": "/models",
            "settings": "/settings",
        }
        known = browser.open(f"{product.url}/login")
        sign_in(known)
        cookies = known.context.cookies()
        for _ in range(_ROUNDS):
            for name, address in pages.items():
                with closing(browser.open("about:blank").context) as context:
                    if name != _SIGN_IN:
                        context.add_cookies(cookies)  # type: ignore[arg-type]  # it takes what it gave
                    page = context.pages[0]
                    watch_openings(page)
                    cold[name].append(open_watched(page, product.url + address))
                    page.goto(product.url + _BARE)
                    bare.append(read_first_paint(page))
                    warm[name].append(open_watched(page, product.url + address))
    plain = statistics.median(bare)
    load = f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors"
    lines = [f"medians of {_ROUNDS} rounds, {load}; a line of text is painted after {plain:.0f} ms"]
    lines += [f"  {name:12} {_tell(cold[name])}; again {_tell(warm[name], plain)}" for name in pages]
    return "\n".join(lines)


def _tell(openings: list[Opening], plain: float | None = None) -> str:
    painted, usable, longest = (
        statistics.median(getattr(opening, name) for opening in openings) for name in ("painted", "usable", "longest")
    )
    ratio = "" if plain is None else f" ({painted / plain:.1f} times a line of text)"
    return f"painted {painted:4.0f} ms{ratio}, usable {usable:4.0f} ms, longest task {longest:3.0f} ms"
