"""Text that people give, within words of ours."""

from __future__ import annotations

import pytest

from web.pages.bidi import isolate


@pytest.mark.parametrize(
    ("text", "isolated"),
    [
        ("plain", "\u2068plain\u2069"),
        ("\u202eforced", "\u2068\u202eforced\u2069"),
        ("\u2069\u202eout", "\u2068\u202eout\u2069"),
        ("\u2067open", "\u2068\u2067open\u2069\u2069"),
        ("\u2066in\u2069 and \u2069out", "\u2068\u2066in\u2069 and out\u2069"),
    ],
)
def test_a_text_is_held_in_an_isolate_that_it_cannot_leave(text: str, isolated: str) -> None:
    assert isolate(text) == isolated
