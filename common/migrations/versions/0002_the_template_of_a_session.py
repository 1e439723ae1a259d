"""The template that a session came from."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add it; of the sessions that are there nobody knows."""
    op.add_column("sessions", sa.Column("template_id", sa.String(), nullable=True))
    op.add_column("sessions", sa.Column("template_version", sa.Integer(), nullable=True))
    op.add_column("sessions", sa.Column("template_name", sa.String(), nullable=True))
    has_one = sa.text("template_id IS NOT NULL")
    op.create_index(
        "ix_sessions_template_id",
        "sessions",
        ["template_id", "owner_id"],
        sqlite_where=has_one,
        postgresql_where=has_one,
    )


def downgrade() -> None:
    """Take it away again."""
    op.drop_index("ix_sessions_template_id", "sessions")
    for column in ("template_name", "template_version", "template_id"):
        op.drop_column("sessions", column)
