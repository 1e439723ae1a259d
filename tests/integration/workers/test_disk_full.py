"""A project folder whose disk is full: the session pauses with the reason, and goes on once there is room."""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from common.settings import Settings
from tests.support.installation import Installation
from tests.support.ollama_server import OllamaServer


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 64 KiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("only root may mount a file system, and not everywhere")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_session_pauses_while_the_disk_is_full_and_then_writes_its_files(
    make_settings: Callable[..., Settings], sqlite_url: str, redis_url: str, tiny_disk: Path
) -> None:
    project, filler = tiny_disk / "app", tiny_disk / "filler"
    project.mkdir()
    with contextlib.suppress(OSError), filler.open("ab", buffering=0) as file:  # every last byte
        while file.write(b"\0" * 512):
            pass
    with OllamaServer(writes_files=True) as model_server:
        settings = make_settings(
            database_url=sqlite_url, redis_url=redis_url, ollama_host=model_server.url, project_roots=(tiny_disk,)
        )
        with Installation(settings) as running:
            running.start_worker()
            session = running.create(architecture="CENTRALIZED", model="llama3", project_folder=str(project))
            paused = running.wait_for_state(session, "paused", "failed", "completed")
            assert (paused.state, paused.desired, paused.waits_for) == ("paused", "run", "disk")
            assert "full" in str(paused.reason)
            committed = {step.key for step in running.read_steps(session)}
            filler.unlink()
            ended = running.wait_for_state(session, "completed", "failed")
            assert (ended.state, ended.error) == ("completed", None)
            assert [path.name for path in project.rglob("*") if path.is_file()]
            assert {key for key in committed if model_server.calls[key]["started"] > 1} == set()
            running.check_log(session)
