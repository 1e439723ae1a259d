"""The whole product as a person starts it: `ollama-flow up` in a folder of its own."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from common.settings import variable_names
from tests.support.servers import find_free_port
from tests.support.waiting import wait_until

_PROJECT = Path(__file__).parents[2]
#: A cold start loads a model and makes a database.
_START_SECONDS = 60.0
#: What makes a session short, where it matters only that it ends.
SHORT = {"max_output_tokens": 40, "review": False}
EMAIL = "ada@example.org"
PASSWORD = "correct horse battery"


class Product:
    """`up`, and the API with a token of its admin."""

    def __init__(self, home: Path, **environment: str) -> None:
        self.home = home
        self.port = find_free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        ours = {name for names in variable_names().values() for name in names}
        self._environment = {name: value for name, value in os.environ.items() if name not in ours}
        # Where nobody listens: the embedded model is wanted even beside somebody's Ollama.
        self._environment |= {
            "OLLAMA_FLOW_HOME": str(home),
            "OLLAMA_HOST": f"http://127.0.0.1:{find_free_port()}",
            "OLLAMA_FLOW_ADMIN_EMAIL": EMAIL,
            "OLLAMA_FLOW_ADMIN_PASSWORD": PASSWORD,
            **environment,
        }
        self._process: subprocess.Popen[bytes] | None = None
        self._output = home / "up.txt"
        self._token = ""

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()
        if error is not None:
            for log in sorted((self.home / "logs").glob("*.log")):
                print(f"--- {log.name}\n{log.read_text()[-4000:]}")

    def start(self) -> None:
        """Run `up` and wait until it says that all is ready."""
        self.home.mkdir(parents=True, exist_ok=True)
        with self._output.open("wb") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "cli", "up", "--port", str(self.port)],
                env=self._environment,
                cwd=_PROJECT,
                stdout=output,
                stderr=output,
            )
        wait_until(self._is_ready, "`up` is ready", _START_SECONDS)

    def _is_ready(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, self.said()
        return f"ready at {self.url}" in self.said()

    def said(self) -> str:
        """Return what `up` printed."""
        return self._output.read_text()

    def end(self) -> int:
        """Press Ctrl-C and wait for the end; return the exit code."""
        if self._process is None or self._process.poll() is not None:
            return 0
        self._process.send_signal(signal.SIGINT)
        try:
            return self._process.wait(15)
        except subprocess.TimeoutExpired:
            self._process.kill()
            raise

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run `ollama-flow` with these words beside the running product."""
        environment = self._environment | {"OLLAMA_FLOW_TOKEN": self._token}
        return subprocess.run(
            [sys.executable, "-P", "-m", "cli", *words],
            env=environment,
            cwd=_PROJECT,
            capture_output=True,
            text=True,
            timeout=400,
            check=False,
        )

    def sign_in(self) -> None:
        """Make an API token for the admin."""
        made = self.command("tokens", "create", "--user", EMAIL, "--name", "journey")
        assert made.returncode == 0, made.stderr
        self._token = made.stdout.strip()

    def call(self, method: str, path: str, **arguments: Any) -> Any:
        """Call the API and return its JSON."""
        if not self._token:
            self.sign_in()
        headers = {"Authorization": f"Bearer {self._token}"}
        answer = httpx.request(method, self.url + path, headers=headers, timeout=20, trust_env=False, **arguments)
        assert answer.status_code < 500, answer.text
        return answer.json() if answer.content else None

    def create(self, task: str, **fields: Any) -> str:
        """Create a session; return its id."""
        session_id: str = self.call("POST", "/api/sessions", json={"task": task, **fields})["session_id"]
        return session_id

    def show(self, session_id: str) -> dict[str, Any]:
        """Return a session with all that belongs to it."""
        session: dict[str, Any] = self.call("GET", f"/api/sessions/{session_id}")["session"]
        return session

    def wait_for_state(self, session_id: str, *states: str, seconds: float = 400) -> dict[str, Any]:
        """Wait until a session is in one of these states; return it."""
        return wait_until(
            lambda: shown if (shown := self.show(session_id))["status"] in states else None,
            f"session {session_id} is {' or '.join(states)}",
            seconds,
        )

    def active_generations(self) -> int:
        """Return how many answers the embedded model server generates just now."""
        host = re.search(r'"ollama_host": "([^"]+)"', (self.home / "run.json").read_text())
        assert host is not None
        active: int = httpx.get(f"{host[1]}/api/ps", trust_env=False).json()["active"]
        return active

    def pids(self, name: str) -> list[int]:
        """Return the processes of this installation whose command line holds `name`."""
        found = []
        for folder in Path("/proc").iterdir():
            try:
                command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                environment = (folder / "environ").read_bytes()
            except OSError:
                continue
            if name in command and f"OLLAMA_FLOW_HOME={self.home}".encode() in environment.split(b"\0"):
                found.append(int(folder.name))
        return sorted(found)
