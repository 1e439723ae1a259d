"""Who is connected to this process, and the way to send to them: a slow browser costs bounded memory."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field

from engineio import packet as engine_packet
from engineio.exceptions import SocketIsClosedError
from flask_socketio import SocketIO

from common.metrics import VIEWERS
from common.models import User

NAMESPACE = "/live"
#: What may wait for one browser. Beyond it, it is told to catch up by HTTP once it has read what waits.
BACKLOG_BYTES = 512 * 1024
_PATIENCE_SECONDS = 5.0
_PAUSE_SECONDS = 0.01


def make_message(event: str, body: str) -> engine_packet.Packet:
    """Write an EVENT packet (Socket.IO protocol 5) around JSON that is there already; it may go to many."""
    return engine_packet.Packet(engine_packet.MESSAGE, f'2{NAMESPACE},["{event}",{body}]')


@dataclass(eq=False)
class Viewer:
    """One connected browser or program."""

    sid: str
    engine_sid: str
    user: User
    #: What it signed in with, where that is a token.
    token: str | None
    #: Sessions that it watches.
    sessions: set[str] = field(default_factory=set)
    #: Of these, the ones that it missed something of.
    behind: set[str] = field(default_factory=set)
    wants_list: bool = False
    #: It missed a change of the list: the next message is a snapshot.
    needs_list: bool = False
    wants_overview: bool = False
    wants_health: bool = False
    #: The last `health` message that it got.
    health: str | None = None

    def has_rights_of(self, user: User) -> bool:
        """Tell whether `user`, read anew, is still signed in as when this viewer connected, with the same rights."""
        return user.fs_uniquifier == self.user.fs_uniquifier and user.is_admin == self.user.is_admin


class Viewers:
    """All viewers of this process."""

    def __init__(self, socketio: SocketIO) -> None:
        self._socketio = socketio
        self._lock = threading.Lock()
        self._viewers: dict[str, Viewer] = {}

    def add(self, sid: str, user: User, token: str | None) -> None:
        """Remember who has just connected."""
        engine_sid = self._socketio.server.manager.eio_sid_from_sid(sid, NAMESPACE)
        with self._lock:
            self._viewers[sid] = Viewer(sid, engine_sid, user, token)
            VIEWERS.set(len(self._viewers))

    def remove(self, sid: str) -> Viewer | None:
        """Forget who has gone."""
        with self._lock:
            viewer = self._viewers.pop(sid, None)
            VIEWERS.set(len(self._viewers))
        return viewer

    def find(self, sid: str) -> Viewer | None:
        """Return who has this id."""
        return self._viewers.get(sid)

    def all(self) -> list[Viewer]:
        """Return everybody."""
        with self._lock:
            return list(self._viewers.values())

    def send(self, viewer: Viewer, message: engine_packet.Packet) -> bool:
        """Queue a message for a viewer; False, and nothing queued, where too much waits already."""
        if self.backlog(viewer) > BACKLOG_BYTES:
            return False
        with contextlib.suppress(SocketIsClosedError):  # gone, and about to be removed
            self._socketio.server.eio.send_packet(viewer.engine_sid, message)
        return True

    def wait_for_room(self, viewer: Viewer) -> None:
        """Wait a little where much waits for a viewer, so that a long replay reaches a browser of normal speed."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while not self.has_room(viewer) and time.monotonic() < deadline:
            time.sleep(_PAUSE_SECONDS)

    def has_room(self, viewer: Viewer) -> bool:
        """Tell whether little waits for a viewer."""
        return self.backlog(viewer) <= BACKLOG_BYTES // 4

    def backlog(self, viewer: Viewer) -> int:
        """Return how many bytes wait for a viewer, roughly."""
        connection = self._socketio.server.eio.sockets.get(viewer.engine_sid)
        if connection is None:
            return 0
        waiting: Iterable[engine_packet.Packet | None] = list(connection.queue.queue)
        return sum(len(packet.data or "") for packet in waiting if packet is not None)

    def disconnect(self, viewer: Viewer) -> None:
        """End a viewer's connection."""
        self._socketio.server.disconnect(viewer.sid, namespace=NAMESPACE)
