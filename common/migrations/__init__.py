"""The history of the tables (Alembic), and the way to the newest."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

from common.database import Database


def upgrade(url: str) -> str:
    """Bring the database at `url` to the newest tables, once however many ask at a time; return the revision."""
    database = Database(url)
    try:
        with database.write() as db:
            config = _config()
            config.attributes["connection"] = db.connection()
            command.upgrade(config, "head")
    finally:
        database.dispose()
    return head_revision()


def head_revision() -> str:
    """Return the newest revision that this code knows."""
    return ScriptDirectory.from_config(_config()).get_current_head() or ""


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.set_main_option("path_separator", "os")
    return config
