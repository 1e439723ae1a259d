from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cli.main import app
from common.errors import FlowError, SettingsError
from tests.support.http_server import Request, serve_http


def _run(*words: str) -> int:
    """Run the command line; return its exit code."""
    try:
        app(["sessions", *words], standalone_mode=False)
    except SystemExit as end:
        return int(end.code or 0)
    return 0


def _session(number: int, status: str, ended_at: str | None = None) -> dict[str, Any]:
    return {"id": f"s{number}", "name": "Two\nlines", "status": status, "ended_at": ended_at}


def test_found_sessions_are_told_on_a_line_each(capsys: pytest.CaptureFixture[str]) -> None:
    answer = {
        "active_sessions": {"s1": _session(1, "running")},
        "session_history": [_session(2, "failed", "2026-05-03")],
    }
    with serve_http(lambda request: (200, answer)) as server:
        assert _run("list", "bees & hay", "--status", "failed", "--url", server.url, "--token", "t") == 0
    assert capsys.readouterr().out == "s1\trunning\t-\tTwo lines\ns2\tfailed\t2026-05-03\tTwo lines\n"
    assert server.requests[0].path == "/api/sessions?q=bees+%26+hay&status=failed&limit=20"


def test_what_stays_is_said_and_gives_one(capsys: pytest.CaptureFixture[str]) -> None:
    def answer(request: Request) -> tuple[int, Any]:
        ids = request.body["ids"]
        results = [{"id": each, "deleted": each != "s7", "error": "It runs." if each == "s7" else None} for each in ids]
        return 200, {"results": results}

    ids = [f"s{number}" for number in range(150)]
    with serve_http(answer) as server:
        assert _run("delete", *ids, "--url", server.url, "--token", "t") == 1
        assert [len(request.body["ids"]) for request in server.requests] == [100, 50]
        assert _run("delete", "s1", "--url", server.url, "--token", "t") == 0
    assert capsys.readouterr().err == "s7: It runs.\n"


def test_an_export_is_written_and_a_failed_one_leaves_no_file(tmp_path: Path) -> None:
    answers = iter([(200, {"id": "s1"}), (404, {"error": "There is no such session."})])
    with serve_http(lambda request: next(answers)) as server:
        where = ("--url", server.url, "--token", "t")
        assert _run("export", str(tmp_path / "a.jsonl"), "--id", "s1", "--id", "s2", *where) == 0
        assert (tmp_path / "a.jsonl").read_text() == '{"id": "s1"}'
        assert server.requests[0].path == "/api/sessions/export?format=jsonl&ids=s1%2Cs2"
        with pytest.raises(FlowError, match="no such session"):
            _run("export", str(tmp_path / "b.zip"), "--id", "s3", *where)
    assert [path.name for path in tmp_path.iterdir()] == ["a.jsonl"]


def test_without_a_token_the_way_to_one_is_said() -> None:
    with pytest.raises(SettingsError, match="tokens create"):
        _run("list")
