"""Session models: which models each session speaks with, so that counting needs no look at the sessions themselves."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from common.models.base import Base


class SessionModel(Base):
    """A model that a session speaks with: its own one, or that of a role, as told or as chosen automatically."""

    __tablename__ = "session_models"

    session_id: Mapped[str] = mapped_column(ForeignKey("sessions.id", ondelete="CASCADE"), primary_key=True)
    #: With its tag, as `common.queries.model_usage.full_name` writes it.
    model: Mapped[str] = mapped_column(primary_key=True)
    #: The session's, which never changes.
    owner_id: Mapped[str]

    __table_args__ = (
        # How many there are, and which are the latest: of all, and of one owner.
        Index("ix_session_models_model", "model", "session_id"),
        Index("ix_session_models_owner_id", "owner_id", "model", "session_id"),
    )
