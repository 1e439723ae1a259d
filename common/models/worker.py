"""Worker processes."""

from __future__ import annotations

import datetime as dt

from sqlalchemy.orm import Mapped, mapped_column

from common.models.base import Base, db_now


class Worker(Base):
    """A worker process's record; it is alive while `last_seen` is recent."""

    __tablename__ = "worker_processes"

    #: Its name, unique per start: host, pid and a random part.
    name: Mapped[str] = mapped_column(primary_key=True)
    host: Mapped[str]
    pid: Mapped[int]
    version: Mapped[str]
    seats: Mapped[int]
    #: True once it was told to end: it claims nothing new.
    draining: Mapped[bool] = mapped_column(default=False)
    #: True once somebody asked it to drain and to end.
    drain_wanted: Mapped[bool] = mapped_column(default=False)
    #: Whether the model server answered it lately.
    model_server_up: Mapped[bool] = mapped_column(default=False)
    started_at: Mapped[dt.datetime] = mapped_column(default=db_now())
    last_seen: Mapped[dt.datetime] = mapped_column(default=db_now(), index=True)
