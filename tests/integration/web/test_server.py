"""The web server itself, over raw connections: large bodies, broken requests, a session with a pause in it."""

from __future__ import annotations

import contextlib
import json
import socket
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import httpx
import pytest
import structlog

from common.settings import Settings
from tests.integration.web.dashboard import Program
from tests.integration.web.site import Site
from tests.support.ollama_server import OllamaServer
from tests.support.waiting import wait_until


@pytest.fixture
def ada(site: Site) -> Program:
    return site.dashboard.program()


def exchange(site: Site, head: str, *body: bytes, may_be_reset: bool = False) -> bytes:
    """Send a request by hand, all of it before anything is read, and return all that comes back."""
    parts = urlsplit(site.url)
    with socket.create_connection((parts.hostname, parts.port), timeout=10) as connection:
        received = b""
        with contextlib.suppress(ConnectionError) if may_be_reset else contextlib.nullcontext():
            connection.sendall(head.replace("\n", "\r\n").encode() + b"\r\n\r\n")
            for piece in body:
                connection.sendall(piece)
            while piece := connection.recv(65536):
                received += piece
        return received


def head(ada: Program, length: str, *, method: str = "POST", path: str = "/api/sessions") -> str:
    return (
        f"{method} {path} HTTP/1.1\nHost: localhost\nAuthorization: Bearer {ada.token}\n"
        f"Content-Type: application/json\nConnection: close\n{length}"
    )


@pytest.mark.parametrize("size", [2_000_000, 30_000_000])
def test_the_sender_of_a_large_body_gets_the_sentence(site: Site, ada: Program, size: int) -> None:
    answer = exchange(site, head(ada, f"Content-Length: {size}"), b'{"task": "', b"x" * (size - 12), b'"}')
    assert answer.startswith(b"HTTP/1.1 413 "), answer[:200]
    assert b"The body is too large; 1.5 MiB is the most." in answer
    assert httpx.get(f"{site.url}/healthz").status_code == 200


def test_the_sender_of_a_large_body_in_pieces_gets_the_sentence(site: Site, ada: Program) -> None:
    piece = b"10000\r\n" + b"x" * 65536 + b"\r\n"
    answer = exchange(site, head(ada, "Transfer-Encoding: chunked"), *[piece] * 40, b"0\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 413 "), answer[:200]
    assert b"too large" in answer


def test_a_stranger_with_a_large_body_is_sent_away_with_a_sentence(site: Site) -> None:
    request = "POST /api/sessions HTTP/1.1\nHost: localhost\nConnection: close\nContent-Length: 2000000"
    answer = exchange(site, request, b"x" * 2_000_000)
    assert answer.startswith(b"HTTP/1.1 401 "), answer[:200]
    assert b"Please sign in" in answer
    foreign = "POST /api/sessions HTTP/1.1\nHost: evil.example\nConnection: close\nContent-Length: 2000000"
    answer = exchange(site, foreign, b"x" * 2_000_000)
    assert answer.startswith(b"HTTP/1.1 400 "), answer[:200]
    assert b"OLLAMA_FLOW_ALLOWED_HOSTS" in answer


def test_a_client_library_reads_the_sentence_too_and_goes_on_with_its_connection(site: Site, ada: Program) -> None:
    with httpx.Client(base_url=site.url, headers={"Authorization": f"Bearer {ada.token}"}) as client:
        for _ in range(5):
            answer = client.post("/api/sessions", json={"task": "x" * 2_000_000})
            assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
        assert client.get("/api/me").status_code == 200


@pytest.mark.parametrize(
    "request_head",
    [
        "GARBAGE",
        "GET /api/sessions",
        "GET /api/sessions HTTP/9.9\nHost: localhost",
        "GET http://[::1 HTTP/1.1\nHost: localhost",
        "GET / HTTP/1.1\nConnection: close",
        "GET / HTTP/1.1\nHost: localhost\nHost: evil.example",
        "GET /" + "a" * 10_000 + " HTTP/1.1\nHost: localhost",
        "GET / HTTP/1.1\nHost: localhost\nX: " + "a" * 100_000,
        "GET / HTTP/1.1\nHost: localhost\nContent-Length: -1",
        "POST /login HTTP/1.1\nHost: localhost\nContent-Length: 5\nTransfer-Encoding: chunked",
        "GET /%00%ff HTTP/1.1\nHost: localhost\nConnection: close",
        "OPTIONS * HTTP/1.1\nHost: localhost\nConnection: close",
        "CONNECT evil.example:80 HTTP/1.1\nHost: localhost\nConnection: close",
        "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\nHost: localhost\nConnection: close",
        "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\nHost: localhost\nConnection: Upgrade\nUpgrade: websocket",
        "GET /socket.io/?EIO=4&transport=websocket&sid=x HTTP/1.1\nHost: localhost\nConnection: close",
        "POST /socket.io/?EIO=4&transport=polling HTTP/1.1\nHost: localhost\nConnection: close\nContent-Length: 0",
        "GET /socket.io/?EIO=3&transport=websocket HTTP/1.1\nHost: localhost\nConnection: close",
    ],
    ids=lambda head: head[:60],
)
def test_a_broken_request_is_refused_and_the_server_lives(site: Site, request_head: str) -> None:
    answer = exchange(site, request_head, may_be_reset=True)
    assert not answer or answer.startswith((b"HTTP/1.1 4", b"HTTP/1.0 4", b"HTTP/1.1 302", b"HTTP/1.1 505")), answer[
        :300
    ]
    assert httpx.get(f"{site.url}/healthz").status_code == 200


def test_the_log_tells_of_each_request_by_its_id_and_of_no_secret(site: Site, ada: Program) -> None:
    with httpx.Client(base_url=site.url, headers={"Authorization": f"Bearer {ada.token}"}) as client:
        ids = [
            client.get("/api/me").headers["X-Request-ID"],
            client.get(f"/api/sessions?owner={ada.token}").headers["X-Request-ID"],
            client.post("/login", data={"email": "ada", "password": "a-wrong-secret"}).headers["X-Request-ID"],
            client.get("/api/nothing").headers["X-Request-ID"],
        ]
    with site.watch(ada):
        pass
    text = (site.installation.settings.home / "processes.log").read_text()
    lines = [json.loads(line) for line in text.splitlines()]
    told = {line["request"]: line for line in lines if line["event"] == "request"}
    assert [told[key]["status"] for key in ids] == [200, 200, 400, 404]
    assert [told[key]["path"] for key in ids] == ["/api/me", "/api/sessions", "/login", "/api/nothing"]
    assert {line["process"] for line in lines} == {"web"}
    assert ada.token not in text
    assert "a-wrong-secret" not in text


def test_the_id_of_a_request_is_on_no_line_after_it(site: Site, ada: Program) -> None:
    assert ada.ask("GET", "/api/me").headers["X-Request-ID"]
    assert "request" not in structlog.contextvars.get_contextvars()


@pytest.fixture
def with_worker(
    make_settings: Callable[..., Settings], postgresql_url: str, redis_url: str
) -> Iterator[tuple[Site, OllamaServer]]:
    """A whole installation on PostgreSQL, with a worker process and a scripted model server."""
    with (
        OllamaServer(tokens_per_second=40, output_tokens=30) as model_server,
        Site(make_settings(database_url=postgresql_url, redis_url=redis_url, ollama_host=model_server.url)) as running,
    ):
        running.installation.start_worker()
        yield running, model_server


def test_a_running_session_pauses_and_goes_on_where_it_was(with_worker: tuple[Site, OllamaServer]) -> None:
    site, model_server = with_worker
    ada = site.dashboard.program()
    with (
        httpx.Client(base_url=site.url, headers={"Authorization": f"Bearer {ada.token}"}) as client,
        site.watch(ada) as viewer,
    ):
        created = client.post(
            "/api/sessions", json={"task": "Count.", "architecture": "CENTRALIZED", "model": "llama3"}
        ).json()
        path = f"/api/sessions/{created['session_id']}"
        session = site.dashboard.find(created["session_id"])
        viewer.watch(session)

        def status() -> str:
            return str(client.get(path).json()["session"]["status"])

        wait_until(lambda: site.installation.read(session).steps_done >= 2 and model_server.active, "it works", 30)
        assert client.post(f"{path}/pause").json()["session"]["desired"] == "pause"
        wait_until(lambda: status() == "paused", "it is paused", 3)
        wait_until(lambda: model_server.active == 0, "the model server is idle", 3)
        done = {step.key for step in site.installation.read_steps(session)}
        assert client.post(f"{path}/resume").json()["session"]["status"] == "queued"
        wait_until(lambda: status() in {"completed", "failed"}, "it ends", 60)
        assert status() == "completed"
        repeated = {key for key, call in model_server.calls.items() if call["started"] > 1}
        assert repeated.isdisjoint(done)
        last = site.installation.read(session).last_seq
        viewer.wait_for_seq(session, last)
        assert viewer.seqs(session) == list(range(1, last + 1))
        moves = [
            event["event"]["status"] for event in viewer.events(session) if event["event"]["type"] == "session_moved"
        ]
        assert moves == ["queued", "running", "paused", "queued", "running", "completed"]
        assert viewer.tokens(session)
