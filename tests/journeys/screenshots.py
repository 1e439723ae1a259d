"""Takes the pages' pictures into docs/images, from the real product on its embedded model: `./run screenshots`."""

from __future__ import annotations

import tempfile
from pathlib import Path

from playwright.sync_api import Page

from tests.journeys.browser import PHONE, Browser, open_browser, sign_in
from tests.journeys.product import SHORT, Product
from tests.support.waiting import wait_until

_IMAGES = Path(__file__).parents[2] / "docs" / "images"
_ON_A_PHONE = {"sessions", "session", "session-result"}
_NAMES = "Find a name for a tool that keeps bees healthy."
_FILES = (
    "Write slug.py: a function that makes a slug of a title. Write about.md too: what a slug is, in three sentences."
)
_SHOWN = "Compare three ways to cache an API's answers, and recommend one of them."


def main() -> None:
    """Run a few sessions, and take pictures before them, while the last one works and after it ended."""
    _IMAGES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as home, Product(Path(home)) as product, open_browser() as browser:
        _take(browser.open(f"{product.url}/login"), "sign-in-desktop")
        _take_all(product, browser, {"first-run": "/sessions"})
        product.wait_for_state(product.create(_NAMES, architecture="FULLY_CONNECTED", options=SHORT), "completed")
        files = product.create(_FILES, architecture="CENTRALIZED", options={"max_output_tokens": 300, "seed": 1})
        product.wait_for_state(files, "completed")
        shown = product.create(_SHOWN, architecture="HIERARCHICAL", workers=4)
        wait_until(lambda: product.show(shown)["progress"]["done"] >= 4, "some steps are done", 120)
        running = {"session": f"/sessions/{shown}", "session-streams": f"/sessions/{shown}/streams"}
        _take_all(product, browser, running | {"sessions": "/sessions", "overview": "/"})
        product.wait_for_state(shown, "completed")
        ended = {
            "session-result": f"/sessions/{files}/result",
            "session-files": f"/sessions/{files}/files",
            "session-timeline": f"/sessions/{shown}/timeline",
            "session-plan": f"/sessions/{shown}/plan",
            "session-log": f"/sessions/{shown}/log",
            "history": "/sessions?view=all",
            "templates": "/templates",
            "models": "/models",
            "settings": "/settings",
        }
        _take_all(product, browser, ended)
        page = browser.open(f"{product.url}/login")
        sign_in(page)
        page.goto(f"{product.url}/sessions/{shown}")
        page.wait_for_load_state("networkidle")
        page.keyboard.press("Control+k")
        page.get_by_role("combobox").fill("se")
        page.get_by_role("option").nth(3).wait_for()
        _take(page, "palette-desktop")


def _take_all(product: Product, browser: Browser, pages: dict[str, str]) -> None:
    desktop = browser.open(f"{product.url}/login")
    dark = browser.open(f"{product.url}/login", theme="dark")
    phone = browser.open(f"{product.url}/login", size=PHONE)
    for page, suffix in ((desktop, "desktop"), (dark, "dark"), (phone, "phone")):
        sign_in(page)
        for name, path in pages.items():
            if page is not phone or name in _ON_A_PHONE:
                page.goto(product.url + path)
                _take(page, f"{name}-{suffix}")


def _take(page: Page, name: str) -> None:
    page.wait_for_load_state("networkidle")
    page.locator(".skeleton").first.wait_for(state="detached")
    page.screenshot(path=_IMAGES / f"{name}.png", animations="disabled")
    print(f"docs/images/{name}.png")


if __name__ == "__main__":
    main()
