"""The socket below a WebSocket: frames go out whole, and what waits is bounded."""

from __future__ import annotations

import queue
import socket
import threading
from collections.abc import Iterator

import pytest
import simple_websocket  # type: ignore[import-untyped]

from web.live.wire import LiveWebSocket, Wire


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


def test_frames_of_several_threads_arrive_whole_and_unmixed(pair: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = pair
    wire = Wire(ours, [], queue.Queue())
    frames = [bytes([number]) * 1_000_000 for number in range(4)]
    threads = [threading.Thread(target=wire.send, args=(frame,)) for frame in frames]
    for thread in threads:
        thread.start()
    received = bytearray()
    while len(received) < 4_000_000:
        received += theirs.recv(65536)
    for thread in threads:
        thread.join()
    arrived = [bytes(received[start : start + 1_000_000]) for start in range(0, 4_000_000, 1_000_000)]
    assert sorted(arrived) == frames


def test_nothing_more_is_read_from_who_does_not_wait_for_answers(pair: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = pair
    unread: list[str] = []
    wire = Wire(ours, unread, queue.Queue())
    theirs.sendall(b"ab")
    assert wire.recv(1) == b"a"
    unread += ["message"] * 257
    with pytest.raises(OSError, match="too many"):
        wire.recv(1)


def test_nothing_more_is_read_from_who_does_not_read_answers(pair: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = pair
    unsent: queue.Queue[int] = queue.Queue()
    wire = Wire(ours, [], unsent)
    theirs.sendall(b"ab")
    assert wire.recv(1) == b"a"
    for number in range(10_001):
        unsent.put(number)
    with pytest.raises(OSError, match="too many"):
        wire.recv(1)


@pytest.mark.parametrize(
    "error", [ConnectionResetError(104, "reset"), BrokenPipeError(), simple_websocket.ConnectionClosed()]
)
def test_closing_a_connection_whose_browser_has_just_gone_is_no_error(error: Exception) -> None:
    class Gone:
        connected = True
        closed = 0

        def close(self) -> None:
            self.closed += 1
            raise error

    gone = Gone()
    connection = LiveWebSocket(None, None)
    connection.ws = gone  # type: ignore[assignment]  # as much of one as closing needs
    connection.close()
    assert gone.closed == 1
