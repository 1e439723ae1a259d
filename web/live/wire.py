"""The WebSocket below Socket.IO: whole frames out; only what the live view understands in, and that bounded.

Engine.IO's own one sends a frame once, of which a gevent socket may take a part; joins messages of any length; and
queues any number of them.
"""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Sized
from typing import Any, Protocol

import simple_websocket  # type: ignore[import-untyped]
from engineio.async_drivers.gevent import WebSocketWSGI
from wsproto.utilities import ProtocolError

#: What browsers send is short.
LARGEST_MESSAGE = 16 * 1024
#: Whoever lets so many messages wait, either by asking faster than we answer or by not reading answers, is cut off.
_MOST_UNREAD = 256
_MOST_UNSENT = 10_000
#: Whoever takes nothing for so long is gone.
_PATIENCE_SECONDS = 60
#: Engine.IO's CLOSE and PONG; its MESSAGE with Socket.IO's CONNECT, DISCONNECT and EVENT. Nothing of ours is binary.
_UNDERSTOOD = ("1", "3", "40", "41", "42")


class Unsent(Protocol):
    """Engine.IO's queue of a connection."""

    def qsize(self) -> int:
        """Return how many packets wait."""


class Wire:
    """A socket as simple-websocket uses it, that sends all of what it is given, one frame after the other."""

    def __init__(self, sock: Any, unread: Sized, unsent: Unsent) -> None:
        self._socket, self._unread, self._unsent = sock, unread, unsent
        self._lock = threading.Lock()
        with contextlib.suppress(AttributeError, OSError):  # not every system can
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _PATIENCE_SECONDS * 1000)

    def send(self, frame: bytes) -> None:
        """Send a frame whole; frames of two threads do not mix."""
        with self._lock:
            self._socket.sendall(frame)

    def recv(self, size: int) -> bytes:
        """Receive a piece, after all others had their turn. Raises OSError where too much waits already."""
        time.sleep(0)
        if len(self._unread) > _MOST_UNREAD or self._unsent.qsize() > _MOST_UNSENT:
            raise OSError("too many messages wait")
        received: bytes = self._socket.recv(size)
        return received

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()


class _Connection(simple_websocket.Server):  # type: ignore[misc]  # it ships no types either
    sock: Any

    def __init__(self, environ: Any, unsent: Unsent, **more: Any) -> None:
        self._unsent = unsent
        super().__init__(environ, max_message_size=LARGEST_MESSAGE, **more)

    def handshake(self) -> None:
        self.sock = Wire(self.sock, self.input_buffer, self._unsent)
        super().handshake()


class LiveWebSocket(WebSocketWSGI):  # type: ignore[misc]  # Engine.IO ships no types
    """One connection, as Engine.IO drives it."""

    def __call__(self, environ: Any, start_response: Any) -> Any:
        """Run by Engine.IO, whose handler of one connection `app` is: serve the connection to its end."""
        engine_socket = self.app.__self__
        try:
            self.ws = _Connection(environ, engine_socket.queue, **self.server_args)
        except (simple_websocket.ConnectionError, ProtocolError):
            engine_socket.close(wait=False, abort=True)
            start_response("400 Bad Request", [("Content-Type", "text/plain")])
            return [b"This is no WebSocket handshake.\n"]
        self.app(self)
        raise StopIteration  # tells gunicorn that nothing is to be answered any more

    def wait(self) -> str | None:
        """Return the next message, after all others had their turn; None once it is over, or makes no sense."""
        time.sleep(0)
        message = super().wait()
        return message if isinstance(message, str) and message.startswith(_UNDERSTOOD) else None

    def close(self) -> None:
        """Say goodbye; whoever has just gone cannot hear it."""
        with contextlib.suppress(OSError, simple_websocket.ConnectionClosed):
            super().close()
