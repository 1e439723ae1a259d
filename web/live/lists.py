"""The two list pages: changes of the list of sessions, and the figures of the system, to each who may see them."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass

from pydantic import BaseModel

from common.database import Database
from common.errors import DatabaseUnavailable
from common.models import FlowSession
from common.queries.history import list_ended
from common.queries.sessions import SessionFilter, list_active, list_named, read_active_seqs
from common.settings import Settings
from common.states import State
from web.api.session_schemas import QueuePlace, SessionView, StatisticsView
from web.live.viewers import Viewer, Viewers, make_message
from web.overview import OverviewReader
from web.session_view import view_sessions, view_statistics

#: Ended sessions in a snapshot, as many as the page shows at a glance.
_AT_A_GLANCE = 5


class SessionsChange(BaseModel):
    """The `sessions` message: sessions that are new or changed, ids of deleted ones, the figures above the list."""

    changed: list[SessionView]
    removed: list[str]
    statistics: StatisticsView


@dataclass(frozen=True, kw_only=True)
class _Removed:
    session_id: str
    owner_id: str


class SessionsList:
    """Tells list pages what changed, as often as `flush` is called."""

    def __init__(self, settings: Settings, database: Database, viewers: Viewers) -> None:
        self._settings = settings
        self._database = database
        self._viewers = viewers
        self._lock = threading.Lock()
        self._changed: set[str] = set()
        self._removed: list[_Removed] = []
        #: True until the places in the queue were compared: why a session waits changes without any event.
        self._has_looked = False
        #: The active sessions as they were last told of.
        self._seqs: dict[str, int] = {}
        self._places: dict[str, QueuePlace | None] = {}

    def note(self, message: str) -> None:
        """Take what the bus told: the id of a session that changed, or of a deleted one with its owner's."""
        session_id, _, owner_id = message.partition(" ")
        with self._lock:
            if owner_id:
                self._removed.append(_Removed(session_id=session_id, owner_id=owner_id))
            else:
                self._changed.add(session_id)

    def look(self) -> None:
        """Find changes that no message told of. Raises DatabaseUnavailable."""
        if not self._watchers():
            return
        self._has_looked = True
        with self._database.read() as db:
            seqs = read_active_seqs(db)
        known, self._seqs = self._seqs, seqs
        with self._lock:
            self._changed |= {session_id for session_id, seq in seqs.items() if known.get(session_id) != seq}
            self._changed |= known.keys() - seqs.keys()

    def flush(self) -> None:
        """Send what was noted since the last time, and snapshots to those who missed something.

        Raises DatabaseUnavailable; what was noted is then kept.
        """
        watchers = self._watchers()
        for viewer in watchers:
            if viewer.needs_list and self._viewers.has_room(viewer):
                self.send_snapshot(viewer)
        with self._lock:
            changed, self._changed = self._changed, set()
            removed, self._removed = self._removed, []
        if not watchers or not (changed or removed or self._has_looked):
            return
        try:
            self._tell(watchers, changed, removed)
        except DatabaseUnavailable:
            with self._lock:
                self._changed |= changed
                self._removed = removed + self._removed
            raise
        self._has_looked = False

    def send_snapshot(self, viewer: Viewer) -> None:
        """Send a viewer all active sessions and the latest ended ones. Raises DatabaseUnavailable."""
        owner_id = _scope(viewer)
        with self._database.read() as db:
            seen = SessionFilter(owner_id=owner_id)
            active = list_active(db, seen)
            for session in active:  # it may end before the next look, which compares with what was told
                self._seqs.setdefault(session.id, session.last_seq)
            change = SessionsChange(
                changed=view_sessions(db, [*active, *list_ended(db, seen, limit=_AT_A_GLANCE)], self._settings),
                removed=[],
                statistics=view_statistics(db, owner_id),
            )
        viewer.needs_list = not self._viewers.send(viewer, make_message("sessions", change.model_dump_json()))

    def _tell(self, watchers: list[Viewer], changed: set[str], removed: list[_Removed]) -> None:
        """Send one message to each group that sees the same: the admins, and each owner."""
        scopes = {_scope(viewer) for viewer in watchers}
        with self._database.read() as db:
            # Whoever is claimed or stopped moves the places of all that wait.
            queued = list_active(db, SessionFilter(states=[State.QUEUED]))
            rows = {row.id: row for row in [*list_named(db, changed), *queued]}
            views = {view.id: view for view in view_sessions(db, list(rows.values()), self._settings)}
            told = {key for key in views if key in changed or self._places.get(key) != views[key].queue}
            self._places = {row.id: views[row.id].queue for row in queued}
            statistics = {scope: view_statistics(db, scope) for scope in scopes}
        for scope in scopes:
            change = SessionsChange(
                changed=[views[key] for key in sorted(told) if _sees(scope, rows[key])],
                removed=[item.session_id for item in removed if scope in {None, item.owner_id}],
                statistics=statistics[scope],
            )
            if not change.changed and not change.removed:
                continue
            message = make_message("sessions", change.model_dump_json())
            for viewer in watchers:
                if _scope(viewer) == scope and not viewer.needs_list:
                    viewer.needs_list = not self._viewers.send(viewer, message)

    def _watchers(self) -> list[Viewer]:
        return [viewer for viewer in self._viewers.all() if viewer.wants_list]


class OverviewFigures:
    """Tells overview pages the figures of the system."""

    def __init__(self, reader: OverviewReader, viewers: Viewers) -> None:
        self._reader = reader
        self._viewers = viewers

    def send(self, watchers: Iterable[Viewer] | None = None) -> None:
        """Send the figures to these viewers, or to all that want them. Raises DatabaseUnavailable."""
        if watchers is None:
            watchers = [viewer for viewer in self._viewers.all() if viewer.wants_overview]
        bodies: dict[str | None, str] = {}
        for viewer in watchers:
            scope = _scope(viewer)
            if scope not in bodies:
                bodies[scope] = self._reader.read().for_user(viewer.user).model_dump_json()
            if self._viewers.has_room(viewer):  # a slow one gets the next figures
                self._viewers.send(viewer, make_message("overview", bodies[scope]))


def _scope(viewer: Viewer) -> str | None:
    """Return whose sessions a viewer sees: a person's own, or None for all."""
    return None if viewer.user.is_admin else viewer.user.id


def _sees(scope: str | None, session: FlowSession) -> bool:
    return scope is None or session.owner_id == scope
