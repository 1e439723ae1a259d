"""The Socket.IO namespace `/live`: what a browser may ask. Every answer is `{ok}`, or `{ok: false, code, error}`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import structlog
from flask import Flask, request
from flask_socketio import ConnectionRefusedError as Refused
from flask_socketio import Namespace, SocketIO
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from werkzeug.exceptions import Unauthorized

from common.errors import DatabaseUnavailable, FlowError, InvalidInput
from common.models import User
from common.queries.sessions import find_session
from web.auth.identity import find_bearer, identify, read_bearer
from web.live.health import Health
from web.live.lists import OverviewFigures, SessionsList
from web.live.relay import Relay
from web.live.session_relay import SessionRelay
from web.live.viewers import NAMESPACE, Viewer, Viewers
from web.live.wire import LARGEST_MESSAGE, LiveWebSocket
from web.runtime import Runtime

log = structlog.get_logger(__name__)

#: A page watches one session; this is for programs.
_MOST_SESSIONS = 50

Answer = dict[str, Any]


class Watch(BaseModel):
    """Which session, and the number of the last event that the viewer has."""

    model_config = ConfigDict(extra="forbid", strict=True)

    session_id: str = Field(max_length=64, pattern="^[0-9a-f-]+$")
    after: int = Field(default=0, ge=0, le=2**31 - 1)


class LiveNamespace(Namespace):  # type: ignore[misc]  # Flask-SocketIO ships no types
    """Takes what viewers ask for; methods are named after the messages."""

    def __init__(
        self,
        runtime: Runtime,
        viewers: Viewers,
        sessions: SessionRelay,
        session_list: SessionsList,
        figures: OverviewFigures,
        health: Health,
    ) -> None:
        super().__init__(NAMESPACE)
        self._runtime = runtime
        self._viewers = viewers
        self._sessions = sessions
        self._list = session_list
        self._figures = figures
        self._health = health
        self._relay = Relay(runtime.database, runtime.bus, viewers, sessions, session_list, figures, health)

    def on_connect(self, auth: object = None) -> None:
        """Let in who is signed in by cookie, or by `auth.token`, which then alone counts."""
        if self._viewers.find(_sid()) is not None:
            raise Refused("This connection is open already.")
        user, token = self._identify(auth)
        self._viewers.add(_sid(), user, token)
        self._relay.start()

    def on_disconnect(self, reason: str = "") -> None:
        """Forget who has gone."""
        viewer = self._viewers.remove(_sid())
        if viewer is not None:
            self._sessions.leave_all(viewer)
            self._relay.hear()

    def on_watch(self, *asked: object) -> Answer:
        """Send the events of a session after a number, then those that come."""

        def watch(viewer: Viewer) -> None:
            wanted = _read(asked)
            if len(viewer.sessions) >= _MOST_SESSIONS and wanted.session_id not in viewer.sessions:
                raise InvalidInput(f"One connection watches {_MOST_SESSIONS} sessions at most.")
            with self._runtime.database.read() as db:
                last_seq = find_session(db, wanted.session_id, seen_by=viewer.user).last_seq
            self._sessions.join(
                viewer, wanted.session_id, after=wanted.after, last_seq=last_seq, subscribe=self._relay.hear
            )
            if self._viewers.find(viewer.sid) is not viewer:  # gone meanwhile
                self._sessions.leave_all(viewer)

        return self._answer(watch)

    def on_unwatch(self, *asked: object) -> Answer:
        """Send nothing more of a session."""

        def unwatch(viewer: Viewer) -> None:
            self._sessions.leave(viewer, _read(asked).session_id)
            self._relay.hear()

        return self._answer(unwatch)

    def on_watch_sessions(self, *_: object) -> Answer:
        """Send the list of sessions, then its changes."""

        def watch(viewer: Viewer) -> None:
            # Where the snapshot fails, it comes as soon as the database is back.
            viewer.wants_list = viewer.needs_list = True
            self._list.send_snapshot(viewer)

        return self._answer(watch)

    def on_unwatch_sessions(self, *_: object) -> Answer:
        """Send nothing more of the list."""
        return self._answer(lambda viewer: setattr(viewer, "wants_list", False))

    def on_watch_overview(self, *_: object) -> Answer:
        """Send the figures of the system, again and again."""

        def watch(viewer: Viewer) -> None:
            viewer.wants_overview = True
            self._figures.send([viewer])

        return self._answer(watch)

    def on_unwatch_overview(self, *_: object) -> Answer:
        """Send no more figures."""
        return self._answer(lambda viewer: setattr(viewer, "wants_overview", False))

    def on_watch_health(self, *_: object) -> Answer:
        """Tell whether Redis and the database are there, and whenever that changes."""

        def watch(viewer: Viewer) -> None:
            viewer.wants_health = True
            self._health.send(viewer)

        return self._answer(watch)

    def _identify(self, auth: object) -> tuple[User, str | None]:
        """Return who connects, and the token that says so, where it is one."""
        token = auth.get("token") if isinstance(auth, dict) else None
        try:
            if token is not None:
                return find_bearer(self._runtime, str(token)), str(token)
            user = identify()
        except Unauthorized as error:
            raise Refused(error.description, {"code": "unauthorized"}) from None
        except DatabaseUnavailable as error:
            raise Refused(str(error), {"code": error.code}) from None
        if user is None:
            raise Refused("Please sign in, or send a token as `auth.token`.", {"code": "unauthorized"})
        return user, read_bearer(request)

    def _answer(self, act: Callable[[Viewer], None]) -> Answer:
        viewer = self._viewers.find(_sid())
        if viewer is None:
            return {"ok": False, "code": "unauthorized", "error": "Please connect again."}
        try:
            act(viewer)
        except FlowError as error:
            return {"ok": False, "code": error.code, "error": str(error)}
        except Exception:  # the edge of a message: the socket must go on
            log.exception("a message of a viewer failed")
            return {"ok": False, "code": "internal", "error": "Something went wrong here; the log says what."}
        return {"ok": True}


def create_live(app: Flask, runtime: Runtime) -> SocketIO:
    """Give `app` its socket."""
    socketio = SocketIO(
        app,
        async_mode="gevent",
        # Handlers run one after the other for each viewer: who asks faster than we answer, waits.
        async_handlers=False,
        manage_session=False,
        # `web.host_guard` has looked at the origin already, before the upgrade.
        cors_allowed_origins=[],
        transports=["websocket"],
        max_http_buffer_size=LARGEST_MESSAGE,
    )
    _harden(socketio.server.eio)
    viewers = Viewers(socketio)
    sessions = SessionRelay(runtime.database, runtime.bus, viewers)
    session_list = SessionsList(runtime.settings, runtime.database, viewers)
    figures = OverviewFigures(runtime.overview, viewers)
    health = Health(runtime.database, runtime.bus, viewers)
    socketio.on_namespace(LiveNamespace(runtime, viewers, sessions, session_list, figures, health))
    return socketio


def _harden(engine: Any) -> None:
    """Give Engine.IO our WebSocket, and let go whoever sends what Socket.IO cannot read."""
    engine._async = {**engine._async, "websocket": LiveWebSocket}  # noqa: SLF001 - there is no setting for it
    handle = engine.handlers["message"]

    def handle_message(engine_sid: str, message: str) -> None:
        try:
            handle(engine_sid, message)
        except Exception as error:  # noqa: BLE001 - a connection's edge: Engine.IO would log a traceback each time
            log.warning("a viewer sent nonsense", error=repr(error)[:200])
            engine.sockets[engine_sid].close(wait=False)

    engine.on("message", handle_message)


def _sid() -> str:
    sid: str = request.sid  # type: ignore[attr-defined]  # Flask-SocketIO adds it
    return sid


def _read(asked: tuple[object, ...]) -> Watch:
    try:
        return Watch.model_validate(asked[0] if asked else {})
    except ValidationError:
        raise InvalidInput("This message takes {session_id, after}.") from None
