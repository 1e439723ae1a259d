"""What the live view stands on: whether Redis and the database are there, told to each viewer that wants to know."""

from __future__ import annotations

import structlog
from pydantic import BaseModel

from common.bus import Bus
from common.database import Database
from common.errors import DatabaseUnavailable, StorageFull
from web.live.viewers import Viewer, Viewers, make_message

log = structlog.get_logger(__name__)

#: A single answer that Redis owes is no news for people: so many in a row are.
_REDIS_MISSES = 2


class LiveHealth(BaseModel):
    """The `health` message: what is there."""

    redis: bool
    database: bool


class Health:
    """Tells viewers how Redis and the database are: when they come, and whenever it changes."""

    def __init__(self, database: Database, bus: Bus, viewers: Viewers) -> None:
        self._database = database
        self._bus = bus
        self._viewers = viewers
        # A process that never reached Redis need not miss it twice.
        self._redis_misses = _REDIS_MISSES - 1
        self._now: LiveHealth | None = None

    @property
    def has_database(self) -> bool:
        """Tell whether the database was there when it was last looked at."""
        return self._now is None or self._now.database

    def look(self) -> None:
        """Look at both and tell of what changed; takes as long as the database may take for an answer."""
        before = self._now or LiveHealth(redis=True, database=True)
        redis = self._look_at_redis()
        self._tell(LiveHealth(redis=redis, database=before.database))
        self._tell(LiveHealth(redis=redis, database=self._look_at_database()))

    def send(self, viewer: Viewer) -> None:
        """Tell a viewer how it is now, unless it knows."""
        now = self._now
        if now is None or viewer.health == now.model_dump_json():
            return
        if self._viewers.send(viewer, make_message("health", now.model_dump_json())):
            viewer.health = now.model_dump_json()

    def _look_at_redis(self) -> bool:
        self._redis_misses = 0 if self._bus.ping() else self._redis_misses + 1
        return self._redis_misses < _REDIS_MISSES

    def _look_at_database(self) -> bool:
        try:
            with self._database.read():  # a transaction begins on a connection that has just answered
                pass
        except (DatabaseUnavailable, StorageFull):
            return False
        return True

    def _tell(self, now: LiveHealth) -> None:
        if self._now is not None and now != self._now:
            log.warning("the live view stands on something else", redis=now.redis, database=now.database)
        self._now = now
        for viewer in self._viewers.all():
            if viewer.wants_health:
                self.send(viewer)
