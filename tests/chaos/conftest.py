"""One system for all faults of a module: it heals between them, as it has to."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.chaos.faults import Chaos
from tests.chaos.oracle import Oracle
from tests.chaos.system import CHAOS, System


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the storms first: they are the longest, and whoever runs beside one has the others meanwhile."""
    items.sort(key=lambda item: item.path.name != "test_storm.py")


@pytest.fixture(scope="module")
def shared_system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """An installation on PostgreSQL with two worker processes."""
    with System(tmp_path_factory.mktemp("chaos"), "postgresql", **CHAOS) as running:
        yield running


@pytest.fixture
def system(shared_system: System) -> System:
    """The shared system, healed from what the test before did to it."""
    shared_system.heal()
    return shared_system


@pytest.fixture
def chaos(system: System) -> Iterator[Chaos]:
    """What does things to the system, with an oracle that watches."""
    with Oracle(system) as oracle:
        yield Chaos(system, oracle)
