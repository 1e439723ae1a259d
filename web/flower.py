"""Flower as this web process reaches it: by its socket in the data folder, or where the settings name one elsewhere.

It is only ever read: nothing but GET is sent there, and nothing of the asker's beyond what is asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from urllib.parse import quote

import httpx

from common.settings import Settings

#: Where the dashboard shows it, and what Flower itself puts before its addresses.
PREFIX = "/flower"

#: How long Flower may take to listen, and between two pieces of an answer; it asks worker processes for a second.
_CONNECT_SECONDS, _READ_SECONDS = 2.0, 10.0
_MOST_CONNECTIONS = 20


def is_flower_expected(settings: Settings) -> bool:
    """Tell whether there is a Flower to show; it may be away all the same."""
    return bool(settings.flower_url) or settings.flower_socket.is_socket()


class Flower:
    """Fetches Flower's pages; connects when it is first asked."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def fetch(self, path: str, query: bytes, headers: Mapping[str, str]) -> httpx.Response:
        """Return the answer to a GET, its body still to be read. Raises httpx.TransportError."""
        if not is_flower_expected(self._settings):
            raise httpx.ConnectError("nothing listens")  # httpcore would leave an open socket behind
        url = httpx.URL(path=quote(f"/{path}", safe="/@:"), query=query or None)
        return self._client.send(self._client.build_request("GET", url, headers=headers), stream=True)

    def close(self) -> None:
        """Close all connections."""
        self._client.close()

    @cached_property
    def _client(self) -> httpx.Client:
        url = self._settings.flower_url
        limits = httpx.Limits(max_connections=_MOST_CONNECTIONS)
        return httpx.Client(
            base_url=f"{url or 'http://flower'}{PREFIX}",
            transport=httpx.HTTPTransport(limits=limits, uds=None if url else str(self._settings.flower_socket)),
            timeout=httpx.Timeout(_READ_SECONDS, connect=_CONNECT_SECONDS),
            headers={"Accept-Encoding": "identity"},
            trust_env=False,
        )
