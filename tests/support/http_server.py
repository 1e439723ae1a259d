"""A small HTTP server on loopback that gives the answers it is told to, for tests of clients."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Request:
    """What a client sent."""

    method: str
    path: str
    headers: dict[str, str]
    body: Any


@dataclass(kw_only=True)
class HttpServer:
    """Where it listens, and what it was sent."""

    url: str
    requests: list[Request] = field(default_factory=list)


@contextmanager
def serve_http(answer: Callable[[Request], tuple[int, Any]]) -> Iterator[HttpServer]:
    """Answer every request with the status and the JSON that `answer` returns for it."""
    server: HttpServer

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            request = Request(
                method=self.command,
                path=self.path,
                headers=dict(self.headers),
                body=json.loads(self.rfile.read(length)) if length else None,
            )
            server.requests.append(request)
            status, content = answer(request)
            body = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = _answer  # noqa: N815 - the standard library names them

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as the standard library names it
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        server = HttpServer(url=f"http://127.0.0.1:{http.server_port}")
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            http.shutdown()
            thread.join()
