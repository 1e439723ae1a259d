"""The revision of the tables, as the database itself tells it."""

from __future__ import annotations

from sqlalchemy import column, inspect, select, table
from sqlalchemy.orm import Session


def read_revision(db: Session) -> str | None:
    """Return the migration that the tables stand at, or None before the first one."""
    if not inspect(db.connection()).has_table("alembic_version"):
        return None
    return db.scalar(select(table("alembic_version", column("version_num")).c.version_num))
