"""A model server that fails in every way it can: sessions wait for it, and go on by themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from common.events import SessionMoved, StepFailed
from common.models import FlowSession
from common.options import MODEL_ROLES
from common.queries import wanted
from common.settings import Settings
from tests.support.installation import Installation
from tests.support.ollama_server import Mode, OllamaServer
from tests.support.waiting import wait_until


@pytest.fixture
def model_server() -> Iterator[OllamaServer]:
    with OllamaServer(tokens_per_second=40, output_tokens=20) as server:
        yield server


@pytest.fixture
def installation(
    make_settings: Callable[..., Settings], sqlite_url: str, redis_url: str, model_server: OllamaServer
) -> Iterator[Installation]:
    settings = make_settings(
        database_url=sqlite_url,
        redis_url=redis_url,
        ollama_host=model_server.url,
        model_first_token_seconds=1,
        model_next_token_seconds=1,
    )
    with Installation(settings) as running:
        running.start_worker()
        yield running


def moves(installation: Installation, session: FlowSession) -> list[str]:
    events = (logged.event for logged in installation.read_events(session))
    return [event.status for event in events if isinstance(event, SessionMoved)]


@pytest.mark.parametrize("mode", ["error500", "busy503", "hang", "cut"])
def test_a_session_tries_again_then_pauses_and_goes_on_by_itself_once_the_server_is_back(
    installation: Installation, model_server: OllamaServer, mode: Mode
) -> None:
    session = installation.create(architecture="CENTRALIZED", model="llama3")
    installation.wait_for_steps(session, 2)
    model_server.mode = mode
    paused = installation.wait_for_state(session, "paused", "failed", "completed")
    assert (paused.state, paused.desired, paused.waits_for) == ("paused", "run", "model_server")
    assert str(paused.reason).startswith("Model server unavailable: ")
    failures = [e.event for e in installation.read_events(session) if isinstance(e.event, StepFailed)]
    assert any(failure.retry_in_seconds is not None for failure in failures)
    committed = {step.key for step in installation.read_steps(session)}
    assert paused.receipt is not None
    assert paused.receipt["steps_kept"] == len(committed)

    started = {key: call["started"] for key, call in model_server.calls.items()}
    model_server.mode = "ok"
    ended = installation.wait_for_state(session, "completed", "failed")
    assert (ended.state, ended.error) == ("completed", None)
    assert all(model_server.calls[key]["started"] == started[key] for key in committed & started.keys())
    assert moves(installation, session)[-3:] == ["queued", "running", "completed"]
    installation.check_log(session)


def test_a_session_whose_model_server_goes_away_is_not_woken_before_it_is_back(
    make_settings: Callable[..., Settings], sqlite_url: str, redis_url: str
) -> None:
    with OllamaServer(tokens_per_second=40, output_tokens=20) as model_server:
        port = model_server.port
        settings = make_settings(database_url=sqlite_url, redis_url=redis_url, ollama_host=model_server.url)
        installation = Installation(settings)
        installation.__enter__()
        installation.start_worker()
        session = installation.create(architecture="CENTRALIZED", model="llama3")
        installation.wait_for_steps(session, 2)
    with installation:
        paused = installation.wait_for_state(session, "paused", "failed", "completed")
        assert (paused.state, paused.waits_for, paused.setbacks) == ("paused", "model_server", 1)
        with OllamaServer(port=port):
            ended = installation.wait_for_state(session, "completed", "failed")
        assert (ended.state, ended.epoch) == ("completed", 2)


def test_a_paused_session_that_waits_can_be_resumed_by_hand_and_kept_paused(
    installation: Installation, model_server: OllamaServer
) -> None:
    session = installation.create(architecture="CENTRALIZED", model="llama3")
    installation.wait_for_steps(session, 2)
    model_server.mode = "cut"
    installation.wait_for_state(session, "paused")
    with installation.database.write() as db:
        wanted.want_pause(db, session.id, by=installation.user)
    model_server.mode = "ok"
    kept = installation.read(session)
    wait_until(lambda: not model_server.active, "the model server is idle")
    assert kept.waits_for is None
    with installation.database.write() as db:
        wanted.want_resume(db, session.id, by=installation.user)
    assert installation.wait_for_state(session, "completed", "failed").state == "completed"


def test_pausing_in_the_middle_of_a_generation_leaves_a_receipt(
    installation: Installation, model_server: OllamaServer
) -> None:
    model_server.tokens_per_second, model_server.output_tokens = 100, 10_000
    session = installation.create(architecture="CENTRALIZED", model="llama3")
    streams = 3  # a drone for each subtask of the scripted plan
    wait_until(lambda: model_server.active == streams, "the drones are working", 60)
    with installation.database.write() as db:
        wanted.want_pause(db, session.id, by=installation.user)
    installation.bus.nudge(session.id)
    paused = installation.wait_for_state(session, "paused", seconds=2)
    wait_until(lambda: model_server.active == 0, "the model server is idle", 3)
    kept = len(installation.read_steps(session))
    assert paused.receipt == {"steps_kept": kept, "calls_cut": streams, "streams_closed": streams}
    told = installation.read_events(session)[-1].event
    assert isinstance(told, SessionMoved)
    assert told.receipt is not None
    assert told.receipt.model_dump() == paused.receipt


def test_a_role_s_model_that_vanishes_is_named_and_waited_for(
    installation: Installation, model_server: OllamaServer
) -> None:
    there = model_server.models
    model_server.models = ("llama3", "codellama:7b")
    options = {"models": dict.fromkeys(MODEL_ROLES[1:], "codellama:7b")}
    session = installation.create(architecture="CENTRALIZED", model="llama3", options=options)
    installation.wait_for_steps(session, 2)
    model_server.models = ("llama3",)
    paused = installation.wait_for_state(session, "paused", "failed", "completed")
    assert (paused.state, paused.waits_for) == ("paused", "model_server")
    assert "has no model 'codellama:7b'" in str(paused.reason)
    model_server.models = (*there, "codellama:7b")
    ended = installation.wait_for_state(session, "completed", "failed")
    assert (ended.state, ended.error) == ("completed", None)
    used = {step.key: step.model for step in installation.read_steps(session)}
    assert used["swarm"] is None
    assert {model for key, model in used.items() if key.startswith("work/")} == {"codellama:7b"}
    assert {used[key] for key in ("plan", "review", "answer")} == {"llama3"}
