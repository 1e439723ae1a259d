"""Fixtures of the journeys: one running product for each module, one browser for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.journeys.browser import Browser, open_browser
from tests.journeys.product import Product


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """`ollama-flow up` with everything embedded."""
    with Product(tmp_path_factory.mktemp("product")) as running:
        yield running


@pytest.fixture
def browser() -> Iterator[Browser]:
    """A real browser."""
    with open_browser() as opened:
        yield opened
