"""Private folders go once their sessions are gone, and nothing else goes."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from common.database import Database
from common.ids import new_id
from common.models import FlowSession
from common.queries import claims
from common.queries.sessions import delete_session
from common.settings import Settings
from common.states import State
from tests.support.data import claim, make_session, make_user
from tests.support.installation import Installation
from tests.support.waiting import wait_until
from workers.private_folders import MARK, PrivateFolders


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "home" / "sessions"


def make_folder(root: Path, name: str) -> Path:
    folder = root / name
    (folder / "deep").mkdir(parents=True)
    (folder / "deep" / "notes.md").write_text("x")
    return folder


def remains(root: Path) -> set[str]:
    return {path.name for path in root.iterdir()}


def test_only_folders_of_sessions_that_are_gone_are_removed(database: Database, root: Path) -> None:
    user = make_user(database)
    queued, ended, deleted = (make_session(database, user) for _ in range(3))
    running = claim(database, make_session(database, user))
    for session in (ended, deleted):
        end(database, session)
    with database.write() as db:
        delete_session(db, deleted.id, by=user)
    for session in (queued, running, ended, deleted):
        make_folder(root, session.id)
    assert PrivateFolders(root, database).clean() == 1
    assert remains(root) == {MARK, queued.id, running.id, ended.id}
    assert (root / running.id / "deep" / "notes.md").read_text() == "x"
    assert PrivateFolders(root, database).clean() == 0


def test_what_is_no_folder_of_a_session_stays(database: Database, root: Path, tmp_path: Path) -> None:
    outside = make_folder(tmp_path, "outside")
    make_folder(root, "my-own-notes")
    make_folder(root, new_id().upper())
    (root / (linked := new_id())).symlink_to(outside)
    (root / (file := new_id())).write_text("x")
    before = remains(root)
    assert PrivateFolders(root, database).clean() == 0
    assert remains(root) == before | {MARK}
    assert {linked, file} <= before


def test_a_link_in_a_folder_is_removed_and_what_it_leads_to_stays(
    database: Database, root: Path, tmp_path: Path
) -> None:
    outside = make_folder(tmp_path, "outside")
    gone = make_folder(root, new_id())
    (gone / "out").symlink_to(outside)
    (gone / "deep" / "file.md").symlink_to(outside / "deep" / "notes.md")
    assert PrivateFolders(root, database).clean() == 1
    assert (outside / "deep" / "notes.md").read_text() == "x"


def test_the_folders_of_another_database_stay(database: Database, root: Path) -> None:
    """Somebody may start the same data folder on another database, and go back later."""
    folder = make_folder(root, new_id())
    (root / MARK).write_text(new_id())
    assert PrivateFolders(root, database).clean() == 0
    assert folder.exists()
    (root / MARK).write_text("")  # of a process that was killed as it wrote it
    assert PrivateFolders(root, database).clean() == 0
    assert folder.exists()


def test_more_folders_than_are_asked_for_at_once_are_all_looked_at(database: Database, root: Path) -> None:
    user = make_user(database)
    kept = make_session(database, user)
    make_folder(root, kept.id)
    for _ in range(1100):
        (root / new_id()).mkdir()
    assert PrivateFolders(root, database).clean() == 1100
    assert remains(root) == {MARK, kept.id}


def test_a_folder_that_cannot_be_removed_hinders_no_other(
    database: Database, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stuck, gone = sorted(make_folder(root, new_id()) for _ in range(2))
    remove = shutil.rmtree

    def refuse(folder: Path) -> None:
        if folder == stuck:
            raise PermissionError(13, "Permission denied")
        remove(folder)

    monkeypatch.setattr(shutil, "rmtree", refuse)
    assert PrivateFolders(root, database).clean() == 1
    assert stuck.exists()
    assert not gone.exists()


def test_a_worker_process_removes_them_as_it_starts(
    make_settings: Callable[..., Settings], database_url: str, redis_url: str
) -> None:
    settings = make_settings(database_url=database_url, redis_url=redis_url, ollama_host="http://127.0.0.1:9")
    gone = make_folder(settings.private_folders, new_id())
    with Installation(settings) as installation:
        kept = installation.create(model="llama3")
        make_folder(settings.private_folders, kept.id)
        installation.start_worker()
        wait_until(lambda: not gone.exists(), "the folder is gone", 30)
    assert (settings.private_folders / kept.id / "deep" / "notes.md").exists()


def end(database: Database, session: FlowSession) -> None:
    epoch = claim(database, session).epoch
    with database.write() as db:
        claims.finish_session(db, session.id, epoch=epoch, state=State.COMPLETED, result="Done.")
