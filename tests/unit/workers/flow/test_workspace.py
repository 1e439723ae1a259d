"""The workspace cannot be left, and its files are whole or not there."""

from __future__ import annotations

import contextlib
import itertools
import os
import threading
from pathlib import Path

import pytest

from common.errors import WorkspaceError
from workers.flow.workspace import MOST_FILE_BYTES, MOST_FILES, Workspace


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    folder = tmp_path / "outside"
    folder.mkdir()
    (folder / "secret.txt").write_text("secret")
    return folder


@pytest.fixture
def workspace(tmp_path: Path, outside: Path) -> Workspace:
    root = tmp_path / "root"
    root.mkdir()
    return Workspace(root)


def contents(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def test_a_file_is_written_read_and_listed(workspace: Workspace) -> None:
    assert workspace.write("app/core/main.py", b"x", 1)
    assert workspace.write("./read me.md", b"y", 2)
    assert workspace.read("app/core/main.py") == b"x"
    assert workspace.list() == ("app/core/main.py", "read me.md")
    assert contents(workspace.root) == ["app", "app/core", "app/core/main.py", "read me.md"]  # nothing temporary


def test_the_later_position_wins_whatever_the_order_of_writing(workspace: Workspace) -> None:
    assert workspace.write("a", b"later", 5)
    assert not workspace.write("./a", b"earlier", 3)
    assert workspace.write("a", b"again", 5)
    assert workspace.read("a") == b"again"


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/etc/passwd",
        "..",
        "../outside/secret.txt",
        "a/../../outside/secret.txt",
        "a/./b",
        "a//b",
        "a/",
        ".",
        "a\x00b",
        "a\nb",
        "a\\..\\b",
        "~/x",
        "C:/x",
        " a",
        "a /b",
        "broken \ud800",
        "x" * 201,
        "x/" * 300 + "y",
        "/".join("abcdefghijklmnopq"),
        ".git/hooks/post-commit",
        "sub/.GIT/config",
    ],
)
def test_a_path_that_leaves_the_folder_or_is_no_path_is_refused(workspace: Workspace, path: str) -> None:
    with pytest.raises(WorkspaceError):
        workspace.write(path, b"x", 1)
    with pytest.raises(WorkspaceError):
        workspace.read(path)
    assert contents(workspace.root) == []


@pytest.mark.parametrize("path", ["%2e%2e/outside/x", "..%2foutside", "…/x", "\uff0e\uff0e/x"])
def test_what_only_looks_like_a_way_out_is_a_plain_name(workspace: Workspace, outside: Path, path: str) -> None:
    workspace.write(path, b"x", 1)
    assert workspace.list() == (path,)
    assert contents(outside) == ["secret.txt"]


def test_no_symlink_is_followed_on_any_part(workspace: Workspace, outside: Path) -> None:
    (workspace.root / "link").symlink_to(outside)
    (workspace.root / "file.txt").symlink_to(outside / "secret.txt")
    (workspace.root / "dangling").symlink_to(outside / "new.txt")
    (workspace.root / "self").symlink_to(workspace.root)
    for path in ("link/secret.txt", "link/new.txt", "link/deep/new.txt", "file.txt", "dangling", "self/a"):
        with pytest.raises(WorkspaceError):
            workspace.write(path, b"overwritten", 1)
        with pytest.raises(WorkspaceError):
            workspace.read(path)
    assert contents(outside) == ["secret.txt"]
    assert (outside / "secret.txt").read_text() == "secret"
    assert workspace.list() == ()


def test_a_hard_link_is_replaced_not_written_through(workspace: Workspace, outside: Path) -> None:
    os.link(outside / "secret.txt", workspace.root / "a.txt")
    workspace.write("a.txt", b"mine", 1)
    assert (outside / "secret.txt").read_text() == "secret"


def test_a_fifo_or_a_folder_is_no_file_and_nothing_blocks(workspace: Workspace) -> None:
    os.mkfifo(workspace.root / "fifo")
    (workspace.root / "folder").mkdir()
    for path in ("fifo", "folder", "fifo/x"):
        with pytest.raises(WorkspaceError):
            workspace.write(path, b"x", 1)
        with pytest.raises(WorkspaceError):
            workspace.read(path)
    assert workspace.list() == ()


def test_a_missing_file_is_told_by_name(workspace: Workspace) -> None:
    with pytest.raises(WorkspaceError, match=r"a/b\.txt does not exist"):
        workspace.read("a/b.txt")


def test_sizes_and_counts_are_bounded(workspace: Workspace) -> None:
    with pytest.raises(WorkspaceError, match="bytes"):
        workspace.write("big", b"x" * (MOST_FILE_BYTES + 1), 1)
    (workspace.root / "grown").write_bytes(b"x" * (MOST_FILE_BYTES + 1))
    with pytest.raises(WorkspaceError, match="bytes"):
        workspace.read("grown")
    for number in range(MOST_FILES):
        workspace.write(f"f{number}", b"", number)
    with pytest.raises(WorkspaceError, match="at most"):
        workspace.write("one-more", b"", 1000)
    assert workspace.write("f0", b"again", 1001)


def test_a_replaced_file_keeps_its_permissions(workspace: Workspace) -> None:
    workspace.write("run.sh", b"1", 1)
    (workspace.root / "run.sh").chmod(0o755)
    workspace.write("run.sh", b"2", 2)
    assert (workspace.root / "run.sh").stat().st_mode & 0o777 == 0o755


def test_a_folder_that_turns_into_a_link_while_we_write_is_never_followed(workspace: Workspace, outside: Path) -> None:
    """The last part of the path flips between a folder and a link to the outside, as fast as another thread can."""
    place = workspace.root / "a"
    ended = threading.Event()

    def flip() -> None:
        for number in itertools.count():
            if ended.is_set():
                return
            with contextlib.suppress(OSError):  # the writer may be the first to put a folder there
                place.rename(workspace.root / f"old-{number}")
                place.symlink_to(outside)
            with contextlib.suppress(OSError):
                place.unlink()

    thread = threading.Thread(target=flip)
    thread.start()
    try:
        for number in range(500):
            with contextlib.suppress(WorkspaceError):
                workspace.write("a/x.txt", b"x", number)
    finally:
        ended.set()
        thread.join()
    assert contents(outside) == ["secret.txt"]


def test_a_folder_is_listed_with_what_is_below_it_or_one_level_at_a_time(tmp_path: Path) -> None:
    for path in ("a/b/one.txt", "a/two.txt", ".git/config", "three.txt"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).touch()
    (tmp_path / "link").symlink_to("/tmp")
    workspace = Workspace(tmp_path)
    assert workspace.list("a") == ("a/b/one.txt", "a/two.txt")
    assert workspace.entries() == ("a/", "three.txt")
    assert workspace.entries("a") == ("a/b/", "a/two.txt")
    for list_it in (workspace.list, workspace.entries):
        for wrong in ("link", "..", ".git", "nosuch", "three.txt"):
            with pytest.raises(WorkspaceError):
                list_it(wrong)
