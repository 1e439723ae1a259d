"""Dashboards: in the tests' own process on each database, and a real one behind gunicorn."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from common.migrations import upgrade
from common.settings import Settings
from tests.integration.web.dashboard import Dashboard, Program
from tests.integration.web.site import Site
from tests.journeys.browser import Browser, open_browser
from tests.support.servers import PostgreSQL, Valkey, find_postgresql, miss


@pytest.fixture
def dashboard(settings: Settings) -> Iterator[Dashboard]:
    """A dashboard; the test runs once on each database."""
    with Dashboard(settings) as opened:
        yield opened


@pytest.fixture
def on_sqlite(make_settings: Callable[..., Settings], sqlite_url: str, redis_url: str) -> Iterator[Dashboard]:
    """A dashboard on SQLite, for tests that have nothing to say about databases."""
    with Dashboard(make_settings(database_url=sqlite_url, redis_url=redis_url)) as opened:
        yield opened


@pytest.fixture(scope="session")
def shared_dashboard(make_shared_settings: Callable[..., Settings]) -> Iterator[Dashboard]:
    """A dashboard for many requests that leave nothing behind that matters."""
    with Dashboard(make_shared_settings()) as opened:
        yield opened


@pytest.fixture(scope="session")
def site(make_shared_settings: Callable[..., Settings]) -> Iterator[Site]:
    """A real web process, which tests share; none of them may make it log an error."""
    with Site(make_shared_settings()) as running:
        yield running
        assert _read_errors(running) == []
    # While it ends, and only then, a child whose sockets are still open when its time is over is killed.
    assert [line for line in _read_errors(running) if "was sent SIGKILL" not in line] == []


def _read_errors(site: Site) -> list[str]:
    log = (site.installation.settings.home / "processes.log").read_text()
    errors = [line[:4000] for line in log.splitlines() if '"level": "error"' in line or "Traceback" in line]
    # Engine.IO calls the first bad handshake an error, and the rest what they are.
    return [line for line in errors if "(further occurrences" not in line]


@pytest.fixture
def browser() -> Iterator[Browser]:
    """A real browser."""
    with open_browser() as opened:
        yield opened


@pytest.fixture
def ada(dashboard: Dashboard) -> Program:
    """A member."""
    return dashboard.program()


@pytest.fixture
def bob(dashboard: Dashboard) -> Program:
    """Another member."""
    return dashboard.program()


@pytest.fixture
def admin(dashboard: Dashboard) -> Program:
    """An admin."""
    return dashboard.program(admin=True)


@pytest.fixture
def redis_site(make_shared_settings: Callable[..., Settings], own_valkey: Valkey) -> Iterator[Site]:
    """A real web process with a Redis of its own, which the test may stop and start."""
    with Site(make_shared_settings(redis_url=own_valkey.url)) as running:
        yield running


@pytest.fixture
def own_postgresql() -> Iterator[PostgreSQL]:
    """A PostgreSQL of one test alone, which it may stop and start."""
    binaries = find_postgresql()
    if binaries is None:
        miss("PostgreSQL")
    assert binaries is not None
    with PostgreSQL(binaries) as server:
        upgrade(_driver_url(server))
        yield server


@pytest.fixture
def postgresql_site(make_shared_settings: Callable[..., Settings], own_postgresql: PostgreSQL) -> Iterator[Site]:
    """A real web process with a database of its own, which the test may stop and start."""
    with Site(make_shared_settings(database_url=_driver_url(own_postgresql))) as running:
        yield running


def _driver_url(server: PostgreSQL) -> str:
    return server.url().replace("postgresql://", "postgresql+psycopg://")
