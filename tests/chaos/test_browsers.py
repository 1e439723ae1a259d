"""Two real browsers watch a session while web, Valkey and a worker process are killed: they end with the truth."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chaos.faults import Chaos
from tests.chaos.oracle import Oracle
from tests.chaos.system import CHAOS, System
from tests.journeys.browser import Browser, open_browser, sign_in
from tests.journeys.truth import check_page
from tests.support.waiting import wait_until


@pytest.fixture
def browser() -> Iterator[Browser]:
    with open_browser(forgives=("net::ERR_", "WebSocket connection to")) as opened:
        yield opened


@pytest.fixture
def system(tmp_path: Path) -> Iterator[System]:
    with System(tmp_path, "sqlite", workers=2, delay_seconds=1.0, tokens_per_second=40, **CHAOS) as running:
        yield running


@pytest.mark.timeout(180)
def test_two_browsers_show_the_truth_after_web_valkey_and_a_worker_process_were_killed(
    system: System, browser: Browser
) -> None:
    with Oracle(system) as oracle:
        chaos = Chaos(system, oracle)
        session = system.create(architecture="CENTRALIZED", workers=2)
        oracle.watch(session)
        pages = []
        for _ in range(2):
            page = browser.open(f"{system.url}/sessions/{session.id}")
            sign_in(page)
            page.locator("h1 + [data-state]").wait_for()
            pages.append(page)
        wait_until(lambda: system.installation.read(session).steps_done >= 1, "a step is committed", 30)
        chaos.kill_web()
        chaos.kill_valkey(0.5)
        system.wait_ready()
        wait_until(lambda: system.installation.read(session).steps_done >= 3, "steps are committed", 30)
        owner = system.installation.read(session).worker
        assert owner is not None
        (slot,) = (slot for slot in system.workers if slot.process is not None and f"-{slot.process.pid}-" in owner)
        chaos.kill_worker(slot)
        figures = oracle.check_final()
        assert not oracle.breaches, "\n".join(oracle.breaches)
        assert figures.completed == 1
        for page in pages:
            check_page(page, system.installation.database, session.id)
