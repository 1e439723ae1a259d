"""What the proxy of the tests does to connections, seen by both of their ends."""

from __future__ import annotations

import socket
import socketserver
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.line_proxy import LineProxy
from tests.support.servers import find_free_port
from tests.support.waiting import wait_until


class _Echo(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        try:
            while data := self.request.recv(65536):
                self.request.sendall(data)
        except OSError:
            pass


class _EchoServer(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True


@pytest.fixture
def target() -> Iterator[tuple[str, int]]:
    """A server that says what it hears."""
    with _EchoServer(("127.0.0.1", 0), _Echo) as server:
        thread = threading.Thread(target=server.serve_forever, args=[0.01])
        thread.start()
        yield server.server_address  # type: ignore[misc]  # of IPv4
        server.shutdown()
        thread.join()


@pytest.fixture
def proxy(target: tuple[str, int]) -> Iterator[LineProxy]:
    with LineProxy(*target) as running:
        yield running


def connect(proxy: LineProxy, seconds: float = 5) -> socket.socket:
    return socket.create_connection(("127.0.0.1", proxy.port), timeout=seconds)


def say(client: socket.socket, words: bytes) -> bytes:
    """Send words, and return as many bytes of the answer."""
    client.sendall(words)
    heard = b""
    while len(heard) < len(words) and (data := client.recv(65536)):
        heard += data
    return heard


def hear_of_a_new_connection(proxy: LineProxy) -> bytes:
    """Connect and listen; a reset may come during either."""
    with connect(proxy) as client:
        return client.recv(1)


def test_bytes_and_ends_pass_both_ways(proxy: LineProxy) -> None:
    with connect(proxy) as client:
        assert say(client, b"hello") == b"hello"
        assert len(say(client, b"x" * 1_000_000)) == 1_000_000
        assert proxy.connections == 1
    wait_until(lambda: proxy.connections == 0, "the proxy forgets it", 5)


def test_a_cut_resets_open_connections_and_new_ones(proxy: LineProxy) -> None:
    with connect(proxy) as client:
        assert say(client, b"hello") == b"hello"
        proxy.cut()
        with pytest.raises(ConnectionResetError):
            client.recv(1)
    with pytest.raises(ConnectionResetError):
        hear_of_a_new_connection(proxy)
    proxy.pass_on()
    with connect(proxy) as again:
        assert say(again, b"hello") == b"hello"


def test_a_delay_holds_each_way(proxy: LineProxy) -> None:
    with connect(proxy) as client:
        say(client, b"hello")
        proxy.delay(0.15)
        began = time.monotonic()
        assert say(client, b"hello") == b"hello"
        assert 0.3 <= time.monotonic() - began < 2
        proxy.pass_on()
        began = time.monotonic()
        assert say(client, b"hello") == b"hello"
        assert time.monotonic() - began < 0.3


def test_a_half_open_connection_stays_open_and_silent_for_good(proxy: LineProxy) -> None:
    with connect(proxy, 0.3) as old:
        say(old, b"hello")
        proxy.half_open()
        with connect(proxy, 0.3) as new:
            for client in (old, new):
                client.sendall(b"is anybody there?")
                with pytest.raises(TimeoutError):
                    client.recv(1)
            proxy.pass_on()
            for client in (old, new):
                client.sendall(b"still nobody?")
                with pytest.raises(TimeoutError):
                    client.recv(1)
            with connect(proxy) as fresh:
                assert say(fresh, b"hello") == b"hello"
                proxy.pass_on(reset=True)
                for client in (old, new):
                    with pytest.raises(ConnectionResetError):
                        client.recv(1)
                assert say(fresh, b"hello") == b"hello"


def test_a_truncated_answer_ends_with_a_reset(proxy: LineProxy) -> None:
    proxy.truncate(3)
    with connect(proxy) as client:
        client.sendall(b"hello")
        assert client.recv(3, socket.MSG_WAITALL) == b"hel"
        with pytest.raises(ConnectionResetError):
            client.recv(1)
    proxy.pass_on()
    with connect(proxy) as again:
        assert say(again, b"hello") == b"hello"


def test_a_lost_answer_is_one_to_a_request_that_was_heard(proxy: LineProxy) -> None:
    proxy.lose_answers_to(b"COMMIT")
    with connect(proxy) as client:
        assert say(client, b"BEGIN") == b"BEGIN"
        client.sendall(b"COMMIT")
        with pytest.raises(ConnectionResetError):
            client.recv(1)
    proxy.pass_on()
    with connect(proxy) as again:
        assert say(again, b"COMMIT") == b"COMMIT"


def test_a_target_that_is_down_resets_the_client() -> None:
    with LineProxy("127.0.0.1", find_free_port()) as proxy, pytest.raises(ConnectionResetError):
        hear_of_a_new_connection(proxy)


def test_the_end_of_the_proxy_ends_its_connections(target: tuple[str, int]) -> None:
    proxy: Any = LineProxy(*target)
    with proxy:
        client = connect(proxy)
        say(client, b"hello")
    with client, pytest.raises(ConnectionResetError):
        client.recv(1)
