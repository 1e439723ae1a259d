"""`worker --drain`, from the command line to the worker processes and their sessions."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from common.settings import Settings
from tests.support.installation import Installation, to_environment
from tests.support.line_proxy import LineProxy
from tests.support.ollama_server import OllamaServer
from tests.support.waiting import wait_until

_PROJECT = Path(__file__).parents[3]


@pytest.fixture
def installation(
    make_settings: Callable[..., Settings], sqlite_url: str, redis_url: str
) -> Iterator[tuple[Installation, OllamaServer]]:
    with OllamaServer(tokens_per_second=20, output_tokens=60) as model_server:
        settings = make_settings(database_url=sqlite_url, redis_url=redis_url, ollama_host=model_server.url)
        with Installation(settings) as running:
            yield running, model_server


def drain(installation: Installation, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-P", "-m", "cli", "worker", "--drain", *words],
        env=to_environment(installation.settings) | {"PYTHONPATH": str(_PROJECT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_drained_worker_process_ends_and_its_session_goes_on_elsewhere(
    installation: tuple[Installation, OllamaServer],
) -> None:
    running, model_server = installation
    children = [running.start_worker(), running.start_worker()]
    session = running.create(architecture="CENTRALIZED", model="llama3")
    running.wait_for_steps(session, 2)
    first = str(running.read(session).worker)
    said = drain(running, "--name", first)
    assert said.returncode == 0, said.stderr
    assert f"{first} has ended." in said.stdout
    ended_child = next(child for child in children if f"-{child.pid}-" in first)
    assert ended_child.wait(10) == 0
    ended = running.wait_for_state(session, "completed", "failed")
    assert (ended.state, ended.epoch) == ("completed", 2)
    assert str(ended.worker) != first
    assert first not in running.worker_names()
    assert {key: call for key, call in model_server.calls.items() if call["started"] != 1} == {}


def test_without_a_name_all_worker_processes_of_the_host_are_drained(
    installation: tuple[Installation, OllamaServer],
) -> None:
    running, _ = installation
    workers = [running.start_worker(), running.start_worker()]
    assert drain(running).returncode == 0
    assert [worker.wait(10) for worker in workers] == [0, 0]
    assert running.worker_names() == set()


def test_draining_nobody_is_an_error_in_one_sentence(installation: tuple[Installation, OllamaServer]) -> None:
    running, _ = installation
    said = drain(running, "--name", "nobody")
    assert said.returncode == 1
    assert said.stderr.strip() == "No worker process named nobody is running."


def test_a_database_that_is_away_for_a_moment_keeps_no_worker_process_from_its_end(
    make_settings: Callable[..., Settings], postgresql_url: str, redis_url: str
) -> None:
    address = make_url(postgresql_url)
    assert address.port is not None
    with (
        OllamaServer(tokens_per_second=20, output_tokens=60) as model_server,
        LineProxy("127.0.0.1", address.port) as line,
        Installation(
            make_settings(database_url=postgresql_url, redis_url=redis_url, ollama_host=model_server.url)
        ) as running,
    ):
        through = address.set(port=line.port).render_as_string(hide_password=False)
        worker = running.start_worker(OLLAMA_FLOW_DATABASE_URL=through)
        session = running.create(architecture="CENTRALIZED", model="llama3")
        running.wait_for_steps(session, 1)
        wait_until(lambda: model_server.active, "the drones are working")
        line.cut()
        worker.send_signal(signal.SIGTERM)
        time.sleep(0.7)  # within its lease
        line.pass_on()
        assert worker.wait(20) == 0
        assert running.read(session).state == "queued"
        assert running.worker_names() == set()
