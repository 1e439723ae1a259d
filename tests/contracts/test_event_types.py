"""The browser's event types are those of Python."""

from __future__ import annotations

from web.frontend.generate_types import TARGET, generate


def test_the_event_types_of_the_browser_are_those_of_python() -> None:
    assert TARGET.read_text(encoding="utf-8") == generate(), "Run `npm run types` and look at what changed."
