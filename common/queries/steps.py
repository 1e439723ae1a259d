"""The journal's table, and the artifacts that are committed with its steps."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import case, func, insert, select, update
from sqlalchemy.orm import Session, undefer

from common.errors import LeaseLost, NotFound
from common.events import DurableEvent, LoggedEvent
from common.models import Artifact, FlowSession, Step
from common.models.base import db_now
from common.queries.events import append_events


@dataclass(frozen=True, kw_only=True)
class NewArtifact:
    """One file to be committed with a step."""

    path: str
    content: bytes
    sha256: str


@dataclass(frozen=True, kw_only=True)
class NewStep:
    """One step to be committed."""

    key: str
    kind: str
    agent: str
    role: str | None
    model: str | None
    input_hash: str
    request: Mapping[str, Any]
    output: Mapping[str, Any]
    prompt_tokens: int
    output_tokens: int
    #: How long it took; it ends, on the database's clock, with its commit.
    duration_seconds: float
    events: Sequence[DurableEvent] = ()
    artifacts: Sequence[NewArtifact] = ()


def commit_step(
    db: Session, session_id: str, new: NewStep, *, epoch: int, planned: int = 0
) -> tuple[int, list[LoggedEvent]]:
    """Store a step with its artifacts, events and the session's totals; return its position and the numbered events.

    `planned` is how many more steps of the flow become known by it.
    Raises LeaseLost where the epoch no longer owns the session; then nothing is stored.
    """
    expected = FlowSession.steps_planned + planned
    totals = db.execute(
        update(FlowSession)
        .where(FlowSession.id == session_id, FlowSession.epoch == epoch, FlowSession.state == "running")
        .values(
            steps_done=FlowSession.steps_done + 1,
            # What is asked for twice was not planned.
            steps_planned=case(
                (expected > FlowSession.steps_done, expected),
                else_=FlowSession.steps_done + 1,
            ),
            calls=FlowSession.calls + (1 if new.kind == "model" else 0),
            prompt_tokens=FlowSession.prompt_tokens + new.prompt_tokens,
            output_tokens=FlowSession.output_tokens + new.output_tokens,
            crashes=0,
            setbacks=0,
        )
        .returning(FlowSession.steps_done, db_now().label("now"))
        .execution_options(synchronize_session=False)
    ).one_or_none()
    if totals is None:
        raise LeaseLost(f"Session {session_id} is no longer owned by epoch {epoch}.")
    position = totals.steps_done
    columns = {name: value for name, value in vars(new).items() if name in Step.__mapper__.columns}
    ended = {"ended_at": totals.now, "started_at": totals.now - dt.timedelta(seconds=new.duration_seconds)}
    db.execute(insert(Step), [{**columns, **ended, "session_id": session_id, "position": position, "epoch": epoch}])
    if new.artifacts:
        db.execute(
            insert(Artifact),
            [
                {
                    "session_id": session_id,
                    "position": position,
                    "step_key": new.key,
                    "path": artifact.path,
                    "sha256": artifact.sha256,
                    "size": len(artifact.content),
                    "content": artifact.content,
                }
                for artifact in new.artifacts
            ],
        )
    return position, append_events(db, session_id, list(new.events), epoch=epoch)


def find_position(db: Session, session_id: str, key: str) -> int:
    """Return the position of a committed step."""
    return db.scalars(select(Step.position).where(Step.session_id == session_id, Step.key == key)).one()


def find_step(db: Session, session_id: str, key: str) -> Step:
    """Return one committed step. Raises NotFound."""
    found = db.scalar(select(Step).where(Step.session_id == session_id, Step.key == key))
    if found is None:
        raise NotFound("This session has committed no such step.")
    return found


def list_steps(db: Session, session_id: str, *, after: int = 0, limit: int = 1000) -> list[Step]:
    """Return the committed steps in the order of their commits, from position `after` + 1."""
    query = select(Step).where(Step.session_id == session_id, Step.position > after)
    return list(db.scalars(query.order_by(Step.position).limit(limit)))


def list_artifacts(db: Session, session_id: str, *, with_content: bool = False) -> list[Artifact]:
    """Return the newest version of each file, by path."""
    newest = (
        select(Artifact.path, func.max(Artifact.position).label("position"))
        .where(Artifact.session_id == session_id)
        .group_by(Artifact.path)
        .subquery()
    )
    query = (
        select(Artifact)
        .join(newest, (Artifact.path == newest.c.path) & (Artifact.position == newest.c.position))
        .where(Artifact.session_id == session_id)
        .order_by(Artifact.path)
    )
    return list(db.scalars(query.options(undefer(Artifact.content)) if with_content else query))


def list_versions(db: Session, session_id: str) -> list[Artifact]:
    """Return all versions of all files, by path, the newest of each first."""
    query = select(Artifact).where(Artifact.session_id == session_id)
    return list(db.scalars(query.order_by(Artifact.path, Artifact.position.desc())))


def find_artifact(db: Session, session_id: str, path: str, *, step: str | None = None) -> Artifact:
    """Return the version of one file that a step wrote, else the newest, with its content. Raises NotFound."""
    query = select(Artifact).where(Artifact.session_id == session_id, Artifact.path == path)
    if step is not None:
        query = query.where(Artifact.step_key == step)
    found = db.scalar(query.order_by(Artifact.position.desc()).limit(1).options(undefer(Artifact.content)))
    if found is None:
        raise NotFound("This session has no such file." if step is None else "This session has no such version.")
    return found
