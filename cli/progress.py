"""Shows a running session at the terminal, on standard error, so that standard output holds the answer alone."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.markup import escape

from cli.terminal import without_commands
from common import events


class Progress:
    """A line for each thing worth knowing, and below them what goes on now."""

    def __init__(self) -> None:
        self._console = Console(stderr=True, highlight=False)
        self._status = self._console.status("Waiting for a free seat")
        #: The steps that run now, by key.
        self._running: dict[str, str] = {}
        self._finished = 0

    def __enter__(self) -> Self:
        """Show what goes on, on a terminal."""
        self._status.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave the terminal as it was."""
        self._status.stop()

    def say(self, sentence: str) -> None:
        """Print a line above what goes on."""
        self._console.print(escape(without_commands(sentence)), soft_wrap=True)

    def show(self, event: events.FlowEvent) -> None:
        """Take one event of the session."""
        match event:
            case events.StepStarted():
                self._running[event.step] = f"{event.agent}: {event.label}"
            case events.StepFinished() | events.StepFailed():
                self._running.pop(event.step, None)
                self._finished += isinstance(event, events.StepFinished)
        if line := describe(event):
            self.say(line)
        now = "; ".join(self._running.values()) or "Waiting"
        self._status.update(f"{self._finished} steps done · {escape(without_commands(now))}")


def describe(event: events.FlowEvent) -> str | None:
    """Return what to say of an event, or None where it is only a detail."""
    match event:
        case events.SessionMoved(status="running"):
            return f"Running on {event.worker}" if event.worker else "Running"
        case events.SessionMoved():
            return f"{event.status.capitalize()}{f': {event.reason}' if event.reason else ''}"
        case events.SwarmFormed():
            models = "".join(f", {name} for {role}" for role, name in event.models.items())
            return f"A {event.architecture} swarm of {len(event.agents)} agents on {event.model}{models}"
        case events.PlanMade():
            titles = "".join(f"\n    {task.id}  {task.title} ({task.role})" for task in event.subtasks)
            count = len(event.subtasks)
            return f"{event.agent} planned {count} subtask{'' if count == 1 else 's'}:{titles}"
        case events.StepFinished():
            return (
                f"{event.agent} finished {event.step} in {event.duration_seconds:.1f} s, {event.output_tokens} tokens"
            )
        case events.StepFailed():
            again = "" if event.retry_in_seconds is None else f"; again in {event.retry_in_seconds:g} s"
            return f"{event.agent} failed at {event.step}: {event.error}{again}"
        case events.ReviewMade():
            return f"{event.agent} {'approved' if event.approved else 'returned work'}: {event.comment}"
        case events.VoteDecided():
            return f"The vote is for {event.winner}"
        case events.ArtifactWritten():
            return f"{event.agent} wrote {event.path} ({event.size} bytes)"
        case events.Notice():
            return f"{event.level.capitalize()}: {event.message}"
        case _:
            return None
