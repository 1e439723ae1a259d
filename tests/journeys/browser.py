"""A real browser that a journey looks through; what goes wrong in its console fails the journey."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from playwright.sync_api import Browser as Chromium
from playwright.sync_api import ConsoleMessage, Page, ViewportSize, sync_playwright

from tests.journeys.product import EMAIL, PASSWORD
from tests.support.servers import miss

DESKTOP: ViewportSize = {"width": 1440, "height": 1000}
PHONE: ViewportSize = {"width": 390, "height": 844}


@contextmanager
def open_browser(*, forgives: tuple[str, ...] = ("ERR_CONNECTION", "status of 503")) -> Iterator[Browser]:
    """Start Debian's chromium, else Playwright's own; complaints that hold one of these words are to be expected."""
    with sync_playwright() as playwright:
        path = shutil.which("chromium")
        if path is None and not os.path.exists(playwright.chromium.executable_path):  # noqa: PTH110 - a string there
            miss("A browser")
        # As root, in a container, there is no sandbox to be had.
        options = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=path, args=options)
        try:
            opened = Browser(browser, forgives)
            yield opened
            assert not opened.complaints, opened.complaints
        finally:
            browser.close()


class Browser:
    """Opens pages, each in a context of its own, and notes what their consoles complain of."""

    def __init__(self, chromium: Chromium, forgives: tuple[str, ...]) -> None:
        self._chromium = chromium
        self._forgives = forgives
        self.complaints: list[str] = []

    def open(
        self,
        url: str,
        *,
        size: ViewportSize = DESKTOP,
        theme: Literal["light", "dark"] = "light",
        motion: Literal["reduce", "no-preference"] = "reduce",
        touch: bool = False,
    ) -> Page:
        """Open a page in a fresh context: nobody is signed in."""
        context = self._chromium.new_context(viewport=size, color_scheme=theme, reduced_motion=motion, has_touch=touch)
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.on("console", self._note)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.goto(url)
        return page

    def _note(self, message: ConsoleMessage) -> None:
        # A server that is restarted on purpose refuses connections meanwhile, and one without its database answers so.
        if message.type == "error" and not any(words in message.text for words in self._forgives):
            self.complaints.append(message.text)


def sign_in(page: Page, *, email: str = EMAIL, password: str = PASSWORD) -> None:
    """Fill in the sign-in page."""
    page.get_by_label("Email address").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("heading", name="Sign in").wait_for(state="detached")


def stands_whole(page: Page) -> bool:
    """Tell whether nothing of the page lies beyond its right edge."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))
