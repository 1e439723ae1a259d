"""A wire between a client and a server that can fall silent, as a network does whose cable was pulled."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self


class TcpProxy:
    """Passes bytes to a server on loopback and back; may swallow what the server says, on all its connections."""

    def __init__(self, port: int) -> None:
        """Prepare the way to the server at `port`."""
        self._server_port = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._is_silent = threading.Event()
        self._triggers: list[tuple[bytes, Callable[[], None]]] = []
        self._sockets: list[socket.socket] = []

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for each in (self._listener, *self._sockets):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def fall_silent(self) -> None:
        """Swallow whatever the server says from now on; what clients say still arrives."""
        self._is_silent.set()

    def fall_silent_after(self, words: bytes) -> None:
        """Fall silent once a client says `words`, which still arrive."""
        self._triggers.append((words, self.fall_silent))

    def speak_again(self) -> None:
        """Pass everything on again; what was swallowed is gone."""
        self._triggers.clear()
        self._is_silent.clear()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(("127.0.0.1", self._server_port))
                self._sockets += [client, server]
                threading.Thread(target=self._pass_on, args=(client, server), daemon=True).start()
                threading.Thread(target=self._pass_back, args=(server, client), daemon=True).start()

    def _pass_on(self, client: socket.socket, server: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while said := client.recv(65536):
                for words, act in list(self._triggers):
                    if words in said:
                        act()
                server.sendall(said)
            server.shutdown(socket.SHUT_WR)

    def _pass_back(self, server: socket.socket, client: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while said := server.recv(65536):
                if not self._is_silent.is_set():
                    client.sendall(said)
            client.shutdown(socket.SHUT_WR)
