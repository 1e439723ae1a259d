"""A real web process with its viewers: Socket.IO clients, and raw WebSockets that do what no browser does."""

from __future__ import annotations

import json
import threading
from types import TracebackType
from typing import Any, Self

import engineio
import socketio
import websocket

from common.bus import Bus
from common.events import DurableEvent, LiveTokens, LoggedEvent, Notice
from common.models import FlowSession
from common.queries.events import append_events
from common.settings import Settings
from tests.integration.web.dashboard import Dashboard, Program
from tests.support.installation import Installation
from tests.support.waiting import wait_until


class Site:
    """One installation: its real web process at `url`, and a second one in the tests' process to make things happen."""

    def __init__(self, settings: Settings) -> None:
        self.installation = Installation(settings)
        self.dashboard = Dashboard(settings)
        self.bus = Bus(settings.redis_url, settings.redis_prefix)

    def __enter__(self) -> Self:
        self.installation.__enter__()
        try:
            self.url = self.installation.start_web()
        except BaseException as error:
            self.__exit__(type(error), error, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.bus.close()
        self.dashboard.__exit__()
        self.installation.__exit__(kind, error, trace)

    def watch(self, who: Program, **more: Any) -> Viewer:
        """Connect somebody by token."""
        return Viewer(self.url, auth={"token": who.token}, **more)

    def happen(
        self, session: FlowSession, *happenings: str | DurableEvent, published: bool = True
    ) -> list[LoggedEvent]:
        """Append events to the log, a notice for each mere text, and tell of them unless that is lost."""
        new = [Notice(message=happening) if isinstance(happening, str) else happening for happening in happenings]
        with self.dashboard.database.write() as db:
            events = append_events(db, session.id, new)
        if published:
            self.bus.publish_events(events)
        return events

    def stream(self, session: FlowSession, *texts: str, step: str = "1", offset: int = 0) -> None:
        """Publish texts of a running step, one after the other."""
        for text in texts:
            self.bus.publish_tokens([_piece(session, step, offset, text)])
            offset += len(text)

    def keep(self, session: FlowSession, text: str, step: str = "1") -> None:
        """Keep the whole text of a running step for those who come later, as worker processes do now and then."""
        self.bus.keep_partials([_piece(session, step, 0, text)])


def _piece(session: FlowSession, step: str, offset: int, text: str) -> LiveTokens:
    return LiveTokens(session_id=session.id, step=step, agent="drone-1", epoch=1, attempt=1, offset=offset, text=text)


class _OrderlyEngine(engineio.Client):  # type: ignore[misc]  # it ships no types
    """Hands messages over in their order; by itself it starts a thread for each, which may overtake each other."""

    def _trigger_event(self, event: str, *args: Any, **more: Any) -> Any:
        return super()._trigger_event(event, *args, **more | {"run_async": False})


class _OrderlyClient(socketio.Client):  # type: ignore[misc]  # neither does it
    def _engineio_client_class(self) -> type[engineio.Client]:
        return _OrderlyEngine


class Viewer:
    """A Socket.IO client that keeps what it is sent."""

    def __init__(self, url: str, **connect: Any) -> None:
        # Checking UTF-8 is slow in pure Python; JSON's reader would notice too.
        quick = {"skip_utf8_validation": True}
        self._client = _OrderlyClient(reconnection=False, websocket_extra_options=quick)
        self.messages: list[tuple[str, Any]] = []
        self.ended = threading.Event()
        self._client.on("*", lambda event, data: self.messages.append((event, data)), namespace="/live")
        self._client.on("disconnect", lambda *_: self.ended.set(), namespace="/live")
        try:
            self._client.connect(url, transports=["websocket"], namespaces=["/live"], wait_timeout=10, **connect)
        except BaseException:
            self._client.disconnect()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.disconnect()

    @property
    def transport(self) -> str:
        name: str = self._client.transport()
        return name

    def ask(self, event: str, data: Any = None) -> Any:
        """Send a message and return its answer."""
        return self._client.call(event, data, namespace="/live", timeout=20)

    def send(self, event: str, data: Any = None) -> None:
        self._client.emit(event, data, namespace="/live")

    def watch(self, session: FlowSession, after: int = 0) -> None:
        assert self.ask("watch", {"session_id": session.id, "after": after}) == {"ok": True}

    def events(self, session: FlowSession) -> list[dict[str, Any]]:
        """Return the events of a session in the order in which they came."""
        return [event for data in self.told("event", session) for event in data["events"]]

    def seqs(self, session: FlowSession) -> list[int]:
        return [event["seq"] for event in self.events(session)]

    def tokens(self, session: FlowSession) -> list[dict[str, Any]]:
        return [token for data in self.told("token", session) for token in data["tokens"]]

    def told(self, event: str, session: FlowSession | None = None) -> list[Any]:
        """Return the data of all messages of a kind."""
        found = [data for name, data in list(self.messages) if name == event]
        return [data for data in found if session is None or data["session_id"] == session.id]

    def wait_for_seq(self, session: FlowSession, seq: int, seconds: float = 10) -> None:
        wait_until(lambda: seq in self.seqs(session), f"event {seq} has come", seconds)

    def wait_for_text(self, session: FlowSession, length: int, seconds: float = 10) -> None:
        """Wait until a text has come so far."""

        def reach() -> int:
            return max((token["offset"] + len(token["text"]) for token in self.tokens(session)), default=0)

        wait_until(lambda: reach() >= length, f"{length} characters have come", seconds)


class RawSocket:
    """An Engine.IO connection spoken by hand."""

    def __init__(self, url: str, **more: Any) -> None:
        address = url.replace("http://", "ws://") + "/socket.io/?EIO=4&transport=websocket"
        self.socket = websocket.create_connection(address, timeout=20, **more)
        assert self.read().startswith("0{")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.vanish()

    def vanish(self) -> None:
        """Go without a word."""
        self.socket.shutdown()  # type: ignore[no-untyped-call]  # it ships few types

    def read(self) -> str:
        return str(self.socket.recv())

    def connect(self, token: str) -> None:
        """Open the namespace."""
        self.socket.send(f"40/live,{json.dumps({'token': token})}")
        assert self.read().startswith('40/live,{"sid":')

    def emit(self, event: str, data: Any) -> None:
        self.socket.send(f"42/live,{json.dumps([event, data])}")

    def read_event(self) -> tuple[str, Any]:
        """Return the next message of the namespace, after answering the pings before it."""
        while True:
            packet = self.read()
            if packet == "2":
                self.socket.send("3")
            elif packet.startswith("42/live,"):
                event, data = json.loads(packet.removeprefix("42/live,"))
                return event, data

    def is_closed_by_server(self) -> bool:
        """Read on until the server closes; fail by time-out where it does not."""
        try:
            while self.read():
                pass
        except (websocket.WebSocketConnectionClosedException, ConnectionError):
            pass
        return True
