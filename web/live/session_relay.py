"""The events and tokens of watched sessions, on their way from the bus and the database to the viewers.

A channel is one watched session. Its durable events go out in order and without gaps: `seq` is the last one that was
sent to all who are live. A new viewer reads from the database until it has reached `seq`, and is live from then on.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from common.bus import Bus
from common.database import Database
from common.events import LoggedEvent
from common.metrics import EVENTS_RELAYED, TOKENS_RELAYED
from common.queries.events import read_events, read_last_seqs
from web.live.viewers import Viewer, Viewers, make_message

#: Events that are read at a time.
_PAGE = 100
#: Messages of several events or tokens are not longer, in characters.
_MESSAGE_LENGTH = 64 * 1024
#: `LoggedEvent` and `LiveTokens` begin with the id of their session, and the first goes on with its number.
_SEQ = re.compile(rb'\{"session_id":"[^"]*","seq":(\d+),')


@dataclass(eq=False)
class Channel:
    """One watched session."""

    session_id: str
    seq: int
    lock: threading.RLock = field(default_factory=threading.RLock)
    live: set[Viewer] = field(default_factory=set)
    #: Those whose replay still runs.
    joining: set[Viewer] = field(default_factory=set)


class SessionRelay:
    """Forwards what happens in the sessions that somebody here watches."""

    def __init__(self, database: Database, bus: Bus, viewers: Viewers) -> None:
        self._database = database
        self._bus = bus
        self._viewers = viewers
        self._lock = threading.Lock()
        self._channels: dict[str, Channel] = {}

    def watched(self) -> list[str]:
        """Return the ids of the sessions that somebody watches."""
        with self._lock:
            return list(self._channels)

    # --- viewers come and go -------------------------------------------------------------------------------------

    def join(
        self, viewer: Viewer, session_id: str, *, after: int, last_seq: int, subscribe: Callable[[], None]
    ) -> None:
        """Send a viewer the events after `after`, then those that come; it may see the session.

        `subscribe` has the bus heard, before the replay begins. Raises DatabaseUnavailable.
        """
        self.leave(viewer, session_id)
        with self._lock:
            channel = self._channels.setdefault(session_id, Channel(session_id, last_seq))
            channel.joining.add(viewer)
            viewer.sessions.add(session_id)
        try:
            subscribe()
            if self._replay(channel, viewer, after):
                self._send_partials(channel, viewer)
        except BaseException:
            self.leave(viewer, session_id)
            raise

    def leave(self, viewer: Viewer, session_id: str) -> None:
        """Send a viewer nothing more of a session."""
        with self._lock:
            viewer.sessions.discard(session_id)
            viewer.behind.discard(session_id)
            channel = self._channels.get(session_id)
            if channel is None:
                return
            channel.live.discard(viewer)
            channel.joining.discard(viewer)
            if not channel.live and not channel.joining:
                del self._channels[session_id]

    def leave_all(self, viewer: Viewer) -> None:
        """Forget a viewer that has gone."""
        for session_id in list(viewer.sessions):
            self.leave(viewer, session_id)

    def _replay(self, channel: Channel, viewer: Viewer, after: int) -> bool:
        """Send what the database has; True once the viewer is live, False where it fell behind or left."""
        while events := self._read(channel, after):
            if viewer not in channel.joining:
                return False
            for body in _event_bodies(channel, events):
                self._viewers.wait_for_room(viewer)
                if not self._send(channel, viewer, "event", body):
                    return False
            after = events[-1].seq
        with channel.lock:  # nothing is forwarded meanwhile
            self._fill(channel)  # the others may be behind what this viewer has read
            while events := [event for event in self._read(channel, after) if event.seq <= channel.seq]:
                for body in _event_bodies(channel, events):
                    if not self._send(channel, viewer, "event", body):
                        return False
                after = events[-1].seq
            if viewer not in channel.joining:
                return False
            channel.joining.discard(viewer)
            channel.live.add(viewer)
            return True

    def _send_partials(self, channel: Channel, viewer: Viewer) -> None:
        tokens = [item.model_dump_json() for item in self._bus.read_partials(channel.session_id) if item.text]
        for body in _bodies(channel, "tokens", tokens):
            self._viewers.wait_for_room(viewer)
            if not self._send(channel, viewer, "token", body):
                return

    # --- what comes ----------------------------------------------------------------------------------------------

    def forward(self, session_id: str, messages: Sequence[bytes]) -> None:
        """Forward what the bus brought of one session, in its order, as one message for each run of a kind.

        Raises DatabaseUnavailable where a gap could not be filled.
        """
        channel = self._channels.get(session_id)
        if channel is None:
            return
        with channel.lock:
            for kind, bodies in _runs(messages):
                if kind == b"token":
                    self._spread(channel, "token", _bodies(channel, "tokens", [body.decode() for body in bodies]))
                    TOKENS_RELAYED.inc(len(bodies))
                else:
                    self._forward_events(channel, bodies)

    def fill_gaps(self) -> None:
        """Forward what the database has and no message told of: a lost publish, a Redis that is away."""
        with self._database.read() as db:
            last_seqs = read_last_seqs(db, self.watched())
        for session_id, last_seq in last_seqs.items():
            channel = self._channels.get(session_id)
            if channel is not None and channel.seq < last_seq:
                with channel.lock:
                    self._fill(channel)

    def call_back(self, viewer: Viewer) -> None:
        """Tell a viewer that fell behind to catch up, once it has read what waited for it."""
        if viewer.behind and self._viewers.has_room(viewer):
            for session_id in list(viewer.behind):
                self.leave(viewer, session_id)
                self._viewers.send(viewer, make_message("behind", f'{{"session_id":"{session_id}"}}'))

    def _forward_events(self, channel: Channel, bodies: list[bytes]) -> None:
        fresh: list[bytes] = []
        for body in bodies:
            found = _SEQ.match(body)
            seq = int(found[1]) if found else channel.seq
            if seq <= channel.seq + len(fresh):
                continue
            if seq > channel.seq + len(fresh) + 1:  # something before it was lost
                self._spread_events(channel, fresh)
                self._fill(channel)
                fresh = []
                continue
            fresh.append(body)
        self._spread_events(channel, fresh)

    def _spread_events(self, channel: Channel, bodies: list[bytes]) -> None:
        self._spread(channel, "event", _bodies(channel, "events", [body.decode() for body in bodies]))
        channel.seq += len(bodies)
        EVENTS_RELAYED.inc(len(bodies))

    def _fill(self, channel: Channel) -> None:
        while events := self._read(channel, channel.seq):
            self._spread(channel, "event", _event_bodies(channel, events))
            channel.seq = events[-1].seq
            EVENTS_RELAYED.inc(len(events))

    def _read(self, channel: Channel, after: int) -> list[LoggedEvent]:
        with self._database.read() as db:
            return read_events(db, channel.session_id, after=after, limit=_PAGE)

    def _spread(self, channel: Channel, event: str, bodies: Iterable[str]) -> None:
        for body in bodies:
            message = make_message(event, body)
            for viewer in list(channel.live):
                if not self._viewers.send(viewer, message):
                    channel.live.discard(viewer)
                    viewer.behind.add(channel.session_id)

    def _send(self, channel: Channel, viewer: Viewer, event: str, body: str) -> bool:
        sent = self._viewers.send(viewer, make_message(event, body))
        if not sent:
            with self._lock:
                channel.joining.discard(viewer)
                channel.live.discard(viewer)
                viewer.behind.add(channel.session_id)
        return sent


def _runs(messages: Sequence[bytes]) -> Iterator[tuple[bytes, list[bytes]]]:
    """Group what comes, tagged with its kind, into runs of one kind."""
    kind, bodies = b"", list[bytes]()
    for message in messages:
        tag, _, body = message.partition(b" ")
        if tag != kind and bodies:
            yield kind, bodies
            bodies = []
        kind = tag
        bodies.append(body)
    if bodies:
        yield kind, bodies


def _event_bodies(channel: Channel, events: Sequence[LoggedEvent]) -> Iterator[str]:
    return _bodies(channel, "events", [event.model_dump_json() for event in events])


def _bodies(channel: Channel, name: str, items: Iterable[str]) -> Iterator[str]:
    """Put items together into messages that are not too long, unless a single item is."""
    gathered, length = list[str](), 0
    for item in items:
        if gathered and length + len(item) > _MESSAGE_LENGTH:
            yield _body(channel, name, gathered)
            gathered, length = [], 0
        gathered.append(item)
        length += len(item)
    if gathered:
        yield _body(channel, name, gathered)


def _body(channel: Channel, name: str, items: Sequence[str]) -> str:
    return f'{{"session_id":"{channel.session_id}","{name}":[{",".join(items)}]}}'
