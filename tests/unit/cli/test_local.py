"""`run --local`: the framework as a reader of its docs would use it, in a process of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.ollama_server import OllamaServer
from tests.support.waiting import wait_until

ROOT = Path(__file__).parents[3]


@pytest.fixture
def server() -> Iterator[OllamaServer]:
    with OllamaServer() as running:
        yield running


def start(server: OllamaServer, tmp_path: Path, *words: str) -> subprocess.Popen[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("OLLAMA_FLOW_")}
    return subprocess.Popen(
        [sys.executable, "-m", "cli", "run", "Explain the tides.", "--local", "--model", "llama3", *words],
        env=environment | {"OLLAMA_HOST": server.url, "OLLAMA_FLOW_HOME": str(tmp_path / "home")},
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("architecture", ["HIERARCHICAL", "CENTRALIZED", "FULLY_CONNECTED"])
def test_the_answer_alone_is_on_standard_output(server: OllamaServer, tmp_path: Path, architecture: str) -> None:
    running = start(server, tmp_path, "--arch", architecture)
    answer, told = running.communicate(timeout=60)
    assert running.returncode == 0, told
    assert answer.startswith("Scripted answer")
    assert answer.count("\n") == 1
    assert not (tmp_path / "home").exists()  # no database, nothing kept


def test_files_are_in_the_folder_as_the_drones_wrote_them(server: OllamaServer, tmp_path: Path) -> None:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "old.py").write_text("x = 1\n")
    server.capabilities = ("completion", "tools")
    edited = {"path": "old.py", "old_text": "x = 1", "new_text": "x = 2"}
    server.tool_calls = {
        "work/1": [{"name": "write_file", "arguments": {"path": "new/a.py", "content": "y = 1\n"}}],
        "work/2": [{"name": "edit_file", "arguments": edited}],
    }
    running = start(server, tmp_path, "--arch", "CENTRALIZED", "--project-folder", str(folder))
    _, told = running.communicate(timeout=60)
    assert running.returncode == 0, told
    assert {path.name: path.read_text() for path in folder.rglob("*.py")} == {"a.py": "y = 1\n", "old.py": "x = 2\n"}


def test_ctrl_c_closes_the_streams_and_gives_one(server: OllamaServer, tmp_path: Path) -> None:
    server.tokens_per_second, server.output_tokens = 100, 5000
    running = start(server, tmp_path, "--arch", "CENTRALIZED")
    wait_until(lambda: server.active >= 2, "the drones are working", 30)
    running.send_signal(signal.SIGINT)
    answer, told = running.communicate(timeout=30)
    assert (running.returncode, answer) == (1, "")
    assert told.rstrip().endswith("Stopped.")
    assert "Traceback" not in told
    wait_until(lambda: server.active == 0, "the model server is idle", 5)


def test_what_is_missing_is_a_sentence(server: OllamaServer, tmp_path: Path) -> None:
    running = start(server, tmp_path, "--project-folder", str(tmp_path / "nosuch"))
    answer, told = running.communicate(timeout=30)
    assert (running.returncode, answer) == (1, "")
    assert "There is no folder" in told
    assert "Traceback" not in told
