"""The WebSocket below Socket.IO: whole frames out; only what the live view understands in, and that bounded.

Engine.IO's own one sends a frame once, of which a gevent socket may take a part; joins messages of any length; and
queues any number of them.
"""

from __future__ import annotations

import threading
import time
from typing import Any

import simple_websocket
from engineio.async_drivers.gevent import WebSocketWSGI

#: What browsers send is short.
LARGEST_MESSAGE = 16 * 1024
#: Whoever sends so many messages faster than they are answered is cut off.
_MOST_UNREAD = 256
#: Engine.IO's CLOSE and PONG; its MESSAGE with Socket.IO's CONNECT, DISCONNECT and EVENT. Nothing of ours is binary.
_UNDERSTOOD = ("1", "3", "40", "41", "42")


class Wire:
    """A socket as simple-websocket uses it, that sends all of what it is given, one frame after the other."""

    def __init__(self, sock: Any, unread: list[str | bytes]) -> None:
        self._socket = sock
        self._unread = unread
        self._lock = threading.Lock()

    def send(self, frame: bytes) -> None:
        """Send a frame whole; frames of two threads do not mix."""
        with self._lock:
            self._socket.sendall(frame)

    def recv(self, size: int) -> bytes:
        """Receive a piece, after all others had their turn. Raises OSError where too much is unread."""
        time.sleep(0)
        if len(self._unread) > _MOST_UNREAD:
            raise OSError("too many messages wait")
        received: bytes = self._socket.recv(size)
        return received

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()


class _Connection(simple_websocket.Server):
    def handshake(self) -> None:
        self.sock = Wire(self.sock, self.input_buffer)
        super().handshake()


class LiveWebSocket(WebSocketWSGI):  # type: ignore[misc]  # Engine.IO ships no types
    """One connection, as Engine.IO drives it."""

    def __call__(self, environ: Any, start_response: Any) -> Any:
        """Run by Engine.IO: serve the connection to its end."""
        self.ws = _Connection(environ, max_message_size=LARGEST_MESSAGE, **self.server_args)
        self.app(self)
        raise StopIteration  # tells gunicorn that nothing is to be answered any more

    def wait(self) -> str | None:
        """Return the next message; None once the connection is over, or where it makes no sense."""
        message = super().wait()
        return message if isinstance(message, str) and message.startswith(_UNDERSTOOD) else None
