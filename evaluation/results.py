"""The results of a run: kept in a file while it goes on, so that one that was broken off goes on where it ended."""

from __future__ import annotations

import contextlib
import hashlib
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from common.options import FlowOptions
from common.states import Architecture
from evaluation.session import SessionResult
from evaluation.tasks import Task


class Results(BaseModel):
    """All sessions of a run so far."""

    model_config = ConfigDict(extra="forbid")

    model: str
    sessions: dict[str, SessionResult] = Field(default_factory=dict)


def name_session(task: Task, architecture: Architecture, workers: int, options: FlowOptions, *, with_wit: bool) -> str:
    """Return what a session's result is kept under: another one where anything about it is otherwise."""
    setting = f"{task.model_dump_json()} {workers} {options.model_dump_json()} {with_wit}"
    return f"{task.name}/{architecture}/{hashlib.sha256(setting.encode()).hexdigest()[:12]}"


def read_results(path: Path, model: str) -> Results:
    """Return the results of an earlier run with this model, or none."""
    with contextlib.suppress(FileNotFoundError, ValidationError):
        results = Results.model_validate_json(path.read_text(encoding="utf-8"))
        if results.model == model:
            return results
    return Results(model=model)


def write_results(path: Path, results: Results) -> None:
    """Write all results, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(".tmp")
    beside.write_text(results.model_dump_json(indent=1), encoding="utf-8")
    beside.replace(path)
