"""Somebody who has only a keyboard, and sees at each stop where it is."""

from __future__ import annotations

from playwright.sync_api import Locator, Page

#: Whether something of the page has the focus, and shows it: itself, or what is drawn in its stead. A search that is
#: always typed into shows its caret.
_LOOK = """() => {
  const at = document.activeElement;
  if (at === null || at === document.body) return {name: "nothing", isSeen: false};
  const shows = (element) => {
    const {outlineStyle, outlineWidth, boxShadow} = getComputedStyle(element);
    return (outlineStyle !== "none" && parseFloat(outlineWidth) > 0) || boxShadow !== "none";
  };
  const drawn = [at, ...[at.closest("label")].filter(Boolean)];
  return {
    name: at.getAttribute("aria-label") ?? at.closest("label")?.textContent ?? at.textContent.trim().slice(0, 80),
    isSeen: at.checkVisibility() && (at.matches("[role=combobox]") || drawn.some(shows)),
  };
}"""
_HAS_FOCUS = "element => element === document.activeElement"
#: More stops than any page has before what somebody wants.
_MOST_STOPS = 80


class Keyboard:
    """The keys of one page."""

    def __init__(self, page: Page) -> None:
        self._page = page

    def press(self, *keys: str) -> None:
        """Press keys, one after the other."""
        for key in keys:
            self._page.keyboard.press(key)

    def type(self, text: str) -> None:
        """Type into whatever has the focus."""
        self._page.keyboard.type(text)

    def look(self) -> None:
        """Assert that something has the focus, and that one sees it."""
        seen = self._page.evaluate(_LOOK)
        assert seen["isSeen"], f"The focus is on {seen['name']!r}, and nobody sees it"

    def go_to(self, target: Locator, *, key: str = "Tab") -> None:
        """Press a key until `target` has the focus, and see the focus at each stop."""
        for _ in range(_MOST_STOPS):
            self.press(key)
            self.look()
            if target.evaluate(_HAS_FOCUS):
                return
        raise AssertionError(f"{key} does not lead to {target}")

    def choose(self, words: str) -> None:
        """Open the palette, and take what these words find first."""
        self.press("Control+k")
        palette = self._page.get_by_role("combobox", name="Find pages")
        palette.wait_for()
        self.look()
        self.type(words)
        self._page.get_by_role("option", selected=True).filter(has_text=words).wait_for()
        self.press("Enter")
        palette.wait_for(state="detached")
