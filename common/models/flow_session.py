"""Sessions: one task given to a swarm, from creation to its end."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import CheckConstraint, Computed, Double, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from common.ids import new_id
from common.models.account import User
from common.models.base import Base, Json, db_now
from common.states import ACTIVE_STATES, Architecture, Desired, State

#: The columns that the history may be sorted by.
HISTORY_ORDERS = ("ended_at", "created_at", "ran_seconds", "tokens", "sort_name")
#: What else the indexes of these orders hold: rows that a filter leaves out are passed over without reading them.
_FILTERED = ("id", "state", "architecture", "model")


def _one_of(column: str, values: type[State | Desired | Architecture]) -> CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=f"ck_sessions_{column}")


def _of_ended(name: str, *columns: str) -> Index:
    where = text("ended_at IS NOT NULL")
    return Index(name, *columns, sqlite_where=where, postgresql_where=where)


def _of_active(name: str, *columns: str) -> Index:
    where = text("state IN ({})".format(", ".join(f"'{state}'" for state in sorted(ACTIVE_STATES))))
    return Index(name, *columns, sqlite_where=where, postgresql_where=where)


class FlowSession(Base):
    """A session. Named so, because `Session` is SQLAlchemy's and `session` Flask's."""

    __tablename__ = "sessions"

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    owner_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    name: Mapped[str]
    task: Mapped[str]
    #: How many drones it has.
    workers: Mapped[int]
    #: A value of `common.states.Architecture`.
    architecture: Mapped[str]
    #: Empty until its first claim where the creator named none: the worker then takes the server's default.
    model: Mapped[str]
    project_folder: Mapped[str | None]
    #: A `common.options.FlowOptions` as JSON.
    options: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    #: What it was made from, where that was a template: a preset's word or a row's id, which may be gone by now.
    template_id: Mapped[str | None]
    #: None for a preset.
    template_version: Mapped[int | None]
    #: As it was called then.
    template_name: Mapped[str | None]

    state: Mapped[str] = mapped_column(default=State.QUEUED)
    desired: Mapped[str] = mapped_column(default=Desired.RUN)
    #: Why it is in its state, or why it waits; a sentence for people.
    reason: Mapped[str | None]
    #: How many times it was claimed; every write of a worker is conditional on it.
    epoch: Mapped[int] = mapped_column(default=0)
    lease_until: Mapped[dt.datetime | None]
    #: The number of the owner's last write under this claim, so that one whose answer was lost is not done twice.
    writes: Mapped[int] = mapped_column(default=0)
    #: The worker process that owns it, or owned it last.
    worker: Mapped[str | None]
    #: Claims in a row that ended with an expired lease and without a new step.
    crashes: Mapped[int] = mapped_column(default=0)
    #: When its doorbell was rung last; None once it was claimed.
    rung_at: Mapped[dt.datetime | None]
    #: A value of `common.states.WaitsFor` while it is paused until something is back; None in any other pause.
    waits_for: Mapped[str | None]
    #: When it is tried again at the earliest; set together with `waits_for`.
    wake_at: Mapped[dt.datetime | None]
    #: Pauses of that kind in a row without a new step; each doubles the time until the next try.
    setbacks: Mapped[int] = mapped_column(default=0)
    #: What the last pause or stop cost: a `common.events.Receipt` as JSON.
    receipt: Mapped[dict[str, Any] | None] = mapped_column(Json)
    idempotency_key: Mapped[str | None]
    #: The framework's version at its first claim.
    flow_version: Mapped[int | None]
    last_seq: Mapped[int] = mapped_column(default=0)

    created_at: Mapped[dt.datetime] = mapped_column(default=db_now())
    started_at: Mapped[dt.datetime | None]
    ended_at: Mapped[dt.datetime | None]
    result: Mapped[str | None]
    error: Mapped[str | None]

    calls: Mapped[int] = mapped_column(default=0)
    prompt_tokens: Mapped[int] = mapped_column(default=0)
    output_tokens: Mapped[int] = mapped_column(default=0)
    #: Committed steps, and how many the flow expects in all as far as it knows.
    steps_done: Mapped[int] = mapped_column(default=0)
    steps_planned: Mapped[int] = mapped_column(default=0)

    # What the database computes, for the orders of the history.
    #: From its start to its end; 0 where it never ran, or has not ended.
    ran_seconds: Mapped[float] = mapped_column(Double, Computed("coalesce(ended_at - started_at, 0)", persisted=True))
    #: Read and written by the model.
    tokens: Mapped[int] = mapped_column(Computed("prompt_tokens + output_tokens", persisted=True))
    sort_name: Mapped[str] = mapped_column(Computed("lower(name)", persisted=True))

    owner: Mapped[User] = relationship(lazy="joined", innerjoin=True)

    __table_args__ = (
        _one_of("state", State),
        _one_of("desired", Desired),
        _one_of("architecture", Architecture),
        CheckConstraint("workers BETWEEN 1 AND 16", name="ck_sessions_workers"),
        UniqueConstraint("owner_id", "idempotency_key"),
        # The history in each of its orders: of all, and of one owner.
        *(_of_ended(f"ix_sessions_{column}", column, *_FILTERED) for column in HISTORY_ORDERS),
        *(_of_ended(f"ix_sessions_owner_id_{column}", "owner_id", column, *_FILTERED) for column in HISTORY_ORDERS),
        # The queue and the running ones, of all and of one owner: a small part of a long table.
        _of_active("ix_sessions_active", "state", "created_at"),
        _of_active("ix_sessions_owner_id_active", "owner_id", "state", "created_at"),
        # How often templates were used.
        Index(
            "ix_sessions_template_id",
            "template_id",
            "owner_id",
            sqlite_where=text("template_id IS NOT NULL"),
            postgresql_where=text("template_id IS NOT NULL"),
        ),
    )

    @property
    def duration_seconds(self) -> float | None:
        """From its start to its end; None unless it has both."""
        if self.started_at is None or self.ended_at is None:
            return None
        return max(0.0, (self.ended_at - self.started_at).total_seconds())
