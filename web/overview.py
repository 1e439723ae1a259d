"""The system at a glance: from the database, the heartbeats of the worker processes, and this host."""

from __future__ import annotations

import datetime as dt
import importlib.metadata
import platform
import socket
import threading
import time
from dataclasses import dataclass

from common.bus import Bus
from common.clock import utc_now
from common.database import Database
from common.heartbeat import Heartbeat, ModelServer
from common.host import read_resources
from common.models import FlowSession, User
from common.queries.history import list_ended
from common.queries.queue import QueueFigures, read_queue_figures
from common.queries.sessions import SessionFilter, list_active
from common.queries.workers import WorkerSeats, list_silent, list_workers
from common.settings import Settings
from common.states import State
from web.api.system_schemas import (
    Components,
    DatabaseState,
    ModelServerState,
    ModelsView,
    QueueView,
    RedisState,
    RunningView,
    ServerView,
    StatusAnswer,
    SystemView,
    WorkersState,
    WorkerView,
)
from web.flower import PREFIX, is_flower_expected
from web.problems import find_problems

#: However many ask, the parts are looked at once in this time.
_KEPT_SECONDS = 1.0
#: The model server that was told of last is believed in for so long after Redis is back: worker processes tell of it
#: every few seconds.
_BELIEVED_SECONDS = 10.0
#: Of how long ago sessions that failed are told of as problems, and of how many.
_FAILED_SECONDS = 3600
_MOST_FAILED = 20
_EMBEDDED = (
    "The embedded model server has the one model that it came with; it can neither pull nor delete. "
    "Install Ollama to have others; ollama-flow uses it from its next start on."
)


def read_version() -> str:
    """Return the version of ollama-flow."""
    return importlib.metadata.version("ollama-flow")


@dataclass(frozen=True, kw_only=True)
class Overview:
    """What was seen, for an admin, and whose each session in it is."""

    answer: StatusAnswer
    owners: dict[str, str]

    def for_user(self, user: User) -> StatusAnswer:
        """Return what this person may see: the sessions of others are left out."""
        if user.is_admin:
            return self.answer
        workers = [
            worker.model_copy(
                update={"sessions": [run for run in worker.sessions if self.owners.get(run.id) == user.id]}
            )
            for worker in self.answer.workers
        ]
        problems = [
            problem
            for problem in self.answer.problems
            if problem.session_id is None or self.owners.get(problem.session_id) == user.id
        ]
        system = self.answer.system.model_copy(update={"flower_url": None})
        return self.answer.model_copy(update={"workers": workers, "problems": problems, "system": system})


class OverviewReader:
    """Reads the overview, at most once a second in a process."""

    def __init__(self, settings: Settings, database: Database, bus: Bus) -> None:
        self._settings = settings
        self._database = database
        self._bus = bus
        self._started_at = utc_now()
        self._lock = threading.Lock()
        self._kept: tuple[float, Overview] | None = None
        #: As a worker process told last, and when it was last known that none could have told since.
        self._server: ModelServer | None = None
        self._believed_at = float("-inf")

    def read(self) -> Overview:
        """Return what was seen within the last second. Raises DatabaseUnavailable."""
        with self._lock:
            if self._kept is None or time.monotonic() > self._kept[0] + _KEPT_SECONDS:
                self._kept = (time.monotonic(), self._look())
            return self._kept[1]

    def read_components(self) -> Components:
        """Return how the parts are while the database is away."""
        return Components(
            database=self._database_state(ok=False),
            redis=RedisState(ok=self._bus.ping()),
            workers=WorkersState(ok=False, count=0),
            model_server=ModelServerState(ok=False, detail="Unknown while the database is away."),
        )

    def _look(self) -> Overview:
        alive_seconds = self._settings.lease_seconds
        with self._database.read() as db:
            figures = read_queue_figures(db, alive_seconds=alive_seconds)
            workers = list_workers(db, alive_seconds=alive_seconds)
            silent = list_silent(db, alive_seconds=alive_seconds)
            running = list_active(db, SessionFilter(states=[State.RUNNING]), limit=1000)
            lately = utc_now() - dt.timedelta(seconds=_FAILED_SECONDS)
            failed = list_ended(db, SessionFilter(states=[State.FAILED], since=lately), limit=_MOST_FAILED)
        heartbeats = self._bus.read_heartbeats([item.worker.name for item in workers])
        has_redis = self._bus.ping()
        server = self._choose_server(heartbeats, has_redis=has_redis) if workers else None
        models = self._models(server)
        system, resources = self._system(), read_resources(self._settings.home)
        answer = StatusAnswer(
            system=system,
            resources=resources,
            workers=[_view_worker(item, heartbeats.get(item.worker.name), running) for item in workers],
            queue=_view_queue(figures),
            models=models,
            components=Components(
                database=self._database_state(ok=True),
                redis=RedisState(ok=has_redis),
                workers=WorkersState(ok=bool(workers), count=len(workers)),
                model_server=_server_state(server, has_redis=has_redis),
            ),
            problems=find_problems(
                now=utc_now(),
                has_redis=has_redis,
                workers=workers,
                silent=silent,
                heartbeats=heartbeats,
                server=server,
                figures=figures,
                own_host=(system.host, resources),
                failed=failed,
            ),
        )
        return Overview(answer=answer, owners={session.id: session.owner_id for session in [*running, *failed]})

    def _choose_server(self, heartbeats: dict[str, Heartbeat], *, has_redis: bool) -> ModelServer | None:
        """Return the model server that worker processes tell of; while Redis is away, the one of before."""
        now = time.monotonic()
        if heartbeats or not has_redis:
            self._believed_at = now
        if heartbeats or now > self._believed_at + _BELIEVED_SECONDS:
            self._server = _choose_server(heartbeats)
        return self._server

    def _system(self) -> SystemView:
        now = utc_now()
        return SystemView(
            host=socket.gethostname(),
            platform=platform.platform(),
            python=platform.python_version(),
            version=read_version(),
            started_at=self._started_at,
            uptime_seconds=(now - self._started_at) / dt.timedelta(seconds=1),
            flower_url=f"{PREFIX}/" if is_flower_expected(self._settings) else None,
        )

    def _models(self, server: ModelServer | None) -> ModelsView:
        items = server.models if server is not None else []
        first = items[0].name if items else None
        return ModelsView(
            server=None if server is None else ServerView(**server.model_dump(exclude={"models", "loaded"})),
            items=items,
            loaded=server.loaded if server is not None else [],
            default=self._settings.default_model or first,
            pull_refusal=_EMBEDDED if server is not None and server.kind == "embedded" else None,
        )

    def _database_state(self, *, ok: bool) -> DatabaseState:
        return DatabaseState(ok=ok, kind="sqlite" if self._database.is_sqlite else "postgresql")


def _choose_server(heartbeats: dict[str, Heartbeat]) -> ModelServer | None:
    """Return the model server as the latest heartbeat saw it, one that reached it before one that did not."""
    told = sorted(heartbeats.values(), key=lambda beat: (beat.model_server.reachable, beat.at))
    return told[-1].model_server if told else None


def _server_state(server: ModelServer | None, *, has_redis: bool) -> ModelServerState:
    if server is None and not has_redis:
        return ModelServerState(ok=False, detail="Unknown while Redis is away.")
    if server is None:
        return ModelServerState(ok=False, detail="No worker process tells of one.")
    if not server.reachable:
        return ModelServerState(ok=False, detail=f"The model server at {server.url} does not answer.")
    if not server.models:
        return ModelServerState(ok=False, detail=f"The model server at {server.url} has no models.")
    return ModelServerState(ok=True, detail=None)


def _view_queue(figures: QueueFigures) -> QueueView:
    return QueueView(queued=figures.queued, running=figures.running, seats=figures.seats, free_seats=figures.free_seats)


def _view_worker(item: WorkerSeats, heartbeat: Heartbeat | None, running: list[FlowSession]) -> WorkerView:
    worker = item.worker
    return WorkerView(
        name=worker.name,
        host=worker.host,
        pid=worker.pid,
        version=worker.version,
        seats=worker.seats,
        busy=item.busy,
        draining=worker.draining,
        started_at=worker.started_at,
        last_seen=worker.last_seen,
        resources=None if heartbeat is None else heartbeat.resources,
        sessions=[RunningView(id=run.id, name=run.name) for run in running if run.worker == worker.name],
    )
