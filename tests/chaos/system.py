"""A whole installation whose every part can be killed and whose every connection goes through a proxy of the tests."""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
import signal
import subprocess
import threading
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

import httpx
import psutil
from sqlalchemy.engine import make_url

from common.errors import DatabaseUnavailable
from common.migrations import upgrade
from common.models import FlowSession
from common.queries import accounts
from common.settings import load_settings
from tests.conftest import QUICK
from tests.support.data import make_session
from tests.support.installation import Installation
from tests.support.line_proxy import LineProxy
from tests.support.servers import ModelServer, PostgreSQL, Valkey, find_free_port, find_postgresql, has_valkey, miss
from tests.support.waiting import wait_until

Part = Literal["database", "redis", "model"]

#: How long whatever keeps processes alive waits before it starts one again.
_RESTART_SECONDS = 0.3
_READY_SECONDS = 60.0
#: What a worker process has for its end beside its drain, until a dead connection to Redis is given up.
_END_SECONDS = 15.0
_FAKETIME = "/usr/lib/*/faketime/libfaketime.so.1"


@dataclass(kw_only=True)
class Slot:
    """A place for one process of the installation, with its own lines to the servers; who dies there is replaced."""

    name: str
    command: Literal["web", "worker"]
    words: tuple[str, ...] = ()
    #: Its lines, by what they lead to.
    lines: dict[Part, LineProxy]
    #: What its next process gets besides.
    environment: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None
    #: Processes that were started here.
    starts: int = 0
    #: Held while somebody replaces the process.
    lock: threading.RLock = field(default_factory=threading.RLock)

    def pids(self) -> list[int]:
        """Return its process and that one's children, the youngest first."""
        if self.process is None:
            return []
        try:
            children = psutil.Process(self.process.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            children = []
        return [child.pid for child in reversed(children)] + [self.process.pid]

    def kill(self) -> None:
        """End all of it as `kill -9` does."""
        for pid in self.pids():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        if self.process is not None:
            self.process.wait()

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to all of it."""
        for pid in self.pids():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)


class NotEnded(Exception):
    """A process did not end in time when it was told to."""


class System:
    """Servers, one web process and worker processes, all on this machine; a keeper starts again what dies.

    Nothing in the tests' own process dispatches or reconciles: what happens, the installation did.
    """

    def __init__(
        self,
        home: Path,
        kind: Literal["postgresql", "sqlite"],
        *,
        workers: int = 2,
        seats: int = 4,
        delay_seconds: float = 0.1,
        tokens_per_second: float = 200.0,
        **fields: Any,
    ) -> None:
        self.kind = kind
        self.home = home
        self._worker_count = workers
        self._pace = {"delay_seconds": delay_seconds, "tokens_per_second": tokens_per_second}
        self._fields = fields | {"seats": seats}
        self._stack = ExitStack()
        self._numbers = itertools.count()
        self._keeper = threading.Thread(target=self._keep, name="keeper")
        self._ended = threading.Event()
        self.postgresql: PostgreSQL | None = None
        self.workers: list[Slot] = []

    # --- life ----------------------------------------------------------------------------------------------------

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self._stack.close()
            raise
        return self

    def _start(self) -> None:
        if not has_valkey():
            miss("Valkey")
        self.home.mkdir(parents=True, exist_ok=True)
        enter = self._stack.enter_context
        self.valkey = enter(Valkey())
        self.model = enter(ModelServer(self.home / "calls.jsonl", **self._pace))
        database_url = self._start_database()
        self.settings = load_settings(
            **self._fields,
            home=self.home,
            database_url=database_url,
            redis_url=self.valkey.url,
            ollama_host=self.model.url,
            redis_prefix="chaos:",
            default_model="llama3",
        )
        self.installation = enter(Installation(self.settings, dispatches=False))
        with self.installation.database.write() as db:
            self.token = accounts.create_token(db, self.installation.user.email, "chaos")
        port = find_free_port()
        self.web = Slot(name="web", command="web", words=("--port", str(port)), lines=self._make_lines())
        self.workers = [
            Slot(name=f"worker-{number}", command="worker", lines=self._make_lines())
            for number in range(1, self._worker_count + 1)
        ]
        #: What browsers connect to.
        self.front = enter(LineProxy("127.0.0.1", port))
        self._stack.callback(self._end_processes)
        for slot in self.slots:
            self._launch(slot)
        self._keeper.start()
        self.wait_ready()

    def _start_database(self) -> str:
        if self.kind == "sqlite":
            url = f"sqlite:///{self.home / 'ollama-flow.db'}"
            upgrade(url)
            return url
        binaries = find_postgresql()
        if binaries is None:
            miss("PostgreSQL")
        assert binaries is not None
        self.postgresql = self._stack.enter_context(PostgreSQL(binaries))
        url = self.postgresql.url().replace("postgresql://", "postgresql+psycopg://")
        upgrade(url)
        return url

    def _make_lines(self) -> dict[Part, LineProxy]:
        """Make the proxies of one process; SQLite is a file, to which there is no line."""
        targets: dict[Part, int] = {"redis": self.valkey.port, "model": self.model.port}
        if self.postgresql is not None:
            targets["database"] = self.postgresql.port
        return {part: self._stack.enter_context(LineProxy("127.0.0.1", port)) for part, port in targets.items()}

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.__exit__(kind, error, trace)

    def _end_processes(self) -> None:
        self._ended.set()
        if self._keeper.ident is not None:
            self._keeper.join()
        for slot in self.slots:
            slot.signal(signal.SIGCONT)
            slot.kill()

    # --- processes -----------------------------------------------------------------------------------------------

    @property
    def slots(self) -> list[Slot]:
        """All places for processes."""
        return [self.web, *self.workers]

    @property
    def url(self) -> str:
        """The dashboard's address, as browsers reach it."""
        return f"http://127.0.0.1:{self.front.port}"

    def _launch(self, slot: Slot) -> None:
        lines = slot.lines
        addresses = {
            "OLLAMA_FLOW_REDIS_URL": f"redis://127.0.0.1:{lines['redis'].port}/0",
            "OLLAMA_FLOW_OLLAMA_HOST": f"http://127.0.0.1:{lines['model'].port}/from/{slot.name}",
        }
        if "database" in lines:
            through = make_url(self.settings.database).set(port=lines["database"].port)
            addresses["OLLAMA_FLOW_DATABASE_URL"] = through.render_as_string(hide_password=False)
        slot.process = self.installation.launch(slot.command, addresses | slot.environment, *slot.words)
        slot.starts += 1

    def _keep(self) -> None:
        """Start again what died, as `up` or an init system does."""
        while not self._ended.wait(_RESTART_SECONDS):
            for slot in self.slots:
                if slot.lock.acquire(blocking=False):
                    try:
                        if slot.process is not None and slot.process.poll() is not None:
                            self._launch(slot)
                    finally:
                        slot.lock.release()

    def replace(self, slot: Slot, **environment: str) -> None:
        """Roll a worker process over: start the next one, then tell the old one to end, and wait until it has.

        Raises NotEnded where it had to be killed.
        """
        with slot.lock:
            old = slot.process
            slot.environment = environment
            self._launch(slot)
            with contextlib.suppress(AssertionError):  # it may have died by another fault; the keeper sees to that
                wait_until(lambda: self.is_ready(slot), f"the new {slot.name} is ready", 20)
            if old is not None and old.poll() is None:
                old.send_signal(signal.SIGTERM)
                try:
                    old.wait(self.settings.drain_seconds + _END_SECONDS)
                except subprocess.TimeoutExpired:
                    old.kill()
                    old.wait()
                    raise NotEnded(f"The old {slot.name} was told to end and did not.") from None

    def is_ready(self, slot: Slot) -> bool:
        """Tell whether the process of a slot does its work."""
        if slot.process is None or slot.process.poll() is not None:
            return False
        if slot.command == "web":
            return _answers(f"http://127.0.0.1:{slot.words[-1]}/readyz")
        try:
            return self.installation.is_known(slot.process)
        except DatabaseUnavailable:
            return False

    def wait_ready(self) -> None:
        """Wait until all processes do their work."""
        for slot in self.slots:
            wait_until(lambda slot=slot: self.is_ready(slot), f"{slot.name} is ready", _READY_SECONDS)  # type: ignore[misc]  # a lambda's default

    def heal(self) -> None:
        """Undo what faults left behind: every line passes, every process and server lives, all clocks are right."""
        for server in (self.valkey, self.model, self.postgresql):
            if server is not None and server.process is None:
                server.start()
        for line in [self.front, *(line for slot in self.slots for line in slot.lines.values())]:
            line.pass_on(reset=True)
        for slot in self.slots:
            slot.signal(signal.SIGCONT)
            if slot.environment:
                self.replace(slot)
        self.wait_ready()

    # --- sessions ------------------------------------------------------------------------------------------------

    def create(self, **fields: Any) -> FlowSession:
        """Create a session, of another kind each time; the database has to be there."""
        number = next(self._numbers)
        chosen: dict[str, Any] = {
            "name": f"Session {number}",
            "task": f"Count to {number} in three languages.",
            "workers": 2,
            "architecture": ("CENTRALIZED", "FULLY_CONNECTED", "HIERARCHICAL")[number % 3],
            "model": "llama3",
        }
        if number % 2:
            folder = self.settings.roots[0] / f"project-{number}"
            folder.mkdir(parents=True, exist_ok=True)
            chosen["project_folder"] = str(folder)
        return make_session(self.installation.database, self.installation.user, **(chosen | fields))


def find_faketime() -> str | None:
    """Return the library that shifts a process's clock, or None."""
    found = sorted(Path("/").glob(_FAKETIME.lstrip("/")))
    return str(found[0]) if found else shutil.which("libfaketime.so.1")


def _answers(address: str) -> bool:
    try:
        return httpx.get(address, timeout=2, trust_env=False).is_success
    except httpx.TransportError:
        return False


#: For `System(**CHAOS)`: nothing waits for long. A storm kills far more often than life does, so that three deaths in a
#: row without a new step would say nothing about the session.
CHAOS: dict[str, Any] = QUICK | {
    "crash_limit": 20,
    "model_first_token_seconds": 3.0,
    "model_next_token_seconds": 2.0,
}
