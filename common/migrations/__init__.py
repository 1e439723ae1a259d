"""The history of the tables (Alembic), and the way to the newest."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection

from common.database import Database
from common.queries.revision import read_revision

#: The newest revision, the last of those in `versions/`.
HEAD = "0003"
#: How long one statement of a migration may take: long tables take long.
_STEP_SECONDS = 3600.0


def upgrade(url: str) -> str:
    """Bring the database at `url` to the newest tables, once however many ask at a time; return the revision."""
    database = Database(url, answer_seconds=_STEP_SECONDS)
    try:
        with database.read() as db:
            is_current = read_revision(db) == HEAD
        if not is_current:
            with database.write() as db:
                _upgrade(db.connection())
    finally:
        database.dispose()
    return HEAD


def _upgrade(connection: Connection) -> None:
    # Alembic is slow to import, and most starts find the tables as they should be.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, HEAD)
