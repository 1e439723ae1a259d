"""Turns: which process does a job that only one may do at a time."""

from __future__ import annotations

import datetime as dt

from sqlalchemy.orm import Mapped, mapped_column

from common.models.base import Base


class Turn(Base):
    """One such job, and who has the turn until when."""

    __tablename__ = "turns"

    name: Mapped[str] = mapped_column(primary_key=True)
    holder: Mapped[str]
    until: Mapped[dt.datetime]
