"""A worker process that dies in the middle of a command: the command ends with it and is not run a second time."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from common.queries import wanted
from common.settings import Settings
from tests.support.bubblewrap import find_processes, make_sandbox, name_sleep
from tests.support.installation import Installation
from tests.support.ollama_server import OllamaServer
from tests.support.waiting import wait_until


def test_a_command_of_a_worker_that_was_killed_ends_with_it_and_is_not_run_again(
    make_settings: Callable[..., Settings], sqlite_url: str, redis_url: str, tmp_path: Path
) -> None:
    make_sandbox()
    project, sleep = tmp_path / "app", name_sleep()
    project.mkdir()
    with OllamaServer() as model_server:
        model_server.capabilities = ("completion", "tools")
        model_server.tool_calls = {
            "work/1": [{"name": "run_command", "arguments": {"command": f"echo x > begun; {sleep}"}}],
            "work/1/turn-2": [{"name": "run_command", "arguments": {"command": "echo y > done"}}],
        }
        settings = make_settings(
            database_url=sqlite_url,
            redis_url=redis_url,
            ollama_host=model_server.url,
            project_roots=(tmp_path,),
            commands=True,
        )
        with Installation(settings) as running:
            worker = running.start_worker()
            session = running.create(
                architecture="CENTRALIZED", model="llama3", project_folder=str(project), options={"commands": True}
            )
            wait_until(lambda: find_processes(sleep), "the command runs")
            worker.kill()
            wait_until(lambda: not find_processes(sleep), "the command ends with its worker")
            running.start_worker()
            running.wait_for_state(session, "completed")
            steps = {step.key: step for step in running.read_steps(session)}
    broken_off, second = steps["work/1/turn-1/tool-1"], steps["work/1/turn-2/tool-1"]
    assert "work/1/turn-1/tool-1/intent" in steps
    assert broken_off.output["text"].startswith("Error: The command was started, but broken off")
    assert (broken_off.output["exit_code"], second.output["exit_code"]) == (None, 0)
    assert [path.name for path in project.iterdir()] == ["done"]


def test_pausing_and_stopping_end_a_command_and_a_resumed_session_does_not_run_it_again(
    make_settings: Callable[..., Settings], sqlite_url: str, redis_url: str, tmp_path: Path
) -> None:
    make_sandbox()
    project, first, second = tmp_path / "app", name_sleep(), name_sleep()
    project.mkdir()
    with OllamaServer() as model_server:
        model_server.capabilities = ("completion", "tools")
        model_server.tool_calls = {
            "work/1": [{"name": "run_command", "arguments": {"command": f"setsid {first} & {first}"}}],
            "work/1/turn-2": [{"name": "run_command", "arguments": {"command": second}}],
        }
        settings = make_settings(
            database_url=sqlite_url,
            redis_url=redis_url,
            ollama_host=model_server.url,
            project_roots=(tmp_path,),
            commands=True,
        )
        with Installation(settings) as running:
            running.start_worker()
            session = running.create(
                architecture="CENTRALIZED", model="llama3", project_folder=str(project), options={"commands": True}
            )
            wait_until(lambda: find_processes(first), "the command runs")
            began = time.monotonic()
            running.want(session, wanted.want_pause)
            wait_until(lambda: not find_processes(first), "the pause ends the command")
            assert time.monotonic() - began < 3  # on a busy machine; else a fraction of a second
            running.wait_for_state(session, "paused")
            running.want(session, wanted.want_resume)
            wait_until(lambda: find_processes(second), "it goes on with the next command")
            running.stop(session)
            wait_until(lambda: not find_processes(second), "the stop ends the command")
            running.wait_for_state(session, "stopped")
            steps = {step.key: step for step in running.read_steps(session)}
    assert not find_processes(first)
    assert steps["work/1/turn-1/tool-1"].output["text"].startswith("Error: The command was started, but broken off")
    assert "work/1/turn-2/tool-1/intent" in steps
    assert "work/1/turn-2/tool-1" not in steps
