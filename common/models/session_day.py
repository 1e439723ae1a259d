"""Session days: how many sessions ended on a day and what they took, so that figures need no look at each of them."""

from __future__ import annotations

from sqlalchemy import BigInteger, Double, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from common.models.base import Base


class SessionDay(Base):
    """The sessions of one owner that ended on one day in one state; triggers keep it up to date."""

    __tablename__ = "session_days"

    owner_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    #: Days since 1970-01-01, in UTC.
    day: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    #: A final one of `common.states.State`.
    state: Mapped[str] = mapped_column(primary_key=True)
    count: Mapped[int]
    #: How long they ran, in all.
    seconds: Mapped[float] = mapped_column(Double)
    tokens: Mapped[int] = mapped_column(BigInteger)
