"""Fixtures of the journeys: one running product for all, another that is quick, and one browser for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.journeys.browser import Browser, open_browser
from tests.journeys.product import Product
from tests.support.ollama_server import OllamaServer

#: How long free answers of the scripted model server are, unless a journey wants them longer.
_WORDS = 60


@pytest.fixture(scope="session")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """`ollama-flow up` with everything embedded."""
    with Product(tmp_path_factory.mktemp("product")) as running:
        yield running


@pytest.fixture(scope="session")
def scripted() -> Iterator[OllamaServer]:
    """A scripted model server that writes files."""
    with OllamaServer(output_tokens=_WORDS, writes_files=True) as server:
        yield server


@pytest.fixture(scope="session")
def paced(tmp_path_factory: pytest.TempPathFactory, scripted: OllamaServer) -> Iterator[Product]:
    """`ollama-flow up` beside that model server: as quick as a journey lets it be."""
    with Product(tmp_path_factory.mktemp("paced"), OLLAMA_HOST=scripted.url) as running:
        yield running


@pytest.fixture
def ollama(scripted: OllamaServer) -> Iterator[OllamaServer]:
    """The model server of `paced`, whose answers a journey may halt."""
    yield scripted
    scripted.halts, scripted.output_tokens = {}, _WORDS


@pytest.fixture
def browser() -> Iterator[Browser]:
    """A real browser."""
    with open_browser() as opened:
        yield opened
