"""The history of the tables leads to the tables of the code."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import delete, select

from common import migrations
from common.database import Database
from common.events import SwarmFormed
from common.models import Base, SessionModel
from common.queries.events import append_events
from common.queries.revision import read_revision
from tests.support.data import make_session, make_user

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


def test_the_models_of_the_sessions_that_were_there_before_are_found(database: Database) -> None:
    owner = make_user(database)
    named = make_session(database, owner, model="llama3", options={"models": {"developer": "codellama:7b"}})
    auto = make_session(database, owner, model="", options={"models": "auto"})
    formed = SwarmFormed(architecture="CENTRALIZED", model="tiny:1b", agents=[], models={"analyst": "qwen3"})
    with database.write() as db:
        append_events(db, auto.id, [formed])
        known = select(SessionModel.session_id, SessionModel.model)
        before = {tuple(row) for row in db.execute(known)}
        db.execute(delete(SessionModel))
        fill = import_module("common.migrations.versions.0003_the_models_of_a_session").fill
        fill(db.connection())
        after = {tuple(row) for row in db.execute(known)}
    assert before == after
    assert after == {(named.id, "llama3:latest"), (named.id, "codellama:7b"), (auto.id, "qwen3:latest")}


def test_upgrading_again_changes_nothing(database_url: str) -> None:
    assert migrations.upgrade(database_url) == migrations.HEAD
