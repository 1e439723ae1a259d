"""Events: the gapless log of a session."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from common.models.base import Base, Json, db_now


class EventRecord(Base):
    """One durable event, numbered from 1 without gaps within its session."""

    __tablename__ = "events"

    session_id: Mapped[str] = mapped_column(ForeignKey("sessions.id", ondelete="CASCADE"), primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[dt.datetime] = mapped_column(default=db_now())
    type: Mapped[str]
    #: A `common.events` model as JSON, without `type`.
    data: Mapped[dict[str, Any]] = mapped_column(Json)
