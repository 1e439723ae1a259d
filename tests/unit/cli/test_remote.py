from __future__ import annotations

from typing import Any

import pytest

from cli.probe import free_port
from cli.remote import Dashboard, DashboardAway, run_remote
from common.errors import FlowError, InvalidInput
from tests.support.http_server import HttpServer, Request, serve_http


def _moved(seq: int, status: str, **more: Any) -> dict[str, Any]:
    event = {"type": "session_moved", "status": status, **more}
    return {"session_id": "s1", "seq": seq, "at": "2026-01-01T00:00:00Z", "event": event}


def _run(log: list[dict[str, Any]], *, page: int = 1) -> tuple[int, HttpServer]:
    """Run a task on a dashboard whose session has this log, given out in pages."""

    def answer(request: Request) -> tuple[int, Any]:
        if request.method == "POST":
            return 201, {"success": True, "session_id": "s1", "session": {}}
        after = int(request.path.rpartition("after=")[2])
        return 200, {"success": True, "events": [event for event in log if event["seq"] > after][:page]}

    with serve_http(answer) as server, Dashboard(server.url, "olf_token") as dashboard:
        return run_remote(dashboard, {"task": "Explain tides."}), server


def test_a_completed_session_prints_its_result_alone_on_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    code, server = _run([_moved(1, "queued"), _moved(2, "running"), _moved(3, "completed", result="The moon.")])
    assert code == 0
    said = capsys.readouterr()
    assert said.out == "The moon.\n"
    assert f"{server.url}/sessions/s1" in said.err
    assert server.requests[0].body == {"task": "Explain tides."}
    assert {request.headers["Authorization"] for request in server.requests} == {"Bearer olf_token"}


def test_what_the_answer_claims_is_said_below_it_with_what_backs_it(capsys: pytest.CaptureFixture[str]) -> None:
    step = {"verified": True, "evidence": "It can be parsed.", "step": "work/1"}
    claims = [
        {"kind": "file", "subject": "a.py", "statement": "Es \x1b[31mläuft.", **step},
        {"kind": "command", "subject": "pytest", "verified": False, "evidence": "No such command was run."},
    ]
    event = {"type": "claims_made", "step": "claims", "agent": "queen", "claims": claims}
    told = {**_moved(2, ""), "event": event}
    assert _run([_moved(1, "running"), told, _moved(3, "completed", result="Done.")])[0] == 0
    said = capsys.readouterr()
    assert said.out == "Done.\n"
    assert said.err.endswith(
        "What the answer claims (1 of 2 verified):\n"
        "  ✓ verified  file a.py: “Es �[31mläuft.”\n"
        "              It can be parsed.\n"
        "  ? claimed   command pytest\n"
        "              No such command was run.\n"
    )


def test_the_log_is_read_on_from_what_is_known() -> None:
    _, server = _run([_moved(1, "queued"), _moved(2, "running"), _moved(3, "completed", result="x")])
    afters = [request.path.rpartition("after=")[2] for request in server.requests[1:]]
    assert afters == ["0", "1", "2"]


@pytest.mark.parametrize("status", ["failed", "stopped"])
def test_a_session_that_did_not_complete_gives_one(status: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, _ = _run([_moved(1, status, error="The model is gone.")])
    assert code == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert "The model is gone." in said.err


def test_bad_input_names_the_fields() -> None:
    answer = {"error": "Some fields are wrong.", "details": [{"field": "model", "message": "There is no such model."}]}
    with serve_http(lambda request: (422, answer)) as server, Dashboard(server.url, "t") as dashboard:
        with pytest.raises(InvalidInput, match="Some fields are wrong") as caught:
            run_remote(dashboard, {"task": "x"})
    assert [detail.field for detail in caught.value.details] == ["model"]


def test_an_unknown_token_is_a_sentence_that_helps() -> None:
    with serve_http(lambda request: (401, {"error": "no"})) as server, Dashboard(server.url, "t") as dashboard:
        with pytest.raises(FlowError, match="ollama-flow tokens create"):
            run_remote(dashboard, {"task": "x"})


def test_a_dashboard_that_is_away_is_a_sentence_that_helps() -> None:
    with Dashboard(f"http://127.0.0.1:{free_port()}", "t") as dashboard:
        with pytest.raises(DashboardAway, match="ollama-flow up"):
            run_remote(dashboard, {"task": "x"})


@pytest.mark.parametrize("answer", [(404, "nothing"), (500, {"other": 1}), (200, {"hello": "world"})])
def test_another_server_is_told_from_a_dashboard(answer: tuple[int, Any]) -> None:
    with serve_http(lambda request: answer) as server, Dashboard(server.url, "t") as dashboard:
        with pytest.raises(FlowError, match="is it an ollama-flow dashboard"):
            run_remote(dashboard, {"task": "x"})


def test_a_dashboard_that_comes_back_is_followed_on(capsys: pytest.CaptureFixture[str]) -> None:
    answers = iter([(503, {"error": "restarting"}), (200, {"events": [_moved(1, "completed", result="Done.")]})])

    def answer(request: Request) -> tuple[int, Any]:
        return (201, {"session_id": "s1"}) if request.method == "POST" else next(answers)

    with serve_http(answer) as server, Dashboard(server.url, "t") as dashboard:
        assert run_remote(dashboard, {"task": "x"}) == 0
    assert capsys.readouterr().out == "Done.\n"
