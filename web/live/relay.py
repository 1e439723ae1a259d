"""The two threads of the live view: one hears Redis and forwards at once, the other finds what no message told."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable

import redis
import structlog

from common.bus import Bus
from common.database import Database
from common.errors import DatabaseUnavailable
from common.queries.accounts import find_token_user, list_active_users
from web.live.health import Health
from web.live.lists import OverviewFigures, SessionsList
from web.live.session_relay import SessionRelay
from web.live.viewers import Viewers

log = structlog.get_logger(__name__)

_LOOK_SECONDS = 2.0
#: List pages are told of changes that often at most.
_FLUSH_SECONDS = 0.25
_LISTEN_SECONDS = 0.5
_REDIS_PAUSE_SECONDS = 1.0
#: So many messages at most are forwarded in one go.
_BATCH = 1000


class Relay:
    """Keeps all viewers of this process up to date; its threads start with the first viewer."""

    def __init__(
        self,
        database: Database,
        bus: Bus,
        viewers: Viewers,
        sessions: SessionRelay,
        session_list: SessionsList,
        figures: OverviewFigures,
        health: Health,
    ) -> None:
        self._database = database
        self._bus = bus
        self._viewers = viewers
        self._sessions = sessions
        self._list = session_list
        self._figures = figures
        self._health = health
        self._lock = threading.Lock()
        self._started = False
        self._wake = threading.Event()
        #: What the subscription hears just now; the sessions' channels come and go with their viewers.
        self._heard: set[str] = set()
        self._subscription: redis.client.PubSub | None = None

    def start(self) -> None:
        """Start the threads, once."""
        with self._lock:
            if not self._started:
                self._started = True
                threading.Thread(target=self._listen, name="relay", daemon=True).start()
                threading.Thread(target=self._look_after, name="relay-looks", daemon=True).start()

    def hear(self) -> None:
        """Subscribe to the watched sessions, and to no others; called whenever somebody came or left."""
        with self._lock:
            subscription = self._subscription
            if subscription is None:
                return
            wanted = {self._bus.channels.session(session_id) for session_id in self._sessions.watched()}
            try:
                if new := wanted - self._heard:
                    subscription.subscribe(*new)
                if old := self._heard - wanted:
                    subscription.unsubscribe(*old)  # type: ignore[no-untyped-call]  # untyped there
                self._heard = wanted
            except redis.RedisError:
                pass  # the listening thread notices, and subscribes anew

    # --- what Redis tells ----------------------------------------------------------------------------------------

    def _listen(self) -> None:
        while True:
            subscription = self._bus.subscribe()
            if subscription is None:
                return
            try:
                subscription.subscribe(self._bus.channels.changes)
                with self._lock:
                    self._subscription, self._heard = subscription, set()
                self.hear()
                while True:
                    self._forward(self._read_batch(subscription))
            except redis.RedisError:
                time.sleep(_REDIS_PAUSE_SECONDS)
            except Exception:  # the edge of this thread: browsers must be served whatever goes wrong once
                log.exception("the relay's subscription failed")
                time.sleep(_REDIS_PAUSE_SECONDS)
            finally:
                with self._lock:
                    self._subscription = None
                subscription.close()

    def _read_batch(self, subscription: redis.client.PubSub) -> dict[str, list[bytes]]:
        """Return what has come by channel: waits for the first message, and takes along what is there already."""
        batch: dict[str, list[bytes]] = defaultdict(list)
        message = subscription.get_message(timeout=_LISTEN_SECONDS)
        for _ in range(_BATCH):
            if message is not None:
                batch[message["channel"].decode()].append(message["data"])
            elif batch:
                break
            else:
                return batch
            message = subscription.get_message(timeout=0)
        return batch

    def _forward(self, batch: dict[str, list[bytes]]) -> None:
        for message in batch.pop(self._bus.channels.changes, []):
            self._list.note(message.decode())
            self._wake.set()
        prefix = self._bus.channels.session("")
        for channel, messages in batch.items():
            try:
                self._sessions.forward(channel.removeprefix(prefix), messages)
            except DatabaseUnavailable as error:
                log.warning("a gap waits for the database", error=str(error))

    # --- what no message tells -----------------------------------------------------------------------------------

    def _look_after(self) -> None:
        looked = 0.0
        while True:
            self._wake.wait(max(0.0, looked + _LOOK_SECONDS - time.monotonic()))
            if time.monotonic() >= looked + _LOOK_SECONDS:
                looked = time.monotonic()
                self._call_back()
                _try(self._health.look)
                if self._health.has_database:
                    for act in (self._check_viewers, self._sessions.fill_gaps, self._list.look, self._figures.send):
                        _try(act)
            self._wake.clear()
            if self._health.has_database:
                _try(self._list.flush)
            time.sleep(_FLUSH_SECONDS)

    def _call_back(self) -> None:
        """Call back those who fell behind, and hear no more of what nobody watches now."""
        for viewer in self._viewers.all():
            self._sessions.call_back(viewer)
        self.hear()

    def _check_viewers(self) -> None:
        """Part with people whose sign-in or rights ended: they may come again."""
        viewers = self._viewers.all()
        if not viewers:
            return
        with self._database.read() as db:
            users = {user.id: user for user in list_active_users(db, {viewer.user.id for viewer in viewers})}
            tokens = {viewer.token for viewer in viewers if viewer.token is not None}
            revoked = {token for token in tokens if find_token_user(db, token) is None}
        for viewer in viewers:
            user = users.get(viewer.user.id)
            if user is None or viewer.token in revoked or not viewer.has_rights_of(user):
                self._viewers.disconnect(viewer)


def _try(act: Callable[[], None]) -> None:
    try:
        act()
    except DatabaseUnavailable as error:
        log.warning("the live view waits for the database", error=str(error))
    except Exception:  # the edge of this thread: the next turn must come
        log.exception("a turn of the live view failed")
