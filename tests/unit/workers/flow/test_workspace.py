"""The workspace cannot be left, and its files are whole or not there."""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import stat
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from common.errors import WorkspaceError
from tests.unit.workers.flow.flipping import Flipping
from workers.flow import beneath
from workers.flow.beneath import OpenFolder, choose_opener, open_by_kernel, open_by_walk
from workers.flow.workspace import MOST_FILE_BYTES, MOST_FILES, Workspace


@pytest.fixture(params=[open_by_kernel, open_by_walk], ids=["kernel", "walk"])
def opener(request: pytest.FixtureRequest) -> OpenFolder:
    """Every test of a workspace runs with both ways of opening a folder."""
    way: OpenFolder = request.param
    if way is open_by_kernel and choose_opener() is not open_by_kernel:
        pytest.skip("this system has no openat2, or forbids it")
    return way


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    folder = tmp_path / "outside"
    folder.mkdir()
    (folder / "secret.txt").write_text("secret")
    return folder


@pytest.fixture
def workspace(tmp_path: Path, outside: Path, opener: OpenFolder) -> Workspace:
    root = tmp_path / "root"
    root.mkdir()
    return Workspace(root, open_folder=opener)


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
        "/proc/self/root/etc/passwd",
        "..",
        "../..",
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
        with pytest.raises(WorkspaceError, match=r"\.$"):
            workspace.write(path, b"overwritten", 1)
        with pytest.raises(WorkspaceError, match=rf"^{path} cannot be used: a part of it is a link.*\.$"):
            workspace.read(path)
    assert contents(outside) == ["secret.txt"]
    assert (outside / "secret.txt").read_text() == "secret"
    assert workspace.list() == ()


def test_a_hard_link_is_replaced_not_written_through(workspace: Workspace, outside: Path) -> None:
    os.link(outside / "secret.txt", workspace.root / "a.txt")
    workspace.write("a.txt", b"mine", 1)
    assert (outside / "secret.txt").read_text() == "secret"
    assert (outside / "secret.txt").stat().st_nlink == 1


def test_a_hard_link_reads_like_the_plain_file_that_it_is(workspace: Workspace, outside: Path) -> None:
    """No path tells it from others; who may make one here is the system's to say, and package managers do."""
    os.link(outside / "secret.txt", workspace.root / "a.txt")
    assert workspace.read("a.txt") == b"secret"


def test_a_fifo_a_socket_or_a_folder_is_no_file_and_nothing_blocks(workspace: Workspace) -> None:
    os.mkfifo(workspace.root / "fifo")
    (workspace.root / "folder").mkdir()
    with socket.socket(socket.AF_UNIX) as listener, contextlib.chdir(workspace.root):  # its path may be long
        listener.bind("socket")
    for path in ("fifo", "folder", "socket", "fifo/x"):
        with pytest.raises(WorkspaceError, match=rf"{path.partition('/')[0]}.* (is not|cannot|is there).*\.$"):
            workspace.write(path, b"x", 1)
        with pytest.raises(WorkspaceError, match=rf"^{path} (is not|cannot).*\.$"):
            workspace.read(path)
    assert workspace.list() == ()


def test_a_device_is_never_opened(workspace: Workspace) -> None:
    try:
        os.mknod(workspace.root / "zero", stat.S_IFCHR | 0o666, os.makedev(1, 5))
    except PermissionError:
        pytest.skip("only root makes devices")
    with pytest.raises(WorkspaceError, match="not a plain file"):
        workspace.read("zero")
    with pytest.raises(WorkspaceError, match="not a plain file"):
        workspace.write("zero", b"x", 1)
    assert workspace.list() == ()


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="there is no /proc")
@pytest.mark.parametrize("path", ["root/etc/passwd", "cwd/pyproject.toml", "exe", "fd/0", "cwd"])
def test_the_links_of_proc_lead_nowhere(opener: OpenFolder, path: str) -> None:
    with pytest.raises(WorkspaceError):
        Workspace(Path("/proc") / str(os.getpid()), open_folder=opener).read(path)


@pytest.mark.parametrize("path", ["..", "a/../../outside", "/", "/etc", "link", "a/link"])
@pytest.mark.skipif(choose_opener() is not open_by_kernel, reason="this system has no openat2, or forbids it")
def test_the_kernel_itself_refuses_every_way_out(tmp_path: Path, outside: Path, path: str) -> None:
    """`check_path` lets most of these not even through; this is the line behind it."""
    (tmp_path / "root" / "a").mkdir(parents=True)
    for link in ("link", "a/link"):
        (tmp_path / "root" / link).symlink_to(outside)
    root = os.open(tmp_path / "root", beneath.FOLDER_FLAGS)
    try:
        with pytest.raises(OSError) as refused:
            open_by_kernel(root, path.split("/") if not path.startswith("/") else [path])
        assert refused.value.errno in {errno.EXDEV, errno.ELOOP, errno.ENOTDIR}
    finally:
        os.close(root)


@pytest.mark.parametrize("code", [errno.ENOSYS, errno.EPERM])
def test_a_kernel_without_the_call_or_a_filter_means_the_walk(code: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(root: int, parts: Sequence[str]) -> int:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(beneath, "open_by_kernel", refuse)
    assert choose_opener.__wrapped__() is open_by_walk


def test_a_private_folder_is_made_by_the_first_write_for_its_owner_alone(tmp_path: Path) -> None:
    private = Workspace(tmp_path / "sessions" / "1", makes_root=True)
    assert private.list() == ()
    with pytest.raises(WorkspaceError, match="does not exist"):
        private.read("a.txt")
    assert not (tmp_path / "sessions").exists()
    private.write("a.txt", b"x", 1)
    assert private.list() == ("a.txt",)
    assert private.root.stat().st_mode & 0o777 == 0o700


def test_a_project_folder_that_became_a_link_is_not_followed_below_the_folder_it_lies_in(
    tmp_path: Path, outside: Path, opener: OpenFolder
) -> None:
    """A session of the folder around it may have moved it away; that folder itself may be a link, as people set it."""
    roots = tmp_path / "roots"
    (tmp_path / "real" / "team" / "app").mkdir(parents=True)
    roots.symlink_to(tmp_path / "real")
    workspace = Workspace(roots / "team" / "app", below=roots, open_folder=opener)
    workspace.write("a.txt", b"x", 1)
    assert workspace.read("a.txt") == b"x"
    for moved in ("team/app", "team"):
        (roots / moved).rename(roots / "away")
        (roots / moved).symlink_to(outside)
        for attempt in (lambda: workspace.write("secret.txt", b"x", 2), lambda: workspace.read("secret.txt")):
            with pytest.raises(WorkspaceError, match="a part of it is a link"):
                attempt()
        with pytest.raises(WorkspaceError):
            workspace.list()
        (roots / moved).unlink()
        (roots / "away").rename(roots / moved)
    assert contents(outside) == ["secret.txt"]
    assert (outside / "secret.txt").read_text() == "secret"


def test_a_project_folder_that_is_gone_is_not_made_again(tmp_path: Path) -> None:
    gone = Workspace(tmp_path / "gone")
    with pytest.raises(WorkspaceError, match="does not exist"):
        gone.write("a.txt", b"x", 1)
    assert contents(tmp_path) == []


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
    (workspace.root / "run.sh").chmod(0o4755)
    workspace.write("run.sh", b"2", 2)
    assert stat.S_IMODE((workspace.root / "run.sh").stat().st_mode) == 0o755  # but none to act as its owner


@pytest.mark.skipif(sys.platform != "linux", reason="swapping two names at once is Linux's")
def test_folders_and_files_that_flip_to_links_while_others_read_and_write_never_lead_out(
    workspace: Workspace, outside: Path
) -> None:
    """One thread swaps a folder, and a file in it, for links to the outside, as fast as it can."""
    escapes: list[str] = []
    number = 0

    def read() -> None:
        paths = ("a/secret.txt", "a/deep/secret.txt", "b/secret.txt")
        escapes.extend(path for path in paths if attack.note(workspace.read, path) == b"secret")

    def write() -> None:
        nonlocal number
        for path in ("a/secret.txt", "a/deep/secret.txt", f"a/new-{number % 20}/x.txt", "b/y.txt"):
            number += 1
            attack.note(workspace.write, path, b"written", number)

    attack = Flipping(workspace.root, outside)
    attack.run(read, write)
    assert escapes == []
    attack.check()


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
