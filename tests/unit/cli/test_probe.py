from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from cli.probe import check_listening, fetch, free_port, local_url, ollama_version
from common.errors import FlowError
from tests.support.http_server import serve_http


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def test_an_ollama_server_is_known_by_its_version() -> None:
    with serve_http(lambda request: (200, {"version": "0.12.6"})) as server:
        assert ollama_version(server.url) == "0.12.6"
        assert server.requests[0].path == "/api/version"


@pytest.mark.parametrize("answer", [(404, {"error": "no"}), (200, ["something", "else"]), (200, {"name": "else"})])
def test_another_server_is_no_ollama(answer: tuple[int, object]) -> None:
    with serve_http(lambda request: answer) as server:
        assert ollama_version(server.url) is None


def test_nobody_there_is_no_ollama() -> None:
    assert ollama_version(f"http://127.0.0.1:{free_port()}") is None


def test_a_server_that_speaks_no_http_is_no_answer() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        assert fetch(f"http://127.0.0.1:{listener.getsockname()[1]}/", timeout_seconds=0.1) is None


def test_loopback_is_never_asked_through_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{free_port()}")
    monkeypatch.delenv("no_proxy", raising=False)
    with serve_http(lambda request: (200, {"version": "1"})) as server:
        assert ollama_version(server.url) == "1"


def test_an_error_answer_is_an_answer() -> None:
    with serve_http(lambda request: (503, {"error": "not yet"})) as server:
        answer = fetch(f"{server.url}/readyz", timeout_seconds=1)
    assert answer is not None
    assert answer.status == 503
    assert "not yet" in answer.body


def test_the_wanted_port_is_given_where_it_is_free(taken_port: int) -> None:
    wanted = free_port()
    assert free_port(wanted) == wanted
    assert free_port(taken_port) != taken_port


def test_a_taken_port_is_a_sentence_that_names_the_port_and_the_option(taken_port: int) -> None:
    with pytest.raises(FlowError, match=f"Port {taken_port} is already in use; choose another one with --port."):
        check_listening("127.0.0.1", taken_port)


def test_an_address_of_another_machine_is_a_sentence() -> None:
    with pytest.raises(FlowError, match="--host"):
        check_listening("192.0.2.1", free_port())


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("0.0.0.0", "http://127.0.0.1:5000"),
        ("::", "http://[::1]:5000"),
        ("127.0.0.1", "http://127.0.0.1:5000"),
        ("flow.example.org", "http://flow.example.org:5000"),
    ],
)
def test_what_listens_everywhere_is_reached_on_loopback(host: str, url: str) -> None:
    assert local_url(host, 5000) == url
