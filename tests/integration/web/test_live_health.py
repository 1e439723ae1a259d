"""Redis and the database go away and come back: what viewers and programs are told meanwhile, and how quickly."""

from __future__ import annotations

import contextlib
import json
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
from sqlalchemy import event

from common.models import FlowSession
from common.settings import Settings
from common.states import State
from tests.integration.web.dashboard import Dashboard, Program
from tests.integration.web.site import RawSocket, Site, Viewer
from tests.support.servers import PostgreSQL, Valkey
from tests.support.waiting import wait_until

_WELL = {"redis": True, "database": True}
_NO_REDIS = {"redis": False, "database": True}
_NO_DATABASE = {"redis": True, "database": False}


def last_health(viewer: Viewer) -> Any:
    told = viewer.told("health")
    return told[-1] if told else None


def wait_for_health(viewer: Viewer, health: dict[str, bool], seconds: float) -> None:
    wait_until(lambda: last_health(viewer) == health, f"the viewer is told {health}", seconds)


def listed(viewer: Viewer) -> set[str]:
    return {view["id"] for change in viewer.told("sessions") for view in change["changed"]}


@contextmanager
def frozen(server: psutil.Process) -> Iterator[None]:
    """Stop a server and its children in the middle of whatever they do: they take connections and never answer."""
    stopped = [server, *server.children(recursive=True)]
    for process in stopped:
        process.suspend()
    try:
        yield
    finally:
        for process in stopped:
            process.resume()


def process_of(server: Valkey | PostgreSQL) -> psutil.Process:
    assert server.process is not None
    return psutil.Process(server.process.pid)


def check_answers_are_quick(site: Site, who: Program, session: FlowSession) -> None:
    """Assert that no request waits for Redis, whatever it asks for."""
    with httpx.Client(base_url=site.url, headers={"Authorization": f"Bearer {who.token}"}, timeout=30) as client:
        paths = ["/", "/sessions", f"/sessions/{session.id}", "/api/sessions", f"/api/sessions/{session.id}"]
        paths += [f"/api/sessions/{session.id}/events", "/api/status", "/api/models", "/api/health", "/metrics"]
        for method, path in [("POST", "/api/sessions"), *(("GET", path) for path in paths)]:
            answer = client.request(method, path, json={"task": "Count."} if method == "POST" else None)
            assert answer.is_success, (path, answer.text)
            # Half a second is what Redis may take; the rest is a busy machine.
            assert answer.elapsed.total_seconds() < 1.5, (path, answer.elapsed)


def test_viewers_are_told_that_redis_is_away_and_that_it_is_back(redis_site: Site, own_valkey: Valkey) -> None:
    ada = redis_site.dashboard.program()
    session = redis_site.dashboard.make(ada.user, State.RUNNING)
    with redis_site.watch(ada) as viewer, redis_site.watch(ada) as other:
        viewer.ask("watch_health")
        viewer.watch(session)
        viewer.ask("watch_sessions")
        wait_for_health(viewer, _WELL, 5)
        own_valkey.stop()
        wait_for_health(viewer, _NO_REDIS, 8)
        for _ in range(3):
            (event,) = redis_site.happen(session, "without Redis")
            viewer.wait_for_seq(session, event.seq, seconds=3.5)
            created = ada.create()["id"]
            wait_until(lambda created=created: created in listed(viewer), "the list hears of it", 3.5)  # type: ignore[misc]
        check_answers_are_quick(redis_site, ada, session)
        with redis_site.watch(ada) as late:
            late.ask("watch_health")
            assert late.told("health") == [_NO_REDIS]
            began = time.monotonic()
            late.watch(session)
            assert time.monotonic() - began < 1.5
            assert late.seqs(session) == list(range(1, event.seq + 1))
        own_valkey.start()
        wait_for_health(viewer, _WELL, 5)
        assert viewer.told("health") == [_WELL, _NO_REDIS, _WELL]
        assert other.told("health") == [], "who does not ask is not told"


def test_a_redis_that_is_silent_delays_no_answer_and_tokens_come_again_afterwards(
    redis_site: Site, own_valkey: Valkey
) -> None:
    ada = redis_site.dashboard.program()
    session = redis_site.dashboard.make(ada.user, State.RUNNING)
    with redis_site.watch(ada) as viewer:
        viewer.ask("watch_health")
        viewer.watch(session)
        wait_for_health(viewer, _WELL, 5)
        with frozen(process_of(own_valkey)):
            wait_for_health(viewer, _NO_REDIS, 8)
            check_answers_are_quick(redis_site, ada, session)
            (event,) = redis_site.happen(session, "without Redis")
            viewer.wait_for_seq(session, event.seq, seconds=3.5)
        wait_for_health(viewer, _WELL, 6)

        def comes() -> bool:
            redis_site.stream(session, "hello")
            return bool(viewer.tokens(session))

        wait_until(comes, "Redis brings tokens again", 10)
        assert viewer.seqs(session) == list(range(1, event.seq + 1))


@pytest.mark.parametrize("way", ["stopped", "silent"])
def test_viewers_are_told_that_the_database_is_away_and_all_goes_on_afterwards(
    postgresql_site: Site, own_postgresql: PostgreSQL, way: str
) -> None:
    site = postgresql_site
    ada = site.dashboard.program()
    session = site.dashboard.make(ada.user, State.RUNNING)
    with site.watch(ada) as viewer:
        viewer.ask("watch_health")
        viewer.watch(session)
        viewer.ask("watch_sessions")
        viewer.ask("watch_overview")
        wait_for_health(viewer, _WELL, 5)
        if way == "silent":
            with frozen(process_of(own_postgresql)):
                _check_without_database(site, ada, session, viewer)
        else:
            own_postgresql.stop()
            _check_without_database(site, ada, session, viewer)
            own_postgresql.start()
        wait_for_health(viewer, _WELL, 10)
        assert not viewer.ended.is_set()
        (event,) = site.happen(session, "afterwards", published=False)
        viewer.wait_for_seq(session, event.seq, seconds=5)
        assert viewer.seqs(session) == list(range(1, event.seq + 1))
        created = ada.create()["id"]
        wait_until(lambda: created in listed(viewer), "the list hears of it", 5)
        told = len(viewer.told("overview"))
        wait_until(lambda: len(viewer.told("overview")) > told, "figures come again", 5)
        statistics = viewer.told("sessions")[-1]["statistics"]
        assert statistics["total"] == 2, "nothing was half written"


def _check_without_database(site: Site, ada: Program, session: FlowSession, viewer: Viewer) -> None:
    wait_for_health(viewer, _NO_DATABASE, 12)
    answer = viewer.ask("watch", {"session_id": session.id})
    assert (answer["ok"], answer["code"]) == (False, "database_unavailable")
    viewer.ask("unwatch_sessions")
    assert viewer.ask("watch_sessions")["code"] == "database_unavailable"
    viewer.send("watch", {"session_id": session.id})
    with RawSocket(site.url) as stranger:
        stranger.socket.send(f"40/live,{json.dumps({'token': ada.token})}")
        refusal = json.loads(stranger.read().removeprefix("44/live,"))
        assert refusal["data"] == {"code": "database_unavailable"}
        assert "does not answer" in refusal["message"]
    headers = {"Authorization": f"Bearer {ada.token}"}
    for method, path in [
        ("GET", "/api/sessions"),
        ("POST", "/api/sessions"),
        ("POST", f"/api/sessions/{session.id}/stop"),
    ]:
        body = {"task": "Count."} if method == "POST" else None
        answer = httpx.request(method, site.url + path, headers=headers, json=body, timeout=20)
        assert (answer.status_code, answer.json()["code"]) == (503, "database_unavailable")
        assert answer.headers["Retry-After"] == "2"
    page = httpx.get(f"{site.url}/sessions", headers=headers, timeout=20)
    assert page.status_code == 503
    assert "tries again" in page.text


def test_a_full_disk_is_told_and_leaves_nothing_half_written(on_sqlite: Dashboard) -> None:
    ada = on_sqlite.program()
    engine = on_sqlite.app.extensions["ollama_flow"].database.engine
    body = {"task": "x" * 90_000}
    key = {"Idempotency-Key": "once"}

    def limit(connection: Any, *_: object) -> None:
        connection.execute("PRAGMA max_page_count = 1")  # as many as there are, and no more

    engine.dispose()
    event.listen(engine, "connect", limit)
    answer = ada.ask("POST", "/api/sessions", json=body, headers=key)
    assert (answer.status_code, answer.json["code"]) == (507, "storage_full")  # type: ignore[index]  # it is one
    assert "disk" in answer.json["error"]  # type: ignore[index]  # it is one
    assert answer.headers["Retry-After"]
    assert ada.get("/api/sessions")["statistics"]["total"] == 0
    event.remove(engine, "connect", limit)
    engine.dispose()
    assert ada.ask("POST", "/api/sessions", json=body, headers=key).status_code == 201
    assert ada.ask("POST", "/api/sessions", json=body, headers=key).status_code == 201
    assert ada.get("/api/sessions")["statistics"]["total"] == 1


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 2 MiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("only root may mount a file system, and not everywhere")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_on_a_full_disk_everything_can_still_be_read(
    make_settings: Callable[..., Settings], sqlite_template: Path, redis_url: str, small_disk: Path
) -> None:
    shutil.copy(sqlite_template, small_disk / "flow.db")
    with Dashboard(make_settings(database_url=f"sqlite:///{small_disk / 'flow.db'}", redis_url=redis_url)) as dashboard:
        ada, newcomer = dashboard.program(), dashboard.program()
        session = ada.create()
        with contextlib.suppress(OSError), (small_disk / "filler").open("ab", buffering=0) as file:
            while file.write(b"\0" * 512):
                pass
        answer = ada.ask("POST", "/api/sessions", json={"task": "x" * 90_000})
        assert (answer.status_code, answer.json["code"]) == (507, "storage_full")  # type: ignore[index]  # it is one
        assert session["id"] in ada.get("/api/sessions")["active_sessions"]
        assert newcomer.get("/api/me")["user"]["email"] == newcomer.user.email, "whose token was never used before"
        (small_disk / "filler").unlink()
        assert ada.create()["status"] == "queued"
