"""A running installation: web and worker processes as children, and eyes on the database."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from common.bus import Bus
from common.database import Database
from common.dispatch import Dispatcher
from common.events import LoggedEvent
from common.models import FlowSession, Step, User
from common.queries import events, sessions, steps, wanted, workers
from common.queue import create_doorbell
from common.settings import Settings, variable_names
from tests.support.data import make_session, make_user
from tests.support.servers import find_free_port
from tests.support.waiting import wait_until

_PROJECT = Path(__file__).parents[2]


def to_environment(settings: Settings) -> dict[str, str]:
    """Return the environment that makes a child read the same settings."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("OLLAMA_FLOW_")}
    for field, names in variable_names().items():
        value = getattr(settings, field)
        if field in settings.model_fields_set:
            text = ":".join(map(str, value)) if isinstance(value, tuple) else str(value)
            environment[names[0]] = text
    return environment


class Installation:
    """Starts and kills the processes of one installation; ends them all when it is left."""

    def __init__(self, settings: Settings, *, dispatches: bool = True) -> None:
        """Prepare; with `dispatches` the tests' own process rings doorbells and reconciles beside its children."""
        self.settings = settings
        self._dispatches = dispatches
        self.database = Database(settings.database)
        self.bus = Bus(settings.redis_url, settings.redis_prefix)
        self.dispatcher = Dispatcher(settings, self.database, self.bus, create_doorbell(settings))
        self.user: User = make_user(self.database)
        self._children: list[subprocess.Popen[bytes]] = []
        #: The web process that was started last.
        self.web: subprocess.Popen[bytes]
        settings.home.mkdir(parents=True, exist_ok=True)
        self._log = (settings.home / "processes.log").open("ab")

    def __enter__(self) -> Self:
        if self._dispatches:
            self.dispatcher.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.dispatcher.stop()
        for child in self._children:
            self._end(child)
        self.bus.close()
        self.database.dispose()
        self._log.close()
        if error is not None:
            print((self.settings.home / "processes.log").read_text()[-8000:])

    def start_worker(self, **environment: str) -> subprocess.Popen[bytes]:
        """Start a worker process and wait until the database knows it."""
        child = self.launch("worker", environment)
        wait_until(lambda: self.is_known(child), "a new worker process is there", 30)
        return child

    def start_web(self, *, port: int = 0, **environment: str) -> str:
        """Start a web process, on a free port unless one is named; wait until it answers, and return its address."""
        address = f"http://127.0.0.1:{port or find_free_port()}"
        child = self.launch("web", environment, "--port", address.rpartition(":")[2])
        wait_until(lambda: _answers(address) or child.poll() is not None, "the dashboard answers", 30)
        assert child.poll() is None, "the web process ended"
        self.web = child
        return address

    def launch(self, command: str, environment: dict[str, str], *words: str) -> subprocess.Popen[bytes]:
        """Start a process of the installation and return at once."""
        child = subprocess.Popen(
            [sys.executable, "-m", "cli", command, *words],
            env=to_environment(self.settings) | environment,
            cwd=_PROJECT,
            stdout=self._log,
            stderr=self._log,
        )
        self._children.append(child)
        return child

    def _end(self, child: subprocess.Popen[bytes]) -> None:
        """End a child quickly; gunicorn takes its own child along when it is asked to."""
        if child.poll() is None and "web" in child.args:  # type: ignore[operator]  # they are a list here
            child.send_signal(signal.SIGQUIT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(10)
        if child.poll() is None:
            child.kill()
        child.wait()

    def worker_names(self) -> set[str]:
        """Return the names of the worker processes in the database."""
        with self.database.read() as db:
            return {seats.worker.name for seats in workers.list_workers(db, alive_seconds=3600)}

    def is_known(self, child: subprocess.Popen[bytes]) -> bool:
        """Tell whether the database knows a child as a worker process."""
        with self.database.read() as db:
            return any(seats.worker.pid == child.pid for seats in workers.list_workers(db, alive_seconds=3600))

    def end_worker(self, child: subprocess.Popen[bytes]) -> int:
        """Tell a worker process to end, and return its exit code."""
        child.send_signal(signal.SIGTERM)
        return child.wait(30)

    def create(self, **fields: Any) -> FlowSession:
        """Create a session and have its doorbell rung."""
        session = make_session(self.database, self.user, **fields)
        self.dispatcher.soon()
        return session

    def stop(self, session: FlowSession) -> None:
        """Want a session stopped, as the web tier does."""
        self.want(session, wanted.want_stop)

    def want(self, session: FlowSession, change: Callable[..., tuple[object, list[LoggedEvent]]]) -> None:
        """Want something else of a session, by a function of `wanted`."""
        with self.database.write() as db:
            _, told = change(db, session.id, by=self.user)
        self.bus.publish_events(told)
        self.bus.nudge(session.id)
        self.dispatcher.soon()

    def read(self, session: FlowSession) -> FlowSession:
        """Return the session as it is now."""
        return self.find(session.id)

    def find(self, session_id: str) -> FlowSession:
        """Return the session of an id as it is now."""
        with self.database.read() as db:
            return sessions.find_session(db, session_id)

    def read_steps(self, session: FlowSession) -> list[Step]:
        """Return its committed steps."""
        with self.database.read() as db:
            return steps.list_steps(db, session.id)

    def read_events(self, session: FlowSession) -> list[LoggedEvent]:
        """Return its whole log."""
        with self.database.read() as db:
            return events.read_events(db, session.id, limit=100_000)

    def wait_for_state(self, session: FlowSession, *states: str, seconds: float = 60) -> FlowSession:
        """Wait until the session is in one of `states`."""
        return wait_until(
            lambda: found if (found := self.read(session)).state in states else None,
            f"session is {' or '.join(states)} (it is {self.read(session).state})",
            seconds,
        )

    def wait_for_steps(self, session: FlowSession, count: int) -> None:
        """Wait until so many steps of the session are committed."""
        wait_until(lambda: self.read(session).steps_done >= count, f"{count} steps are committed", 30)

    def check_log(self, *ended: FlowSession) -> None:
        """Assert that the event logs of these sessions are numbered without a gap."""
        for session in ended:
            seqs = [event.seq for event in self.read_events(session)]
            assert seqs == list(range(1, self.read(session).last_seq + 1))


def _answers(address: str) -> bool:
    try:
        return httpx.get(f"{address}/healthz").is_success
    except httpx.TransportError:
        return False
