"""Model orders: models that somebody wants pulled or deleted on the model server; worker processes carry them out."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import BigInteger, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from common.ids import new_id
from common.models.account import User
from common.models.base import Base, db_now


class ModelOrder(Base):
    """One model to pull or to delete."""

    __tablename__ = "model_orders"

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    owner_id: Mapped[str] = mapped_column(ForeignKey(User.id, ondelete="CASCADE"))
    #: `pull` or `delete`.
    kind: Mapped[str]
    model: Mapped[str]
    #: A value of `common.states.OrderState`.
    state: Mapped[str] = mapped_column(index=True)
    #: False once somebody wants it cancelled.
    wanted: Mapped[bool] = mapped_column(default=True)
    #: The worker process that carries it out, and until when it is its own without a renewal.
    worker: Mapped[str | None]
    lease_until: Mapped[dt.datetime | None]
    #: What the model server said last, and how far it is; 0 of 0 before it tells.
    progress: Mapped[str | None]
    completed_bytes: Mapped[int] = mapped_column(BigInteger, default=0)
    total_bytes: Mapped[int] = mapped_column(BigInteger, default=0)
    error: Mapped[str | None]
    created_at: Mapped[dt.datetime] = mapped_column(default=db_now())
    ended_at: Mapped[dt.datetime | None]
