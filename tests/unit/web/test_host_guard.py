"""Which host names and origins may speak to the dashboard."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from common.settings import Settings
from web.host_guard import HostGuard


def inside(environ: Any, start_response: Any) -> Iterable[bytes]:
    start_response("200 OK", [])
    return [b"in"]


@pytest.fixture
def ask(make_settings: Callable[..., Settings]) -> Callable[..., tuple[str, bytes]]:
    """Ask a guard with the settings given; return the status and the body."""

    def act(
        asked: str, origin: str | None = None, /, *, method: str = "GET", path: str = "/", **fields: Any
    ) -> tuple[str, bytes]:
        seen: list[str] = []
        environ = {"REQUEST_METHOD": method, "PATH_INFO": path, "HTTP_HOST": asked}
        if origin is not None:
            environ["HTTP_ORIGIN"] = origin
        guard = HostGuard(inside, make_settings(**fields))
        body = b"".join(guard(environ, lambda status, headers, error=None: seen.append(status)))  # type: ignore[arg-type]
        return seen[0], body

    return act


def test_loopback_and_the_own_names_are_known(ask: Callable[..., tuple[str, bytes]]) -> None:
    for host in ("localhost:5000", "LOCALHOST", "127.0.0.1:80", "[::1]:5000", socket.gethostname()):
        assert ask(host) == ("200 OK", b"in"), host
    assert ask("box.example:5000", host="box.example")[0] == "200 OK"


def test_other_names_are_refused_with_a_sentence_that_names_the_setting(ask: Callable[..., tuple[str, bytes]]) -> None:
    for host in ("evil.example", "localhost.evil.example", "evil.example:5000", "", "[::1", "10.0.0.7", ":5000"):
        status, body = ask(host)
        assert status == "400 Bad Request", host
        error = json.loads(body)
        assert (error["success"], error["code"]) == (False, "bad_host")
        assert "OLLAMA_FLOW_ALLOWED_HOSTS" in error["error"]


def test_who_listens_everywhere_is_reached_by_any_address_but_not_by_any_name(
    ask: Callable[..., tuple[str, bytes]],
) -> None:
    assert ask("10.0.0.7:5000", host="0.0.0.0")[0] == "200 OK"
    assert ask("[fe80::1]:5000", host="::")[0] == "200 OK"
    assert ask("evil.example", host="0.0.0.0")[0] == "400 Bad Request"


def test_names_can_be_allowed_one_by_one_or_all(ask: Callable[..., tuple[str, bytes]]) -> None:
    assert ask("Flow.Example.org", allowed_hosts="flow.example.org, other")[0] == "200 OK"
    assert ask("evil.example", allowed_hosts="flow.example.org")[0] == "400 Bad Request"
    assert ask("anything.example", allowed_hosts="*")[0] == "200 OK"


def test_pages_of_other_sites_may_change_nothing(ask: Callable[..., tuple[str, bytes]]) -> None:
    foreign = ("http://evil.example", "http://localhost:3000", "http://localhost", "null", "")
    for origin in foreign:
        for method in ("POST", "DELETE", "PUT", "PATCH"):
            status, body = ask("localhost:5000", origin, method=method)
            assert status == "403 Forbidden", (origin, method)
            assert json.loads(body)["code"] == "foreign_origin"
        assert ask("localhost:5000", origin)[0] == "200 OK", "reading is left to the browser's own rule"
    assert ask("localhost:5000", "http://localhost:5000", method="POST")[0] == "200 OK"
    assert ask("localhost:5000", None, method="POST")[0] == "200 OK"


def test_pages_of_other_sites_may_not_open_a_socket(ask: Callable[..., tuple[str, bytes]]) -> None:
    for path in ("/socket.io/", "/socket.io"):
        assert ask("localhost:5000", "http://evil.example", path=path)[0] == "403 Forbidden"
        assert ask("localhost:5000", "http://localhost:5000", path=path)[0] == "200 OK"


def test_behind_a_proxy_the_allowed_names_are_enough(ask: Callable[..., tuple[str, bytes]]) -> None:
    names = {"allowed_hosts": "flow.example.org"}
    assert ask("flow.example.org", "https://flow.example.org", method="POST", **names)[0] == "200 OK"
    assert ask("127.0.0.1:5000", "https://flow.example.org", method="POST", **names)[0] == "200 OK"
    assert ask("127.0.0.1:5000", "https://evil.example", method="POST", **names)[0] == "403 Forbidden"


def test_allowing_any_host_does_not_allow_any_origin(ask: Callable[..., tuple[str, bytes]]) -> None:
    assert ask("a.example", "http://a.example", method="POST", allowed_hosts="*")[0] == "200 OK"
    assert ask("a.example", "http://b.example", method="POST", allowed_hosts="*")[0] == "403 Forbidden"
