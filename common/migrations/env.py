"""Run by Alembic: hands it the connection of `common.migrations.upgrade`, inside that transaction."""

from __future__ import annotations

from alembic import context
from sqlalchemy import Connection, text

from common.models import Base


def run(connection: Connection) -> None:
    """Upgrade on `connection`; whoever asks at the same time waits."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET LOCAL lock_timeout = '60s'"))
        connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('ollama-flow migrations'))"))
    context.configure(connection=connection, target_metadata=Base.metadata, render_as_batch=True, compare_type=True)
    context.run_migrations()


run(context.config.attributes["connection"])
