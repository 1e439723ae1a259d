"""Takes the pages' pictures into docs/images, from the real product on its embedded model: `./run screenshots`."""

from __future__ import annotations

import tempfile
from pathlib import Path

from playwright.sync_api import Page

from tests.journeys.browser import DESKTOP, PHONE, Browser, open_browser, sign_in
from tests.journeys.product import SHORT, Product
from tests.support.waiting import wait_until

_IMAGES = Path(__file__).parents[2] / "docs" / "images"
_SIZES = {"desktop": DESKTOP, "phone": PHONE}
_FINISHED = {
    "FULLY_CONNECTED": "Find a name for a tool that keeps bees healthy.",
    "CENTRALIZED": "List what a small web shop should test before each release.",
}
_SHOWN = "Compare three ways to cache an API's answers, and recommend one of them."


def main() -> None:
    """Run a few sessions, and take pictures while the last one works and after it ended."""
    _IMAGES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as home, Product(Path(home)) as product, open_browser() as browser:
        sign_in_page = browser.open(f"{product.url}/login")
        _take(sign_in_page, "sign-in-desktop")
        for architecture, task in _FINISHED.items():
            product.wait_for_state(product.create(task, architecture=architecture, options=SHORT), "completed")
        shown = product.create(_SHOWN, architecture="HIERARCHICAL", workers=4)
        wait_until(lambda: product.show(shown)["progress"]["done"] >= 4, "some steps are done", 120)
        _take_all(
            product,
            browser,
            {"session": f"/sessions/{shown}", "sessions": "/sessions", "overview": "/", "templates": "/templates"},
        )
        product.wait_for_state(shown, "completed")
        ended = {
            "session-completed": f"/sessions/{shown}",
            "session-timeline": f"/sessions/{shown}/timeline",
            "session-plan": f"/sessions/{shown}/plan",
            "models": "/models",
        }
        _take_all(product, browser, ended)


def _take_all(product: Product, browser: Browser, pages: dict[str, str]) -> None:
    for size_name, size in _SIZES.items():
        page = browser.open(f"{product.url}/login", size=size)
        sign_in(page)
        for name, path in pages.items():
            page.goto(product.url + path)
            _take(page, f"{name}-{size_name}")
    page = browser.open(f"{product.url}/login", theme="dark")
    sign_in(page)
    for name, path in pages.items():
        page.goto(product.url + path)
        _take(page, f"{name}-dark")


def _take(page: Page, name: str) -> None:
    page.wait_for_load_state("networkidle")
    page.locator(".skeleton").first.wait_for(state="detached")
    page.screenshot(path=_IMAGES / f"{name}.png", animations="disabled")
    print(f"docs/images/{name}.png")


if __name__ == "__main__":
    main()
