"""Reads what a client still sends although its request is answered already.

A connection that is closed over unread bytes is reset, and the reset takes the answer with it: who sends too large a
body would never read the sentence that says so.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

#: Beyond it, the answer is not worth the reading.
_MOST_BYTES = 32 * 1024 * 1024
_PIECE_BYTES = 64 * 1024


class BodyDrain:
    """A WSGI application that hands all to another one, and reads the rest of the body after it."""

    def __init__(self, app: WSGIApplication) -> None:
        self._app = app

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer what the application answers."""
        answer = self._app(environ, start_response)
        if environ.get("CONTENT_LENGTH", "0") != "0" or "HTTP_TRANSFER_ENCODING" in environ:
            _drain(environ)
        return answer


def _drain(environ: WSGIEnvironment) -> None:
    body, read = environ["wsgi.input"], 0
    try:
        while read < _MOST_BYTES and (piece := body.read(_PIECE_BYTES)):
            read += len(piece)
    except (OSError, ValueError):
        pass  # the client has gone, or what it sends is no body: its answer is ready all the same
