from __future__ import annotations

import pytest

from cli.child_log import summarise
from cli.progress import Progress, describe
from cli.terminal import without_commands
from common import events


def test_details_are_not_said() -> None:
    assert describe(events.TokenDelta(step="plan", agent="queen", offset=0, text="x")) is None


@pytest.mark.parametrize(
    ("event", "said"),
    [
        (events.SessionMoved(status="running", worker="host-1"), "Running on host-1"),
        (events.SessionMoved(status="failed", reason="no model"), "Failed: no model"),
        (events.Notice(level="warning", message="slow"), "Warning: slow"),
        (
            events.SwarmFormed(architecture="CENTRALIZED", model="llama3", agents=[], models={"it_architect": "qwen3"}),
            "A CENTRALIZED swarm of 0 agents on llama3, qwen3 for it_architect",
        ),
        (
            events.StepFailed(step="plan", agent="queen", attempt=1, error="away", retry_in_seconds=2),
            "queen failed at plan: away; again in 2 s",
        ),
    ],
)
def test_what_people_want_to_know_is_a_line(event: events.DurableEvent, said: str) -> None:
    assert describe(event) == said


def test_progress_goes_to_standard_error_and_takes_brackets_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    with Progress() as progress:
        progress.show(events.StepStarted(step="[red]", kind="model", agent="queen", label="Plan [bold]"))
        progress.show(events.Notice(message="[red]not a colour[/red]"))
        progress.show(events.StepFinished(step="[red]", agent="queen", text="done"))
    said = capsys.readouterr()
    assert said.out == ""
    assert "[red]not a colour[/red]" in said.err


def test_nothing_that_a_model_wrote_commands_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    hostile = "\x1b]0;mine\x07\x1b[2J\x9b31m\rgone"
    with Progress() as progress:
        progress.show(events.StepStarted(step="plan", kind="model", agent="queen", label=hostile))
        progress.show(events.ReviewMade(step="review", agent="queen", approved=True, comment=hostile, returned=[]))
    said = capsys.readouterr().err
    assert "�]0;mine��[2J�31m�gone" in said
    assert not set(said) & set("\x1b\x07\x9b\r")
    assert without_commands("a\tb\nक\u200d") == "a\tb\nक\u200d"


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('{"level": "info", "event": "fine"}', None),
        ("# Warning: no JSON", None),
        ("{broken", None),
        ('{"level": "error", "event": "lost", "at": "…", "session_id": "s1"}', "error: lost (session_id=s1)"),
        ('{"level": "error", "event": "lost", "exception": "Trace\\nValueError: no"}', "error: lost (ValueError: no)"),
    ],
)
def test_warnings_and_errors_of_a_child_are_told_in_short(line: str, told: str | None) -> None:
    assert summarise(line) == told
