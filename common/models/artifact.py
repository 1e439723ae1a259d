"""Artifacts: the files that sessions produced, every version of them."""

from __future__ import annotations

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, LargeBinary
from sqlalchemy.orm import Mapped, deferred, mapped_column

from common.models.base import Base


class Artifact(Base):
    """One version of a file, committed with the step that produced it; the project folder is a projection of these."""

    __tablename__ = "artifacts"

    session_id: Mapped[str] = mapped_column(ForeignKey("sessions.id", ondelete="CASCADE"), primary_key=True)
    #: The position of its step: a later one is a newer version of the path.
    position: Mapped[int] = mapped_column(primary_key=True)
    path: Mapped[str] = mapped_column(primary_key=True)
    step_key: Mapped[str]
    sha256: Mapped[str]
    #: In bytes.
    size: Mapped[int]
    content: Mapped[bytes] = deferred(mapped_column(LargeBinary, nullable=False))

    __table_args__ = (
        ForeignKeyConstraint(["session_id", "step_key"], ["steps.session_id", "steps.key"], ondelete="CASCADE"),
        Index("ix_artifacts_session_id_path", "session_id", "path"),
    )
