"""The database itself: the revision of its tables, and which one it is."""

from __future__ import annotations

from sqlalchemy import column, inspect, select, table
from sqlalchemy.orm import Session

from common.models import Installation


def read_revision(db: Session) -> str | None:
    """Return the migration that the tables stand at, or None before the first one."""
    if not inspect(db.connection()).has_table("alembic_version"):
        return None
    return db.scalar(select(table("alembic_version", column("version_num")).c.version_num))


def read_installation(db: Session) -> str:
    """Return the id that tells this database from all others."""
    return db.scalars(select(Installation.id)).one()
