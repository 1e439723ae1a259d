"""The installation: which database this is."""

from __future__ import annotations

from sqlalchemy.orm import Mapped, mapped_column

from common.models.base import Base


class Installation(Base):
    """One row, made with the tables: an id that tells this database from all others."""

    __tablename__ = "installation"

    id: Mapped[str] = mapped_column(primary_key=True)
