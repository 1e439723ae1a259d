"""The history of the tables leads to the tables of the code."""

from __future__ import annotations

from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from common import migrations
from common.database import Database
from common.models import Base
from common.queries.revision import read_revision

#: What searches look through is each database's own, and no table of the code.
_SEARCH = ("session_search", "session_words", "ix_session_search")


def test_the_head_is_the_last_revision_of_the_folder() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    config.set_main_option("path_separator", "os")
    assert ScriptDirectory.from_config(config).get_current_head() == migrations.HEAD


def test_the_migrations_make_the_tables_that_the_code_has(database: Database) -> None:
    with database.read() as db:
        assert read_revision(db) == migrations.HEAD
        options = {"compare_type": True, "include_name": lambda name, *_: not str(name).startswith(_SEARCH)}
        context = MigrationContext.configure(db.connection(), opts=options)
        assert compare_metadata(context, Base.metadata) == []


def test_upgrading_again_changes_nothing(database_url: str) -> None:
    assert migrations.upgrade(database_url) == migrations.HEAD
