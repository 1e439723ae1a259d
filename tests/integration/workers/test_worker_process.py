"""Real worker processes on a real broker and database; the model is scripted, over HTTP."""

from __future__ import annotations

import shutil
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from common.events import SessionMoved
from common.queries import steps
from common.settings import Settings
from tests.support.installation import Installation
from tests.support.ollama_server import OllamaServer
from tests.support.waiting import wait_until


@pytest.fixture
def model_server() -> Iterator[OllamaServer]:
    with OllamaServer(tokens_per_second=40, output_tokens=30) as server:
        yield server


@pytest.fixture
def installation(
    make_settings: Callable[..., Settings], database_url: str, redis_url: str, model_server: OllamaServer
) -> Iterator[Installation]:
    settings = make_settings(database_url=database_url, redis_url=redis_url, ollama_host=model_server.url)
    with Installation(settings) as running:
        yield running


@pytest.fixture
def on_sqlite(
    make_settings: Callable[..., Settings], sqlite_url: str, redis_url: str, model_server: OllamaServer
) -> Iterator[Installation]:
    settings = make_settings(database_url=sqlite_url, redis_url=redis_url, ollama_host=model_server.url)
    with Installation(settings) as running:
        yield running


@pytest.mark.parametrize("architecture", ["HIERARCHICAL", "CENTRALIZED", "FULLY_CONNECTED"])
def test_a_session_runs_from_doorbell_to_result(on_sqlite: Installation, architecture: str) -> None:
    on_sqlite.start_worker()
    session = on_sqlite.create(architecture=architecture, model="llama3")
    ended = on_sqlite.wait_for_state(session, "completed", "failed")
    assert (ended.state, ended.error) == ("completed", None)
    assert ended.result
    told = SessionMoved(status="completed", result=ended.result, epoch=ended.epoch)
    assert on_sqlite.read_events(session)[-1].event == told
    assert ended.output_tokens > 0
    assert ended.steps_done == ended.steps_planned == len(on_sqlite.read_steps(session))
    on_sqlite.check_log(ended)


def test_a_worker_process_told_to_end_hands_its_sessions_back_and_another_goes_on(
    installation: Installation, model_server: OllamaServer
) -> None:
    worker = installation.start_worker()
    session = installation.create(architecture="CENTRALIZED", model="llama3")
    installation.wait_for_steps(session, 2)
    wait_until(lambda: model_server.active, "the drones are working")
    assert installation.end_worker(worker) == 0
    handed_back = installation.read(session)
    assert (handed_back.state, handed_back.epoch) == ("queued", 1)
    assert handed_back.reason
    assert installation.worker_names() == set()
    installation.start_worker()
    ended = installation.wait_for_state(session, "completed", "failed")
    assert (ended.state, ended.epoch) == ("completed", 2)
    # The steps in flight reached their end before the process did, so nothing was asked twice.
    assert {key: call for key, call in model_server.calls.items() if call["started"] != 1} == {}
    installation.check_log(ended)


def test_a_killed_worker_process_costs_only_the_steps_in_flight(
    installation: Installation, model_server: OllamaServer
) -> None:
    worker = installation.start_worker()
    session = installation.create(architecture="HIERARCHICAL", model="llama3")
    installation.wait_for_steps(session, 4)
    wait_until(lambda: model_server.active, "the drones are working")
    worker.kill()
    worker.wait()
    in_flight = {key for key, call in model_server.calls.items() if not call["finished"]}
    committed = {step.key for step in installation.read_steps(session)}
    installation.start_worker()
    ended = installation.wait_for_state(session, "completed", "failed")
    assert (ended.state, ended.epoch) == ("completed", 2)
    repeated = {key for key, call in model_server.calls.items() if call["started"] > 1}
    assert repeated.isdisjoint(committed)
    assert len(repeated) <= session.workers + 1 + len(in_flight)
    installation.check_log(ended)


def test_stopping_closes_the_stream_to_the_model_server(on_sqlite: Installation, model_server: OllamaServer) -> None:
    model_server.tokens_per_second, model_server.output_tokens = 100, 10_000
    on_sqlite.start_worker()
    session = on_sqlite.create(architecture="CENTRALIZED", model="llama3")
    wait_until(lambda: model_server.active >= 2, "the drones are working", 60)
    on_sqlite.stop(session)
    on_sqlite.wait_for_state(session, "stopped", seconds=2)
    wait_until(lambda: model_server.active == 0, "the model server is idle", 3)
    on_sqlite.check_log(on_sqlite.read(session))


def test_a_stop_whose_nudge_is_lost_is_read_at_the_next_renewal(
    on_sqlite: Installation, model_server: OllamaServer
) -> None:
    model_server.tokens_per_second, model_server.output_tokens = 100, 10_000
    on_sqlite.start_worker()
    session = on_sqlite.create(architecture="CENTRALIZED", model="llama3")
    wait_until(lambda: model_server.active >= 2, "the drones are working", 60)
    on_sqlite.bus.nudge = lambda session_id: None  # type: ignore[method-assign] # lost on the way
    on_sqlite.stop(session)
    on_sqlite.wait_for_state(session, "stopped", seconds=on_sqlite.settings.renew_seconds + 4)


def test_ten_sessions_on_two_worker_processes_all_complete_and_none_twice(
    installation: Installation, model_server: OllamaServer
) -> None:
    model_server.tokens_per_second, model_server.output_tokens = 100, 10
    for _ in range(2):
        installation.start_worker(OLLAMA_FLOW_SEATS="2")
    sessions = [
        installation.create(architecture="CENTRALIZED", model="llama3", workers=2, task=f"Task {number}")
        for number in range(10)
    ]
    ended = [installation.wait_for_state(session, "completed", "failed", seconds=120) for session in sessions]
    assert [(session.state, session.epoch) for session in ended] == [("completed", 1)] * 10
    spread = Counter(session.worker for session in ended)
    assert len(spread) == 2
    calls = sum(call["started"] for call in model_server.calls.values())
    assert calls == sum(session.calls for session in ended)
    installation.check_log(*ended)


def test_a_session_waits_with_a_reason_while_the_model_server_is_away(
    on_sqlite: Installation, model_server: OllamaServer
) -> None:
    model_server.mode = "error500"
    on_sqlite.start_worker()
    session = on_sqlite.create(architecture="CENTRALIZED", model="llama3")
    wait_until(lambda: on_sqlite.read(session).reason, "it says why it waits", 30)
    assert "model server" in str(on_sqlite.read(session).reason)
    assert on_sqlite.read(session).state == "queued"
    model_server.mode = "ok"
    assert on_sqlite.wait_for_state(session, "completed", "failed").state == "completed"


def test_a_session_whose_model_is_not_there_pauses_with_a_sentence_and_goes_on_once_it_is(
    on_sqlite: Installation, model_server: OllamaServer
) -> None:
    on_sqlite.start_worker()
    session = on_sqlite.create(architecture="CENTRALIZED", model="late-model")
    paused = on_sqlite.wait_for_state(session, "paused", "failed")
    assert (paused.state, paused.desired, paused.waits_for) == ("paused", "run", "model_server")
    assert "late-model" in str(paused.reason)
    model_server.models = (*model_server.models, "late-model")
    assert on_sqlite.wait_for_state(session, "completed", "failed").state == "completed"
    on_sqlite.check_log(session)


@pytest.mark.parametrize("given", [True, False], ids=["a project folder", "none"])
def test_files_are_kept_as_artifacts_and_written_into_the_project_folder_or_one_of_the_session(
    on_sqlite: Installation, model_server: OllamaServer, given: bool
) -> None:
    project = on_sqlite.settings.roots[0] / "app"
    project.mkdir(parents=True)
    model_server.writes_files = True
    on_sqlite.start_worker()
    session = on_sqlite.create(
        architecture="CENTRALIZED",
        model="llama3",
        project_folder=str(project) if given else None,
        task="Write a file notes.md, please.",
    )
    folder = project if given else on_sqlite.settings.home / "sessions" / session.id
    assert on_sqlite.wait_for_state(session, "completed", "failed").state == "completed"
    with on_sqlite.database.read() as db:
        kept = {artifact.path: artifact.content for artifact in steps.list_artifacts(db, session.id, with_content=True)}
    written = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert kept
    assert written == kept


def test_drones_of_a_model_with_tools_read_and_write_the_project_folder(
    on_sqlite: Installation, model_server: OllamaServer
) -> None:
    folder = on_sqlite.settings.roots[0] / "app"
    folder.mkdir(parents=True)
    (folder / "main.py").write_text("x = 1\n")
    model_server.capabilities = ("completion", "tools")
    model_server.tool_calls = {
        "work/1": [
            {"name": "read_file", "arguments": {"path": "main.py"}},
            {"name": "edit_file", "arguments": {"path": "main.py", "old_text": "x = 1", "new_text": "x = 2"}},
        ],
        "work/1/turn-2": [{"name": "write_file", "arguments": {"path": "docs/new.md", "content": "# New\n"}}],
        "work/1/turn-3": [{"name": "nosuch", "arguments": {}}],
    }
    on_sqlite.start_worker()
    session = on_sqlite.create(
        architecture="CENTRALIZED", model="llama3", project_folder=str(folder), task="Set x to 2."
    )
    ended = on_sqlite.wait_for_state(session, "completed", "failed")
    assert (ended.state, ended.error) == ("completed", None)
    assert (folder / "main.py").read_text() == "x = 2\n"
    assert (folder / "docs/new.md").read_text() == "# New\n"
    done = {step.key: step for step in on_sqlite.read_steps(session)}
    assert [key for key, step in done.items() if step.kind == "tool"] == [
        "work/1/turn-1/tool-1",
        "work/1/turn-1/tool-2",
        "work/1/turn-2/tool-1",
        "work/1/turn-3/tool-1",
    ]
    assert done["work/1/turn-1/tool-1"].output["text"] == "x = 1\n"
    assert "There is no tool 'nosuch'" in done["work/1/turn-3/tool-1"].output["text"]
    answered = next(body for body in model_server.requests if len(body["messages"]) == 5)
    assert [message.get("tool_name") for message in answered["messages"][3:]] == ["read_file", "edit_file"]
    told = [logged.event for logged in on_sqlite.read_events(session)]
    labels = [event.label for event in told if event.type == "step_started" and event.kind == "tool"]
    assert labels == ["Read file main.py", "Edit file main.py", "Write file docs/new.md", "Nosuch"]
    written = [(event.path, event.step, event.call) for event in told if event.type == "artifact_written"]
    assert written == [
        ("main.py", "work/1/turn-1/tool-2", "work/1"),
        ("docs/new.md", "work/1/turn-2/tool-1", "work/1/turn-2"),
    ]
    (made,) = [event for event in told if event.type == "claims_made"]
    marks = {claim.subject: claim.verified for claim in made.claims}
    assert marks == {"docs/new.md": True, "main.py": True, "1": True, "2": False, "3": False}
    assert ended.steps_done == ended.steps_planned == len(done)
    assert ended.calls == sum(call["started"] for call in model_server.calls.values())
    on_sqlite.check_log(ended)


def test_a_session_killed_among_its_tool_calls_repeats_none_of_them(
    on_sqlite: Installation, model_server: OllamaServer
) -> None:
    folder = on_sqlite.settings.roots[0] / "app"
    folder.mkdir(parents=True)
    model_server.capabilities = ("completion", "tools")
    model_server.tool_calls = {
        "work/1": [{"name": "write_file", "arguments": {"path": "a.md", "content": "\u00e4\u0000 1\n"}}],
        "work/1/turn-2": [{"name": "edit_file", "arguments": {"path": "a.md", "old_text": "1", "new_text": "12"}}],
    }
    worker = on_sqlite.start_worker()
    session = on_sqlite.create(architecture="CENTRALIZED", model="llama3", project_folder=str(folder), task="Write.")
    wait_until(
        lambda: any(step.key == "work/1/turn-2/tool-1" for step in on_sqlite.read_steps(session)),
        "a file is edited",
        60,
    )
    worker.kill()
    worker.wait()
    committed = {step.key for step in on_sqlite.read_steps(session)}
    on_sqlite.start_worker()
    ended = on_sqlite.wait_for_state(session, "completed", "failed")
    assert (ended.state, ended.epoch) == ("completed", 2)
    assert (folder / "a.md").read_text() == "\u00e4 12\n"  # a second edit would have made it 122
    repeated = {key for key, call in model_server.calls.items() if call["started"] > 1}
    assert repeated.isdisjoint(committed)
    on_sqlite.check_log(ended)


def test_a_worker_process_on_another_database_than_the_dashboard_refuses_to_start(
    on_sqlite: Installation, sqlite_template: Path, tmp_path: Path
) -> None:
    own = wait_until(on_sqlite.bus.read_database, "the installation is told")
    other = tmp_path / "other.db"
    shutil.copy(sqlite_template, other)
    with sqlite3.connect(other) as connection:
        connection.execute("UPDATE installation SET id = 'another'")
    child = on_sqlite.launch("worker", {"OLLAMA_FLOW_DATABASE_URL": f"sqlite:///{other}"})
    assert child.wait(30) == 2
    log = (on_sqlite.settings.home / "processes.log").read_text()
    assert "works on another database: give DATABASE_URL the same value" in log
    assert on_sqlite.bus.read_database() == own


def test_a_worker_process_asks_with_the_prompts_of_its_folder(on_sqlite: Installation, tmp_path: Path) -> None:
    (tmp_path / "queen.md").write_text("You are a queen bee.")
    on_sqlite.start_worker(OLLAMA_FLOW_PROMPTS=str(tmp_path))
    session = on_sqlite.create(architecture="CENTRALIZED", model="llama3")
    assert on_sqlite.wait_for_state(session, "completed", "failed").state == "completed"
    asked = {step.key: step.request["messages"][0]["content"] for step in on_sqlite.read_steps(session) if step.model}
    assert asked["plan"] == asked["answer"] == "You are a queen bee."
    assert asked["work/1"].startswith("You are a")


def test_a_worker_process_with_a_broken_prompt_refuses_to_start(on_sqlite: Installation, tmp_path: Path) -> None:
    (tmp_path / "work.md").write_text("{{ tasks }}")
    assert on_sqlite.launch("worker", {"OLLAMA_FLOW_PROMPTS": str(tmp_path)}).wait(30) == 2
    log = (on_sqlite.settings.home / "processes.log").read_text()
    assert "OLLAMA_FLOW_PROMPTS takes a folder of prompts. The prompt work.md uses tasks, which it is not given." in log
