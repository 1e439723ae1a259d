"""The pages stay light: what one loads at once is bounded, and what is large is fetched when needed."""

from __future__ import annotations

import re

import pytest

from benchmarks.bundles import MOST_BYTES, read_style, weigh_page


@pytest.mark.parametrize("page", ["overview", "sessions", "session"])
def test_a_page_loads_no_more_at_once_than_is_allowed(page: str) -> None:
    assert weigh_page(page) < MOST_BYTES


def test_the_page_of_a_session_fetches_its_large_parts_when_needed() -> None:
    # Graph, difference and colours together weigh more than what is loaded at once may grow by.
    assert weigh_page("session") < 80_000


def test_no_selector_makes_all_siblings_of_what_comes_and_goes_be_styled_anew() -> None:
    # `a + *` does so for any element: 900 of them whenever a row of the long list comes into sight, say.
    assert not re.search(r"[+~]\s*\*", read_style())
