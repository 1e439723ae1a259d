"""The supervisor of `up` with real child processes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.support.waiting import wait_until

_ROOT = Path(__file__).parents[2]
#: Writes its process id to a file, then lives until it is told to end.
_LIVE = 'echo $$ >> "{folder}/{name}.pids"; exec sleep 1000'
#: Notes its name in the file `ended` when it is told to end; says `up` in a file when it can hear that.
_NOTE_END = (
    'trap "echo {name} >> {folder}/ended; exit 0" TERM; echo $$ >> "{folder}/{name}.pids"; while :; do sleep 0.02; done'
)
#: Does not listen.
_DEAF = 'trap "" TERM; echo $$ >> "{folder}/{name}.pids"; while :; do sleep 0.02; done'


class Supervised:
    """A supervisor as a process of its own, with its children."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._children: list[dict[str, Any]] = []
        self.process: subprocess.Popen[str] | None = None

    def add(self, name: str, script: str, *, stage: int = 0, stop_by_seconds: float = 5, **more: Any) -> None:
        command = ["sh", "-c", script.format(folder=self.folder, name=name)]
        self._children.append(
            {"name": name, "command": command, "stage": stage, "stop_by_seconds": stop_by_seconds, **more}
        )

    def start(self) -> None:
        (self.folder / "children.json").write_text(json.dumps(self._children))
        self.process = subprocess.Popen(
            [sys.executable, str(_ROOT / "tests/support/supervised.py"), str(self.folder)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, "PYTHONPATH": str(_ROOT)},
        )

    def pids(self, name: str) -> list[int]:
        file = self.folder / f"{name}.pids"
        return [int(line) for line in file.read_text().split()] if file.exists() else []

    def wait_for_start(self, name: str, times: int = 1) -> int:
        return wait_until(lambda: self.pids(name)[times - 1 : times], f"start {times} of {name}")[0]

    def send(self, number: signal.Signals) -> None:
        assert self.process is not None
        self.process.send_signal(number)

    def finish(self) -> tuple[int, str]:
        """Wait for the supervisor's end; return its exit code and what it said."""
        assert self.process is not None
        said, _ = self.process.communicate(timeout=30)
        return self.process.returncode, said


@pytest.fixture
def supervised(tmp_path: Path) -> Iterator[Supervised]:
    run = Supervised(tmp_path)
    yield run
    if run.process is not None:
        if run.process.poll() is None:
            run.process.kill()
        run.process.communicate(timeout=30)
    for file in tmp_path.glob("*.pids"):
        for pid in run.pids(file.stem):
            _wait_for_end(pid, file.stem)


def _lives(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _wait_for_end(pid: int, what: str) -> None:
    wait_until(lambda: not _lives(pid), f"the end of {what}")


def test_a_child_that_dies_is_started_again(supervised: Supervised) -> None:
    supervised.add("web", _LIVE)
    supervised.start()
    os.kill(supervised.wait_for_start("web"), signal.SIGKILL)
    assert _lives(supervised.wait_for_start("web", times=2))
    supervised.send(signal.SIGTERM)
    code, said = supervised.finish()
    assert code == 0
    assert "web ended (killed by SIGKILL); it starts again in 0.02 s." in said


def test_what_a_dead_child_left_behind_is_ended(supervised: Supervised) -> None:
    supervised.add("web", 'sleep 1000 & echo $! >> "{folder}/left.pids"; ' + _LIVE)
    supervised.start()
    os.kill(supervised.wait_for_start("web"), signal.SIGKILL)
    left = supervised.pids("left")[0]
    _wait_for_end(left, "the grandchild")


def test_five_quick_deaths_end_everything_with_the_last_words(supervised: Supervised) -> None:
    supervised.add("valkey", _LIVE)
    supervised.add("web", 'i=0; while [ $i -lt 30 ]; do i=$((i + 1)); echo "word $i"; done; exit 3', stage=1)
    supervised.start()
    code, said = supervised.finish()
    assert code == 1
    assert "web ended 5 times at once (exit code 3); giving up." in said
    assert said.split().count("30") == 1
    assert "  word 11\n" in said
    assert "word 10\n" not in said
    assert (supervised.folder / "logs/web.log").read_text().count("word 10\n") == 5


def test_one_that_is_not_needed_starts_when_it_may_and_ends_nothing_with_its_deaths(supervised: Supervised) -> None:
    supervised.add("web", _LIVE)
    supervised.add("extra", 'echo $$ >> "{folder}/{name}.pids"; exit 3', is_needed=False, after_file="may-start")
    supervised.start()
    web = supervised.wait_for_start("web")
    assert supervised.pids("extra") == []
    (supervised.folder / "may-start").touch()
    _wait_for_end(supervised.wait_for_start("extra", times=5), "the last try")
    os.kill(web, signal.SIGKILL)
    assert _lives(supervised.wait_for_start("web", times=2)), "the others go on"
    supervised.send(signal.SIGTERM)
    code, said = supervised.finish()
    assert code == 0
    assert "extra ended 5 times at once (exit code 3); giving up." in said
    assert len(supervised.pids("extra")) == 5


def test_children_end_by_stages_the_highest_first(supervised: Supervised) -> None:
    for stage, name in enumerate(("valkey", "model", "web")):
        supervised.add(name, _NOTE_END, stage=stage)
    supervised.add("worker-1", _NOTE_END, stage=3)
    supervised.add("worker-2", _NOTE_END, stage=3)
    supervised.start()
    for name in ("valkey", "model", "web", "worker-1", "worker-2"):
        supervised.wait_for_start(name)
    supervised.send(signal.SIGINT)
    code, _ = supervised.finish()
    assert code == 0
    ended = (supervised.folder / "ended").read_text().split()
    assert sorted(ended[:2]) == ["worker-1", "worker-2"]
    assert ended[2:] == ["web", "model", "valkey"]


def test_a_child_that_does_not_end_in_time_is_killed(supervised: Supervised) -> None:
    supervised.add("worker", _DEAF, stage=1, stop_by_seconds=0.3)
    supervised.add("valkey", _NOTE_END)
    supervised.start()
    supervised.wait_for_start("worker")
    supervised.wait_for_start("valkey")
    supervised.send(signal.SIGTERM)
    code, said = supervised.finish()
    assert code == 0
    assert "worker did not end in time; it is killed." in said
    assert (supervised.folder / "ended").read_text().split() == ["valkey"]


def test_a_second_signal_kills_at_once(supervised: Supervised) -> None:
    supervised.add("worker", _DEAF, stop_by_seconds=1000)
    supervised.start()
    supervised.wait_for_start("worker")
    supervised.send(signal.SIGINT)
    assert supervised.process is not None
    assert supervised.process.stdout is not None
    while "Ending" not in supervised.process.stdout.readline():
        pass
    started = time.monotonic()
    supervised.send(signal.SIGINT)
    supervised.finish()
    assert time.monotonic() - started < 5


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells children of their parent's death")
def test_killing_the_supervisor_leaves_no_orphan(supervised: Supervised) -> None:
    supervised.add("valkey", _LIVE)
    supervised.add("worker", _DEAF, stage=1)
    supervised.start()
    pids = [supervised.wait_for_start("valkey"), supervised.wait_for_start("worker")]
    supervised.send(signal.SIGKILL)
    for pid in pids:
        _wait_for_end(pid, "the child")


def test_a_child_that_falls_silent_is_killed_and_started_again(supervised: Supervised) -> None:
    alive_file = supervised.folder / "worker.alive"
    supervised.add("worker", f'echo >> "{alive_file}"; ' + _LIVE, alive_file=str(alive_file))
    supervised.start()
    supervised.wait_for_start("worker", times=2)
    supervised.send(signal.SIGTERM)
    _, said = supervised.finish()
    assert "worker has been silent for 0.5 s; it is killed." in said


def test_a_child_that_has_not_come_up_yet_is_not_silent(supervised: Supervised) -> None:
    alive_file = supervised.folder / "worker.alive"
    supervised.add("slow", _LIVE, alive_file=str(alive_file))
    supervised.add(
        "silent", 'echo >> "{folder}/silent.alive"; ' + _LIVE, alive_file=str(supervised.folder / "silent.alive")
    )
    supervised.start()
    supervised.wait_for_start("silent", times=2)
    assert len(supervised.pids("slow")) == 1


def test_warnings_of_a_child_are_told_and_the_rest_is_logged(supervised: Supervised) -> None:
    supervised.add(
        "web",
        """echo '{{"level": "info", "event": "all is well"}}'; """
        """echo '{{"level": "warning", "event": "too slow", "ms": 12}}'; """ + _LIVE,
    )
    supervised.start()
    supervised.wait_for_start("web")
    log = supervised.folder / "logs/web.log"
    wait_until(lambda: log.exists() and "too slow" in log.read_text(), "both lines in the log")
    supervised.send(signal.SIGTERM)
    _, said = supervised.finish()
    assert "web: warning: too slow (ms=12)" in said
    assert "all is well" not in said
    assert "all is well" in log.read_text()
