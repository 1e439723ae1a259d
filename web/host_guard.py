"""Stands before everything, the socket included: which host names and which origins may speak to the dashboard.

A page of another site can make a browser send requests here, with its cookies (cross-site requests), or bend a name of
its own to this address (DNS rebinding). The first shows by its `Origin`, the second by its `Host`.
"""

from __future__ import annotations

import ipaddress
import json
import socket
from collections.abc import Iterable
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from common.settings import Settings

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_EVERYWHERE = frozenset({"0.0.0.0", "::"})  # noqa: S104 - compared, not bound
_DEFAULT_PORTS = {"http": 80, "https": 443}
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class HostGuard:
    """A WSGI application that refuses foreign hosts and origins, and hands the rest on."""

    def __init__(self, app: WSGIApplication, settings: Settings) -> None:
        self._app = app
        named = {name.lower() for name in settings.allowed_hosts}
        self._any_host = "*" in named
        #: People who listen on all addresses reach it by any of them; names are another matter.
        self._any_address = settings.host in _EVERYWHERE
        self._named = frozenset(named)
        self._hosts = named | _LOOPBACK | {settings.host.lower(), socket.gethostname().lower()}

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer 400 or 403 where host or origin is foreign, else what the application answers."""
        host = environ.get("HTTP_HOST", "")
        if not self._knows(_split(f"//{host}")[0]):
            sentence = (
                f"This dashboard does not answer to the host name {host[:100]!r}; "
                "name it in OLLAMA_FLOW_ALLOWED_HOSTS if it should."
            )
            return _refuse(start_response, "400 Bad Request", "bad_host", sentence)
        origin = environ.get("HTTP_ORIGIN")
        if origin is not None and _may_change(environ) and not self._is_own(origin, host):
            sentence = "Requests of other sites are not taken; open the dashboard itself."
            return _refuse(start_response, "403 Forbidden", "foreign_origin", sentence)
        return self._app(environ, start_response)

    def _knows(self, name: str) -> bool:
        return self._any_host or name in self._hosts or (self._any_address and _is_address(name))

    def _is_own(self, origin: str, host: str) -> bool:
        scheme = origin.partition(":")[0]
        name, port = _split(origin, _DEFAULT_PORTS.get(scheme))
        # A proxy may speak to us by another name or port than people do: names that were set by hand are enough.
        return (name, port) == _split(f"//{host}", _DEFAULT_PORTS.get(scheme)) or name in self._named


def _may_change(environ: WSGIEnvironment) -> bool:
    """Tell whether a foreign page could do harm: by any request that changes, and by any socket."""
    return environ["REQUEST_METHOD"] not in _SAFE_METHODS or environ.get("PATH_INFO", "").startswith("/socket.io")


def _split(address: str, default_port: int | None = None) -> tuple[str, int | None]:
    try:
        parts = urlsplit(address)
        return (parts.hostname or "", parts.port or default_port)
    except ValueError:
        return ("", None)


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _refuse(start_response: StartResponse, status: str, code: str, sentence: str) -> Iterable[bytes]:
    body = json.dumps({"success": False, "error": sentence, "code": code}).encode()
    start_response(status, [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
    return [body]
