from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from common.logging import configure_logging, log_context, redact


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Set up logging on a stream that is no terminal; call it for the lines so far, as JSON."""
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    stream = io.StringIO()
    monkeypatch.setattr("sys.stderr", stream)
    configure_logging("INFO", "worker")
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    for handler in list(root.handlers):
        root.removeHandler(handler)
    for handler in before:
        root.addHandler(handler)
    root.setLevel(level)
    structlog.reset_defaults()


def test_a_line_is_json_with_level_logger_time_and_process(lines: Any) -> None:
    structlog.get_logger("workers.lease").info("lease renewed", sessions=3)
    (line,) = lines()
    assert line.pop("at").endswith("Z")
    assert line == {
        "event": "lease renewed",
        "sessions": 3,
        "level": "info",
        "logger": "workers.lease",
        "process": "worker",
    }


def test_ids_stand_on_each_line_inside_the_context_and_on_none_after_it(lines: Any) -> None:
    log = structlog.get_logger("x")
    with log_context(session_id="s1", epoch=2), log_context(step="plan"):
        log.info("inside")
        logging.getLogger("library").warning("inside too")
    log.info("outside")
    first, second, third = lines()
    assert (first["session_id"], first["epoch"], first["step"]) == ("s1", 2, "plan")
    assert (second["session_id"], second["epoch"], second["step"]) == ("s1", 2, "plan")
    assert "session_id" not in third


def test_libraries_log_in_the_same_form(lines: Any) -> None:
    logging.getLogger("celery.worker").warning("Lost %s", "the broker", extra={"tries": 2})
    (line,) = lines()
    assert line["event"] == "Lost the broker"
    assert (line["level"], line["logger"], line["process"], line["tries"]) == ("warning", "celery.worker", "worker", 2)


def test_less_severe_lines_are_left_out(lines: Any) -> None:
    structlog.get_logger("x").debug("detail")
    logging.getLogger("library").debug("detail")
    logging.getLogger("httpx").info("one request")
    assert lines() == []


def test_an_exception_comes_with_its_trace_in_the_same_line(lines: Any) -> None:
    try:
        raise ValueError("no redis://:hunter2@host:1/0")
    except ValueError:
        structlog.get_logger("x").exception("it broke")
    (line,) = lines()
    assert line["level"] == "error"
    assert "ValueError" in line["exception"]
    assert "hunter2" not in line["exception"]


@pytest.mark.parametrize(
    "event",
    [
        {"password": "hunter2"},
        {"admin_password": "hunter2"},
        {"token": "hunter2"},
        {"api_token": "hunter2"},
        {"SECRET_KEY": "hunter2"},
        {"Authorization": "Basic hunter2"},
        {"headers": {"Cookie": "session=hunter2"}},
        {"deep": [{"list": ({"secret": "hunter2"},)}]},
        {"event": "at postgresql://user:hunter2@host/name"},
        {"url": "redis://:hunter2@host:6379/0"},
        {"event": "header Authorization: Bearer hunter2"},
        {"path": "/socket.io/?EIO=4&token=hunter2&x=1"},
    ],
)
def test_secrets_are_never_logged(event: dict[str, Any]) -> None:
    assert "hunter2" not in str(redact(None, "info", event))


def test_figures_of_tokens_are_no_secrets() -> None:
    event = {"prompt_tokens": 12, "output_tokens": 3, "token_count": 1, "url": "http://host/path", "token": None}
    assert redact(None, "info", event) == event
