"""The bus: progress, partial texts, nudges and heartbeats through Redis. None of it is needed for truth.

Publishing never waits: messages go through a bounded queue on a thread of their own, and while Redis is away they are
dropped (the relay finds durable events in the database). Reading takes half a second at the most.
"""

from __future__ import annotations

import datetime as dt
import json
import queue
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import redis
import structlog
from pydantic import ValidationError
from redis.backoff import NoBackoff
from redis.retry import Retry

from common.clock import utc_now
from common.events import LiveTokens, LoggedEvent
from common.heartbeat import Heartbeat
from common.history import HISTORY_SECONDS, History, HostSample, QueueSample, ring_place

log = structlog.get_logger(__name__)

_TIMEOUT_SECONDS = 0.5
#: While Redis is away, one try in this time.
_BREAK_SECONDS = 1.0
#: A subscription that heard nothing for so long asks whether anybody is there, and waits so long for the answer.
_SILENT_SECONDS = 5.0
_PONG_SECONDS = 2.0
_QUEUE_LENGTH = 20_000
#: A partial text outlives the silence of a slow model, and not much more.
_PARTIAL_SECONDS = 3600
_HEARTBEAT_SECONDS = 10

_T = TypeVar("_T")
_Sample = TypeVar("_Sample", HostSample, QueueSample)
_Act = Callable[["redis.client.Pipeline"], Any]


@dataclass(frozen=True)
class Channels:
    """The names of all channels and keys of an installation."""

    prefix: str

    def session(self, session_id: str) -> str:
        """Durable events and tokens of one session."""
        return f"{self.prefix}live:{session_id}"

    @property
    def changes(self) -> str:
        """Ids of sessions whose row in a list changed; of a deleted one its id and its owner's."""
        return f"{self.prefix}changes"

    @property
    def nudges(self) -> str:
        """Ids of sessions whose wanted state changed, for the workers."""
        return f"{self.prefix}nudges"

    @property
    def heartbeats(self) -> str:
        """Heartbeats of worker processes."""
        return f"{self.prefix}heartbeats"

    def partials(self, session_id: str) -> str:
        """Hash: the running steps of a session that have partial text."""
        return f"{self.prefix}partials:{session_id}"

    def partial(self, session_id: str, step: str) -> str:
        """String: the text of one running step so far."""
        return f"{self.prefix}partial:{session_id}:{step}"

    @property
    def database(self) -> str:
        """String: the id of the database that this installation works on."""
        return f"{self.prefix}database"

    def heartbeat(self, worker: str) -> str:
        """String: the last heartbeat of one worker process."""
        return f"{self.prefix}heartbeat:{worker}"

    @property
    def hosts(self) -> str:
        """Sorted set: the hosts that have a history, by when they told last."""
        return f"{self.prefix}hosts"

    def host_history(self, host: str) -> str:
        """Hash: the samples of one host by their place in the ring."""
        return f"{self.prefix}history:host:{host}"

    @property
    def queue_history(self) -> str:
        """Hash: the samples of the queue by their place in the ring."""
        return f"{self.prefix}history:queue"


def connect(url: str) -> redis.Redis:
    """Make a client that neither retries nor waits long; connects at its first command."""
    return redis.Redis.from_url(
        url,
        socket_timeout=_TIMEOUT_SECONDS,
        socket_connect_timeout=_TIMEOUT_SECONDS,
        retry=Retry(NoBackoff(), 0),
        health_check_interval=0,
    )


class Subscription(redis.client.PubSub):
    """A subscription that notices when its connection is dead: Redis has to answer a ping now and then."""

    def __init__(self, pool: redis.ConnectionPool) -> None:
        super().__init__(pool, ignore_subscribe_messages=True)
        self._heard_at = time.monotonic()
        self._asked_at: float | None = None

    def get_message(self, ignore_subscribe_messages: bool = False, timeout: float = 0.0) -> Any:
        """Return the next message, or None where none came in time. Raises redis.RedisError while Redis is away."""
        now = time.monotonic()
        if self._asked_at is None and now > self._heard_at + _SILENT_SECONDS:
            self.ping()
            self._asked_at = now
        message = super().get_message(ignore_subscribe_messages, timeout)
        if message is not None:
            self._heard_at, self._asked_at = time.monotonic(), None
            return None if message["type"] == "pong" else message
        if self._asked_at is not None and now > self._asked_at + _PONG_SECONDS:
            raise redis.ConnectionError("Redis does not answer on a subscription.")
        return None


class Bus:
    """One process's side of the bus."""

    def __init__(self, url: str, prefix: str) -> None:
        """Prepare; nothing connects until the first message. An empty `url` is a Redis that is always away."""
        self.channels = Channels(prefix)
        self._redis = connect(url) if url else None
        self._waiting: queue.Queue[_Act | None] = queue.Queue(_QUEUE_LENGTH)
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        self._broken_until = 0.0

    @property
    def is_up(self) -> bool:
        """False while Redis is thought to be away."""
        return self._redis is not None and time.monotonic() >= self._broken_until

    # --- publishing ----------------------------------------------------------------------------------------------

    def publish_events(self, events: Sequence[LoggedEvent]) -> None:
        """Tell viewers of durable events that were just committed, and list pages that their session changed."""
        if not events:
            return
        messages = [
            (self.channels.session(event.session_id), _tagged("event", event.model_dump_json())) for event in events
        ]
        changed = {event.session_id for event in events}

        def act(pipe: redis.client.Pipeline) -> None:
            for channel, message in messages:
                pipe.publish(channel, message)
            for session_id in changed:
                pipe.publish(self.channels.changes, session_id)

        self._put(act)

    def publish_removal(self, session_id: str, owner_id: str) -> None:
        """Tell list pages that a session was deleted."""
        self._put(lambda pipe: pipe.publish(self.channels.changes, f"{session_id} {owner_id}"))

    def publish_tokens(self, tokens: Sequence[LiveTokens]) -> None:
        """Tell viewers of new text, and keep it for those who come later."""

        def act(pipe: redis.client.Pipeline) -> None:
            for item in tokens:
                if item.offset == 0:
                    self._keep_partial(pipe, item)
                else:
                    key = self.channels.partial(item.session_id, item.step)
                    pipe.append(key, item.text)
                    pipe.expire(key, _PARTIAL_SECONDS)
                pipe.publish(self.channels.session(item.session_id), _tagged("token", item.model_dump_json()))

        self._put(act)

    def keep_partials(self, texts: Sequence[LiveTokens]) -> None:
        """Keep the whole texts of running steps for viewers who come later, also where Redis lost some of them."""

        def act(pipe: redis.client.Pipeline) -> None:
            for item in texts:
                self._keep_partial(pipe, item)

        if texts:
            self._put(act)

    def _keep_partial(self, pipe: redis.client.Pipeline, item: LiveTokens) -> None:
        index = self.channels.partials(item.session_id)
        head = {"agent": item.agent, "epoch": item.epoch, "attempt": item.attempt}
        pipe.hset(index, item.step, json.dumps(head))
        pipe.expire(index, _PARTIAL_SECONDS)
        pipe.set(self.channels.partial(item.session_id, item.step), item.text, ex=_PARTIAL_SECONDS)

    def forget_partials(self, session_id: str, *steps: str) -> None:
        """Drop the partial texts of steps that are committed, or will run anew."""

        def act(pipe: redis.client.Pipeline) -> None:
            pipe.hdel(self.channels.partials(session_id), *steps)
            pipe.delete(*(self.channels.partial(session_id, step) for step in steps))

        if steps:
            self._put(act)

    def nudge(self, session_id: str) -> None:
        """Tell the worker processes to read what is wanted of a session."""
        self._put(lambda pipe: pipe.publish(self.channels.nudges, session_id))

    def beat(self, heartbeat: Heartbeat) -> None:
        """Tell a worker process's figures, and keep those of its host for the charts."""
        text = heartbeat.model_dump_json()
        sample = HostSample.take(heartbeat)

        def act(pipe: redis.client.Pipeline) -> None:
            pipe.set(self.channels.heartbeat(heartbeat.worker), text, ex=_HEARTBEAT_SECONDS)
            pipe.publish(self.channels.heartbeats, text)
            _keep_sample(pipe, self.channels.host_history(heartbeat.host), sample)
            told_at = heartbeat.at.timestamp()
            pipe.zadd(self.channels.hosts, {heartbeat.host: told_at})
            pipe.zremrangebyscore(self.channels.hosts, "-inf", told_at - HISTORY_SECONDS)

        self._put(act)

    def keep_queue(self, sample: QueueSample) -> None:
        """Keep for the charts how full the installation is."""
        self._put(lambda pipe: _keep_sample(pipe, self.channels.queue_history, sample))

    def tell_database(self, installation: str, *, anew: bool = False) -> None:
        """Say which database the processes on this Redis work on, unless it is said already."""
        self._put(lambda pipe: pipe.set(self.channels.database, installation, nx=not anew))

    def close(self) -> None:
        """Send what waits, and end the thread."""
        if self._thread is not None:
            self._waiting.put(None)
            self._thread.join(timeout=2)
        if self._redis is not None:
            self._redis.close()

    # --- reading -------------------------------------------------------------------------------------------------

    def read_partials(self, session_id: str) -> list[LiveTokens]:
        """Return the text so far of each running step; empty while Redis is away."""

        def act(client: redis.Redis) -> list[LiveTokens]:
            heads: dict[bytes, bytes] = client.hgetall(self.channels.partials(session_id))  # type: ignore[assignment]
            found = []
            for step, head in heads.items():
                text: bytes = client.get(self.channels.partial(session_id, step.decode())) or b""  # type: ignore[assignment]
                found.append(
                    LiveTokens(
                        session_id=session_id, step=step.decode(), offset=0, text=text.decode(), **json.loads(head)
                    )
                )
            return found

        return self._ask(act) or []

    def read_heartbeats(self, workers: Sequence[str]) -> dict[str, Heartbeat]:
        """Return the last heartbeat of each of these worker processes that told one lately."""
        if not workers:
            return {}
        found = self._ask(lambda client: client.mget([self.channels.heartbeat(worker) for worker in workers]))
        heartbeats = {}
        for text in found or []:
            if text is not None:
                try:
                    heartbeat = Heartbeat.model_validate_json(text)
                except ValidationError:
                    continue  # told by a worker process of another version
                heartbeats[heartbeat.worker] = heartbeat
        return heartbeats

    def read_history(self) -> History:
        """Return the samples of the last hour; empty while Redis is away."""

        def act(client: redis.Redis) -> tuple[list[str], list[dict[bytes, bytes]]]:
            hosts = [host.decode() for host in client.zrange(self.channels.hosts, 0, -1)]  # type: ignore[union-attr]
            with client.pipeline(transaction=False) as pipe:
                for host in hosts:
                    pipe.hgetall(self.channels.host_history(host))
                pipe.hgetall(self.channels.queue_history)
                return hosts, pipe.execute()

        hosts, rings = self._ask(act) or ([], [{}])
        told = {host: _read_ring(ring, HostSample) for host, ring in zip(hosts, rings[:-1], strict=True)}
        return History(
            hosts={host: samples for host, samples in sorted(told.items()) if samples},
            queue=_read_ring(rings[-1], QueueSample),
        )

    def read_database(self) -> str | None:
        """Return the id of the database that the processes on this Redis work on; None where nobody said so."""
        found = self._ask(lambda client: client.get(self.channels.database))
        return found.decode() if isinstance(found, bytes) else None

    def ping(self) -> bool:
        """Ask Redis whether it answers now."""
        return bool(self._ask(lambda client: client.ping()))

    def subscribe(self) -> Subscription | None:
        """Open a subscription, whose reads raise `redis.RedisError` while Redis is away; None where there is none."""
        return None if self._redis is None else Subscription(self._redis.connection_pool)

    # --- the thread ----------------------------------------------------------------------------------------------

    def _ask(self, act: Callable[[redis.Redis], _T]) -> _T | None:
        if self._redis is None or not self.is_up:
            return None
        try:
            return act(self._redis)
        except redis.RedisError as error:
            self._break(error)
            return None

    def _put(self, act: _Act) -> None:
        if self._redis is None:
            return
        if self._thread is None:
            self._start()
        try:
            self._waiting.put_nowait(act)
        except queue.Full:
            log.warning("the bus dropped a message, Redis is too slow")

    def _start(self) -> None:
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._send, name="bus", daemon=True)
                self._thread.start()

    def _send(self) -> None:
        """Send the first message at once, and whatever else is ready with it in one pipeline."""
        assert self._redis is not None
        while True:
            acts = [self._waiting.get()]
            while len(acts) < 500 and not self._waiting.empty():
                acts.append(self._waiting.get_nowait())
            if self.is_up:
                try:
                    with self._redis.pipeline(transaction=False) as pipe:
                        for act in acts:
                            if act is not None:
                                act(pipe)
                        pipe.execute()
                except redis.RedisError as error:
                    self._break(error)
            if None in acts:
                return

    def _break(self, error: Exception) -> None:
        if time.monotonic() >= self._broken_until + 30:
            log.warning("Redis does not answer", error=str(error))
        self._broken_until = time.monotonic() + _BREAK_SECONDS


def _tagged(kind: str, body: str) -> str:
    """Put the kind of a message before its JSON, so that a relay can forward the JSON as it is."""
    return f"{kind} {body}"


def _keep_sample(pipe: redis.client.Pipeline, key: str, sample: HostSample | QueueSample) -> None:
    pipe.hset(key, str(ring_place(sample.at)), sample.model_dump_json())
    pipe.expire(key, HISTORY_SECONDS)


def _read_ring(ring: dict[bytes, bytes], kind: type[_Sample]) -> list[_Sample]:
    """Return the samples of the last hour, the oldest first; where nothing was told for a while older ones remain."""
    since = utc_now() - dt.timedelta(seconds=HISTORY_SECONDS)
    samples = []
    for text in ring.values():
        try:
            sample = kind.model_validate_json(text)
        except ValidationError:
            continue  # kept by a process of another version
        if sample.at > since:
            samples.append(sample)
    return sorted(samples, key=lambda sample: sample.at)
