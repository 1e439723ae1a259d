"""Viewers that behave as the dashboard's page does: they reconnect, watch on after what they have, and fetch gaps."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import httpx
import socketio

from common.models import FlowSession
from tests.chaos.system import System
from tests.support.waiting import wait_until

_RETRY_SECONDS = 0.3
#: The server lets one connection watch 50.
MOST_SESSIONS = 40


@dataclass(kw_only=True)
class View:
    """What a viewer shows of one session."""

    last_seq: int = 0
    status: str = "queued"
    result: str | None = None
    #: Asked for after the present connection began.
    is_watched: bool = False
    #: Something is missing before the next event.
    has_gap: bool = False


class ChaosViewer:
    """One browser's socket, on a thread of its own; what it shows is in `views`."""

    def __init__(self, system: System, *sessions: FlowSession) -> None:
        self._system = system
        self.views = {session.id: View() for session in sessions}
        self.connects = 0
        self._ended = threading.Event()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._live, name="viewer")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()

    def watch(self, session: FlowSession) -> None:
        """Watch one more session."""
        assert len(self.views) <= MOST_SESSIONS
        with self._lock:
            self.views[session.id] = View()

    def wait_complete(self, seconds: float = 60) -> None:
        """Wait until it shows of each session what the database has, and nothing else."""

        def differences() -> dict[str, Any]:
            shown = {
                session_id: (view.last_seq, view.status, view.result) for session_id, view in list(self.views.items())
            }
            found = {}
            for session_id, (last_seq, status, result) in shown.items():
                row = self._system.installation.find(session_id)
                if (row.last_seq, row.state, row.result) != (last_seq, status, result):
                    found[session_id] = {"shown": (last_seq, status), "kept": (row.last_seq, row.state)}
            return found

        try:
            wait_until(lambda: not differences(), "the viewer shows what the database has", seconds)
        except AssertionError:
            raise AssertionError(f"A viewer shows something else than the database has: {differences()}") from None

    # --- its thread ----------------------------------------------------------------------------------------------

    def _live(self) -> None:
        while not self._ended.is_set():
            quick = {"skip_utf8_validation": True}
            client = socketio.Client(reconnection=False, websocket_extra_options=quick)
            client.on("event", self._take, namespace="/live")
            client.on("behind", self._fall_behind, namespace="/live")
            for view in list(self.views.values()):
                view.is_watched = False
            try:
                client.connect(
                    self._system.url,
                    transports=["websocket"],
                    namespaces=["/live"],
                    wait_timeout=10,
                    auth={"token": self._system.token},
                )
                self.connects += 1
                while client.connected and not self._ended.wait(0.05):
                    self._tend(client)
            except (socketio.exceptions.SocketIOError, httpx.HTTPError, OSError):
                pass  # the dashboard is away; again in a moment
            finally:
                client.disconnect()
                if client.eio.ws is not None:  # the client leaves a connection that fell silent open
                    client.eio.ws.shutdown()
            self._ended.wait(_RETRY_SECONDS)

    def _tend(self, client: socketio.Client) -> None:
        """Watch what is not watched yet, and fetch what is missing."""
        for session_id, view in list(self.views.items()):
            if view.has_gap:
                self._catch_up(session_id, view)
            if not view.is_watched:
                asked = {"session_id": session_id, "after": view.last_seq}
                answer = client.call("watch", asked, namespace="/live", timeout=10)
                if answer["ok"]:
                    view.is_watched = True
                else:
                    time.sleep(_RETRY_SECONDS)

    def _catch_up(self, session_id: str, view: View) -> None:
        """Read what is missing by HTTP."""
        headers = {"Authorization": f"Bearer {self._system.token}"}
        while True:
            answer = httpx.get(
                f"{self._system.url}/api/sessions/{session_id}/events",
                params={"after": view.last_seq},
                headers=headers,
                timeout=10,
                trust_env=False,
            )
            if not answer.is_success:
                return
            page = answer.json()
            self._apply(view, page["events"])
            if view.last_seq >= page["last_seq"] or not page["events"]:
                view.has_gap = False
                return

    def _take(self, message: dict[str, Any]) -> None:
        view = self.views.get(message["session_id"])
        if view is not None:
            self._apply(view, message["events"])

    def _fall_behind(self, message: dict[str, Any]) -> None:
        view = self.views.get(message["session_id"])
        if view is not None:
            view.has_gap, view.is_watched = True, False

    def _apply(self, view: View, events: list[dict[str, Any]]) -> None:
        with self._lock:
            for logged in events:
                if logged["seq"] <= view.last_seq:
                    continue
                if logged["seq"] > view.last_seq + 1:
                    view.has_gap = True
                    return
                view.last_seq = logged["seq"]
                event = logged["event"]
                if event["type"] == "session_moved":
                    view.status = event["status"]
                    view.result = event.get("result") or view.result
