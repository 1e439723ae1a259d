"""Steps: the journal of a session."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from common.models.base import Base, Json


class Step(Base):
    """One committed unit of a session: it never runs again."""

    __tablename__ = "steps"

    session_id: Mapped[str] = mapped_column(ForeignKey("sessions.id", ondelete="CASCADE"), primary_key=True)
    #: A place in the flow, the same on every replay.
    key: Mapped[str] = mapped_column(primary_key=True)
    #: The order of commits in the session, from 1.
    position: Mapped[int]
    kind: Mapped[str]
    agent: Mapped[str]
    role: Mapped[str | None]
    model: Mapped[str | None]
    input_hash: Mapped[str]
    request: Mapped[dict[str, Any]] = mapped_column(Json)
    output: Mapped[dict[str, Any]] = mapped_column(Json)
    prompt_tokens: Mapped[int] = mapped_column(default=0)
    output_tokens: Mapped[int] = mapped_column(default=0)
    #: The epoch of the worker that committed it.
    epoch: Mapped[int]
    started_at: Mapped[dt.datetime]
    ended_at: Mapped[dt.datetime]

    __table_args__ = (
        UniqueConstraint("session_id", "position"),
        # The tokens of the last hour, without a look at any step.
        Index("ix_steps_ended_at", "ended_at", "output_tokens"),
    )
