"""Small questions to ports and servers, asked with the standard library so that the start stays quick."""

from __future__ import annotations

import errno
import http.client
import json
import socket
import urllib.error
import urllib.request
from dataclasses import dataclass
from urllib.parse import urlsplit

from common.errors import FlowError

_LOOPBACK = {"127.0.0.1", "localhost", "::1"}


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a server said, as far as it matters here."""

    status: int
    body: str


def fetch(url: str, *, timeout_seconds: float) -> Answer | None:
    """Return the answer to a GET, or None where nobody answers in time."""
    # The proxy of an environment is for the world outside, not for servers on this machine.
    handlers = [urllib.request.ProxyHandler({})] if urlsplit(url).hostname in _LOOPBACK else []
    opener = urllib.request.build_opener(*handlers)
    try:
        with opener.open(url, timeout=timeout_seconds) as response:
            return Answer(status=response.status, body=response.read(65_536).decode(errors="replace"))
    except urllib.error.HTTPError as error:
        with error:
            return Answer(status=error.code, body=error.read(65_536).decode(errors="replace"))
    except (OSError, ValueError, http.client.HTTPException):
        return None


def ollama_version(host: str, *, timeout_seconds: float = 1.0) -> str | None:
    """Return the version of the Ollama server at `host`, or None where none answers."""
    answer = fetch(f"{host}/api/version", timeout_seconds=timeout_seconds)
    if answer is None or answer.status != 200:
        return None
    try:
        version = json.loads(answer.body)["version"]
    except (ValueError, KeyError, TypeError):
        return None
    return str(version)


def free_port(wanted: int | None = None) -> int:
    """Return a free port on loopback; the wanted one where it is free."""
    for port in (wanted, 0):
        if port is None:
            continue
        with socket.socket() as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                listener.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(listener.getsockname()[1])
    raise FlowError("No free port was found on 127.0.0.1.")


def check_listening(host: str, port: int) -> None:
    """Raise FlowError, in a sentence, where the dashboard could not listen there."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        with socket.socket(family) as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((host, port))
    except socket.gaierror as error:
        raise FlowError(f"The address {host} is not known here; give another one with --host.") from error
    except OSError as error:
        match error.errno:
            case errno.EADDRINUSE:
                sentence = f"Port {port} is already in use; choose another one with --port."
            case errno.EACCES:
                sentence = f"Port {port} needs more rights; choose one above 1023 with --port."
            case _:
                sentence = f"It cannot listen on {host}, port {port}: {error.strerror}; choose with --host and --port."
        raise FlowError(sentence) from error


def local_url(host: str, port: int) -> str:
    """Return the address under which this machine reaches what listens on `host`."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(host, host)  # noqa: S104 - read, not bound
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
