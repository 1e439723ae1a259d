"""The servers that tests talk to: a Valkey, a PostgreSQL and a scripted model server, each on a port of its own."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import IO, Self

import httpx
import psycopg
import pytest
import redis

from cli.valkey import find_valkey
from common.errors import FlowError
from tests.support.call_log import CallLog

_START_SECONDS = 30.0


def find_free_port() -> int:
    """Return a port of loopback that nobody listens on just now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def miss(what: str) -> None:
    """Skip the test at home, fail it in CI, where every server has to be there."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{what} is missing, and CI must not skip a test.")
    pytest.skip(f"{what} is missing")


class _Process:
    """A server as a child of the tests."""

    name: str

    def __init__(self) -> None:
        self.port = find_free_port()
        self.process: subprocess.Popen[bytes] | None = None
        self._log: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the server

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        self._log.close()

    def start(self) -> None:
        """Start it and wait until it answers."""
        self.process = self._launch()
        deadline = time.monotonic() + _START_SECONDS
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self._log.seek(0)
                raise RuntimeError(f"{self.name} did not start: {self._log.read()[-2000:].decode()}")
            time.sleep(0.02)

    def stop(self) -> None:
        """End it at once; what it held in memory is gone."""
        if self.process is not None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
            self.process = None

    def kill(self) -> None:
        """End it as `kill -9` does; it may be started again on its port."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def _launch(self) -> subprocess.Popen[bytes]:
        raise NotImplementedError

    def _answers(self) -> bool:
        raise NotImplementedError


class Valkey(_Process):
    """A private Valkey without persistence; may be stopped and started again on its port."""

    name = "Valkey"

    def __init__(self) -> None:
        super().__init__()
        self._folder = tempfile.mkdtemp(prefix="ollama-flow-valkey-")

    @property
    def url(self) -> str:
        """How clients reach it."""
        return f"redis://127.0.0.1:{self.port}/0"

    def __exit__(self, *error: object) -> None:
        super().__exit__(*error)
        shutil.rmtree(self._folder, ignore_errors=True)

    def _launch(self) -> subprocess.Popen[bytes]:
        options = {"port": self.port, "bind": "127.0.0.1", "save": "", "appendonly": "no", "dir": self._folder}
        words = [word for name, value in options.items() for word in (f"--{name}", str(value))]
        return subprocess.Popen([str(find_valkey()), *words], stdout=self._log, stderr=self._log)

    def _answers(self) -> bool:
        with redis.Redis.from_url(self.url, socket_timeout=1) as client:
            try:
                return bool(client.ping())
            except redis.RedisError:
                return False


class PostgreSQL(_Process):
    """A private PostgreSQL in a folder that goes with it."""

    name = "PostgreSQL"

    def __init__(self, binaries: Path) -> None:
        super().__init__()
        self._binaries = binaries
        self._password = secrets.token_hex(16)
        self._folder = Path(tempfile.mkdtemp(prefix="ollama-flow-postgresql-"))
        self._user = _unprivileged_user()
        if self._user is not None:
            shutil.chown(self._folder, self._user)
        self._initialise()

    def url(self, database: str = "postgres") -> str:
        """Return how clients reach one of its databases."""
        return f"postgresql://flow:{self._password}@127.0.0.1:{self.port}/{database}"

    def execute(self, statement: str) -> None:
        """Run one statement outside of any transaction, as creating databases needs it."""
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(statement.encode())

    def __exit__(self, *error: object) -> None:
        super().__exit__(*error)
        shutil.rmtree(self._folder, ignore_errors=True)

    def _initialise(self) -> None:
        password = self._folder / "password"
        password.write_text(self._password)
        password.chmod(0o644)
        words = ["--no-sync", "--auth=scram-sha-256", "--username=flow", f"--pwfile={password}", "--locale=C"]
        command = [str(self._binaries / "initdb"), "-D", str(self._folder / "data"), "--encoding=UTF8", *words]
        made = subprocess.run(command, user=self._user, cwd="/", capture_output=True, check=False)
        if made.returncode:
            raise RuntimeError(f"initdb failed: {made.stderr.decode()}")

    def _launch(self) -> subprocess.Popen[bytes]:
        options = {"port": self.port, "listen_addresses": "127.0.0.1", "unix_socket_directories": "", "fsync": "off"}
        words = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
        command = [str(self._binaries / "postgres"), "-D", str(self._folder / "data"), *words]
        return subprocess.Popen(command, user=self._user, cwd="/", stdout=self._log, stderr=self._log)

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.url(), connect_timeout=1).close()
        except psycopg.OperationalError:
            return False
        return True


class ModelServer(_Process):
    """The scripted model server as a process of its own, whose count of calls outlives it."""

    name = "The model server"

    def __init__(self, calls_file: Path, *, delay_seconds: float = 0, tokens_per_second: float = 0) -> None:
        super().__init__()
        self.calls = CallLog(calls_file)
        self._pace = {"delay-seconds": delay_seconds, "tokens-per-second": tokens_per_second}

    @property
    def url(self) -> str:
        """Its address, for OLLAMA_HOST."""
        return f"http://127.0.0.1:{self.port}"

    def set_pace(self, **fields: float) -> None:
        """Change `delay_seconds`, `tokens_per_second` or `output_tokens` while it runs."""
        httpx.post(f"{self.url}/control", json=fields, trust_env=False).raise_for_status()

    def _launch(self) -> subprocess.Popen[bytes]:
        words = [word for name, value in self._pace.items() for word in (f"--{name}", str(value))]
        words += ["--port", str(self.port), "--calls-file", str(self.calls.path), "--writes-files"]
        return subprocess.Popen(
            [sys.executable, "-m", "tests.support.ollama_server", *words],
            cwd=Path(__file__).parents[2],
            stdout=self._log,
            stderr=self._log,
        )

    def _answers(self) -> bool:
        try:
            return httpx.get(f"{self.url}/api/version", trust_env=False).is_success
        except httpx.TransportError:
            return False


def find_postgresql() -> Path | None:
    """Return the folder of the newest PostgreSQL binaries, or None; Debian keeps them off the path."""
    folders = [Path(found).resolve().parent for found in [shutil.which("initdb")] if found]
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((folder for folder in folders if (folder / "initdb").exists() and (folder / "postgres").exists()), None)


def has_valkey() -> bool:
    """Tell whether the built-in Redis is there for this machine."""
    try:
        return find_valkey().exists()
    except FlowError:
        return False


def _unprivileged_user() -> str | None:
    """Return whom to run PostgreSQL as, which refuses root; None where this is nobody special."""
    if os.getuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in ("postgres", "nobody") if name in known)
