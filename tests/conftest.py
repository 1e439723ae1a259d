"""Fixtures for all tests: real servers, a fresh database for each test, settings that know nothing of this machine."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from common.database import Database
from common.migrations import upgrade
from common.settings import Settings, load_settings, variable_names
from tests.support.servers import PostgreSQL, Valkey, find_postgresql, has_valkey, miss

#: What tests shorten, so that nothing waits for a lease of half a minute.
QUICK: dict[str, Any] = {
    "lease_seconds": 3.0,
    "renew_seconds": 1.0,
    "heartbeat_seconds": 0.5,
    "reconcile_seconds": 0.5,
    "ring_again_seconds": 2.0,
    "drain_seconds": 5.0,
    "database_seconds": 2.0,
    "model_retry_seconds": 1.0,
    "wake_seconds": 0.5,
}


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    _hide_settings(monkeypatch)


@pytest.fixture(scope="session")
def valkey() -> Iterator[Valkey]:
    """A Redis for all tests; each takes its own `redis_prefix`."""
    if not has_valkey():
        miss("Valkey")
    with Valkey() as server:
        yield server


@pytest.fixture
def own_valkey() -> Iterator[Valkey]:
    """A Redis of one test alone, which it may stop and start."""
    if not has_valkey():
        miss("Valkey")
    with Valkey() as server:
        yield server


@pytest.fixture
def redis_url(valkey: Valkey) -> str:
    """Where Redis is."""
    return valkey.url


@pytest.fixture
def redis_prefix() -> str:
    """What one test puts before all its keys and channels."""
    return f"test-{secrets.token_hex(6)}:"


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgreSQL]:
    """A PostgreSQL with a migrated database `flow_template` to clone."""
    binaries = find_postgresql()
    if binaries is None:
        miss("PostgreSQL")
    assert binaries is not None
    with PostgreSQL(binaries) as server:
        server.execute("CREATE DATABASE flow_template")
        upgrade(_driver(server.url("flow_template")))
        yield server


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy."""
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """A fresh SQLite database, for tests that have nothing to say about databases."""
    path = tmp_path / "ollama-flow.db"
    shutil.copy(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture
def postgresql_url(postgresql: PostgreSQL) -> Iterator[str]:
    """A fresh PostgreSQL database."""
    name = f"flow_{secrets.token_hex(6)}"
    postgresql.execute(f"CREATE DATABASE {name} TEMPLATE flow_template")
    yield _driver(postgresql.url(name))
    postgresql.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """A fresh, migrated database: the test runs once on each kind."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """The database of `database_url`."""
    opened = Database(database_url)
    yield opened
    opened.dispose()


@pytest.fixture
def make_settings(tmp_path: Path, redis_prefix: str) -> Callable[..., Settings]:
    """Make settings with a home of this test, quick times, and whatever is named."""

    def make(**fields: Any) -> Settings:
        return load_settings(**(QUICK | {"home": tmp_path / "home", "redis_prefix": redis_prefix} | fields))

    return make


@pytest.fixture
def settings(make_settings: Callable[..., Settings], database_url: str, redis_url: str) -> Settings:
    """The settings of an installation: a home of this test's own, its database and its Redis."""
    return make_settings(database_url=database_url, redis_url=redis_url)


@pytest.fixture(scope="session")
def make_shared_settings(
    tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path, valkey: Valkey
) -> Callable[..., Settings]:
    """Make settings of an installation on SQLite that several tests share, each with its own people and sessions."""

    def make(**fields: Any) -> Settings:
        home = tmp_path_factory.mktemp("shared")
        shutil.copy(sqlite_template, home / "ollama-flow.db")
        own = {"home": home, "redis_url": valkey.url, "redis_prefix": f"shared-{secrets.token_hex(6)}:"}
        with pytest.MonkeyPatch.context() as environment:
            _hide_settings(environment)
            return load_settings(**(QUICK | own | fields))

    return make


def _hide_settings(environment: pytest.MonkeyPatch) -> None:
    """Hide this machine's settings from the tests."""
    for names in variable_names().values():
        for name in names:
            environment.delenv(name, raising=False)


def _driver(url: str) -> str:
    return url.replace("postgresql://", "postgresql+psycopg://")
