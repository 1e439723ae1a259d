"""Pulls and deletions, ordered by API and carried out by a real worker process on a scripted Ollama over HTTP."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from common.settings import Settings
from tests.integration.web.dashboard import Dashboard, Program
from tests.support.installation import Installation
from tests.support.ollama_server import OllamaServer
from tests.support.waiting import wait_until


@pytest.fixture
def ollama() -> Iterator[OllamaServer]:
    with OllamaServer() as server:
        yield server


@pytest.fixture
def installation(
    make_settings: Callable[..., Settings], sqlite_url: str, redis_url: str, ollama: OllamaServer
) -> Iterator[Installation]:
    with Installation(make_settings(database_url=sqlite_url, redis_url=redis_url, ollama_host=ollama.url)) as running:
        yield running


@pytest.fixture
def admin(installation: Installation) -> Iterator[Program]:
    with Dashboard(installation.settings) as dashboard:
        yield dashboard.program(admin=True)


def order(who: Program, method: str, path: str, **body: str) -> Any:
    answer = who.ask(method, path, **({"json": body} if body else {}))
    assert answer.status_code == 202, answer.text
    return answer.json["order"]  # type: ignore[index]  # it is one


def wait_for(who: Program, state: str, **more: Any) -> Any:
    """Wait until the latest order is in a state, and return it."""

    def look() -> Any:
        latest = who.get("/api/models/pulls")["orders"][0]
        return latest if latest["state"] == state and more.items() <= latest.items() else None

    return wait_until(look, f"the latest order is {state}", 30)


def names(who: Program) -> set[str]:
    return {model["name"] for model in who.get("/api/models")["models"]["items"]}


def test_a_model_is_pulled_then_known_then_deleted(
    installation: Installation, admin: Program, ollama: OllamaServer
) -> None:
    installation.start_worker()
    order(admin, "POST", "/api/models/pulls", name="mistral:7b")
    done = wait_for(admin, "completed")
    assert (done["kind"], done["completed_bytes"], done["total_bytes"]) == ("pull", 5000, 5000)
    wait_until(lambda: "mistral:7b" in names(admin), "the dashboard knows it")
    order(admin, "DELETE", "/api/models/mistral:7b")
    assert wait_for(admin, "completed")["kind"] == "delete"
    assert "mistral:7b" not in ollama.models
    wait_until(lambda: "mistral:7b" not in names(admin), "the dashboard has heard of it")


def test_a_pull_tells_how_far_it_is_and_is_cut_off_when_somebody_cancels_it(
    installation: Installation, admin: Program, ollama: OllamaServer
) -> None:
    ollama.pull_seconds = 0.5
    installation.start_worker()
    pull = order(admin, "POST", "/api/models/pulls", name="mistral:7b")
    wait_until(
        lambda: 0 < admin.get("/api/models/pulls")["orders"][0]["completed_bytes"] < 4000, "it tells how far it is", 30
    )
    assert order(admin, "POST", f"/api/models/pulls/{pull['id']}/cancel")["wanted"] is False
    wait_for(admin, "cancelled")
    wait_until(lambda: ollama.pulls_cut == 1, "the stream is closed")
    assert "mistral:7b" not in ollama.models


def test_what_the_model_server_refuses_fails_with_its_words(installation: Installation, admin: Program) -> None:
    installation.start_worker()
    order(admin, "POST", "/api/models/pulls", name="missing")
    assert "file does not exist" in wait_for(admin, "failed")["error"]
    order(admin, "DELETE", "/api/models/never:there")
    assert "no model 'never:there'" in wait_for(admin, "failed", kind="delete")["error"]


def test_a_pull_goes_on_elsewhere_when_its_worker_process_is_killed_or_drains(
    installation: Installation, admin: Program, ollama: OllamaServer
) -> None:
    ollama.pull_seconds = 0.3
    first = installation.start_worker()
    order(admin, "POST", "/api/models/pulls", name="mistral:7b")
    wait_for(admin, "running")
    second = installation.start_worker()
    first.kill()
    wait_until(lambda: ollama.pulls_cut == 1, "the first stream is cut", 30)
    wait_until(lambda: ollama.pulls_begun == 2, "another begins", 30)
    assert installation.end_worker(second) == 0
    wait_for(admin, "queued")
    ollama.pull_seconds = 0
    installation.start_worker()
    wait_for(admin, "completed")
