"""The embedded model server as a process, one for all tests of a run; the official client speaks to it."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx
import ollama
import pytest

from tests.support.servers import find_free_port
from tests.support.waiting import wait_until

_PROJECT = Path(__file__).parents[3]
MODEL = "smollm2:135m"


class ModelServerProcess:
    """The server as people start it."""

    def __init__(self, log: Path, *more: str) -> None:
        port = find_free_port()
        self.url = f"http://127.0.0.1:{port}"
        # Proxies are for the way out, never for this machine.
        self.http = httpx.Client(base_url=self.url, timeout=60, trust_env=False)
        self.log = log
        words = [sys.executable, "-m", "workers.model_server", "--host", "127.0.0.1", "--port", str(port), *more]
        with log.open("w") as errors:
            self.process = subprocess.Popen(words, cwd=_PROJECT, stderr=errors)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.http.close()
        self.process.kill()
        self.process.wait()

    def wait_until_loaded(self) -> None:
        wait_until(self._answers, "the model server listens", 30)
        wait_until(lambda: self.http.get("/api/ps").json()["models"], "the model is loaded", 30)

    def active(self) -> int:
        """Ask how many generations the engine is busy with."""
        count: int = self.http.get("/api/ps").json()["active"]
        return count

    def refusal(self, path: str, body: Any, *, status: int = 400) -> str:
        """Post what must be refused, and return the sentence."""
        content = {"content": body} if isinstance(body, bytes) else {"json": body}
        answer = self.http.post(path, **content)
        assert answer.status_code == status, answer.text
        sentence: str = answer.json()["error"]
        return sentence

    def end(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(3)

    def _answers(self) -> bool:
        assert self.process.poll() is None, "the model server ended"
        try:
            return self.http.get("/").is_success
        except httpx.ConnectError:
            return False


@pytest.fixture(scope="session")
def model_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModelServerProcess]:
    with ModelServerProcess(tmp_path_factory.mktemp("model-server") / "log") as server:
        server.wait_until_loaded()
        yield server


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[ModelServerProcess]:
    """A server of one test alone, which may end it."""
    with ModelServerProcess(tmp_path / "log") as server:
        yield server


@pytest.fixture(scope="session")
def tool_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModelServerProcess]:
    """The same weights behind a chat template that has a place for tools."""
    template = str(Path(__file__).with_name("tools.jinja"))
    with ModelServerProcess(tmp_path_factory.mktemp("tool-server") / "log", "--chat-template", template) as server:
        server.wait_until_loaded()
        yield server


@pytest.fixture(scope="session")
def client(model_server: ModelServerProcess) -> Iterator[ollama.Client]:
    with ollama.Client(host=model_server.url, trust_env=False, timeout=120) as client:
        yield client
