"""The models that a session speaks with, those of its roles among them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from common.models.base import Json
from common.queries.model_usage import full_name

revision = "0003"
down_revision = "0002"

_AT_A_TIME = 5_000


def upgrade() -> None:
    """Make the table, and fill it from sessions and their logs."""
    op.create_table(
        "session_models",
        sa.Column("session_id", sa.String(), nullable=False),
        sa.Column("model", sa.String(), nullable=False),
        sa.Column("owner_id", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["session_id"], ["sessions.id"], name="fk_session_models_session_id_sessions", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("session_id", "model", name="pk_session_models"),
    )
    op.create_index("ix_session_models_model", "session_models", ["model", "session_id"])
    op.create_index("ix_session_models_owner_id", "session_models", ["owner_id", "model", "session_id"])
    fill(op.get_bind())


def fill(connection: sa.Connection) -> None:
    """Note the models of all sessions: their own, those that were named by role, and those that were chosen."""
    names = ("id", "owner_id", "model")
    sessions = sa.table("sessions", *map(sa.column, names), sa.column("options", Json))
    events = sa.table("events", *map(sa.column, ("session_id", "type")), sa.column("data", Json))
    formed = connection.execute(sa.select(events.c.session_id, events.c.data).where(events.c.type == "swarm_formed"))
    chosen = {row.session_id: row.data.get("models", {}) for row in formed}
    rows = []
    for session in connection.execute(sa.select(sessions)):
        by_role = session.options.get("models")
        models = [session.model, *(by_role.values() if isinstance(by_role, dict) else [])]
        models += chosen.get(session.id, {}).values()
        rows += [
            {"session_id": session.id, "model": name, "owner_id": session.owner_id}
            for name in {full_name(model) for model in models if model}
        ]
    table = sa.table("session_models", *map(sa.column, ("session_id", "model", "owner_id")))
    for first in range(0, len(rows), _AT_A_TIME):
        connection.execute(sa.insert(table), rows[first : first + _AT_A_TIME])


def downgrade() -> None:
    """Take it away again."""
    op.drop_table("session_models")
