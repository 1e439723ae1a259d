"""The copy that a command gets, and what is taken back from one that it left, hostile or not."""

from __future__ import annotations

import io
import os
import tarfile
import time
from pathlib import Path

import pytest

from common.errors import WorkspaceError
from workers.flow import copies
from workers.flow.copies import Copy, copy_workspace, pack_files, read_changes
from workers.flow.workspace import MOST_FILE_BYTES, Workspace


def pack(*entries: tuple[str, bytes, bytes, str]) -> bytes:
    """Return an archive of entries: path, type, content, and where a link leads."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for path, kind, content, link in entries:
            entry = tarfile.TarInfo(path)
            entry.type, entry.linkname, entry.size = kind, link, len(content)
            archive.addfile(entry, io.BytesIO(content))
    return packed.getvalue()


def test_a_copy_holds_the_plain_files_and_no_link_leads_out_of_it(tmp_path: Path) -> None:
    for path in ("a.py", "app/b.py", ".git/config", "app/__pycache__/b.pyc", "node_modules/x/index.js", ".env"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(path)
    (tmp_path / "large").write_bytes(b"x" * (MOST_FILE_BYTES + 1))
    (tmp_path / "shadow").symlink_to("/etc/shadow")
    (tmp_path / "etc").symlink_to("/etc")
    os.mkfifo(tmp_path / "pipe")
    copy = copy_workspace(Workspace(tmp_path))
    assert copy.files == {path: path.encode() for path in (".env", "a.py", "app/b.py")}
    assert copy.missing == {"large"}


def test_a_folder_with_too_many_files_or_too_much_in_them_is_no_folder_for_commands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(4):
        (tmp_path / str(number)).write_bytes(b"x" * 10)
    monkeypatch.setattr(copies, "MOST_COPIED_BYTES", 39)
    with pytest.raises(WorkspaceError, match="too much for a command"):
        copy_workspace(Workspace(tmp_path))
    monkeypatch.setattr(copies, "MOST_COPIED_FILES", 3)
    with pytest.raises(WorkspaceError, match="more than 3 files, too many for a command"):
        copy_workspace(Workspace(tmp_path))


def test_what_was_not_changed_is_not_taken_back() -> None:
    files = {"a.py": b"1", "app/b.py": b"2"}
    assert read_changes(Copy(files=files), pack_files(files)) == copies.Changes()


def test_new_changed_and_deleted_files_are_found() -> None:
    changes = read_changes(
        Copy(files={"same": b"1", "changed": b"1", "gone": b"1"}),
        pack_files({"./same": b"1", "./changed": b"2", "./deep/new": b"3", "./__pycache__/x.pyc": b"4"}),
    )
    assert {draft.path: draft.content for draft in changes.written} == {"changed": b"2", "deep/new": b"3"}
    assert (changes.deleted, changes.refused) == (("gone",), ())


def test_nothing_but_plain_files_with_a_path_inside_is_taken_back() -> None:
    hostile = pack(
        ("./leak", tarfile.SYMTYPE, b"", "/etc/shadow"),
        ("./hard", tarfile.LNKTYPE, b"", "/etc/shadow"),
        ("./pipe", tarfile.FIFOTYPE, b"", ""),
        ("./device", tarfile.BLKTYPE, b"", ""),
        ("../outside", tarfile.REGTYPE, b"x", ""),
        ("/etc/cron.d/x", tarfile.REGTYPE, b"x", ""),
        ("./a\nb", tarfile.REGTYPE, b"x", ""),
        ("./large", tarfile.REGTYPE, b"x" * (MOST_FILE_BYTES + 1), ""),
        ("./.git/hooks/post-checkout", tarfile.REGTYPE, b"x", ""),
    )
    changes = read_changes(Copy(files={}), hostile)
    assert changes.written == ()
    assert len(changes.refused) == 8
    assert "leak is not a plain file." in changes.refused
    assert "hard is not a plain file." in changes.refused
    assert "'../outside' is no path that a project folder takes." in changes.refused


def test_a_file_that_the_command_had_no_copy_of_is_never_replaced() -> None:
    copy = Copy(files={}, missing=frozenset({"data.bin"}))
    changes = read_changes(copy, pack_files({"data.bin": b"small"}))
    assert changes.written == ()
    assert changes.refused == ("data.bin is in the project folder, but the command had no copy of it.",)


def test_one_command_changes_so_many_files_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copies, "MOST_CHANGED_FILES", 2)
    changes = read_changes(Copy(files={}), pack_files({"a": b"1", "b": b"1", "c": b"1"}))
    assert [draft.path for draft in changes.written] == ["a", "b"]
    assert changes.refused == ("c is one too many; a command may change 2 files.",)


@pytest.mark.parametrize("junk", [b"", b"junk", b"junk" * 5000, pack_files({"a": b"1" * 2000})[:1000]])
def test_an_archive_that_cannot_be_read_is_a_sentence(junk: bytes) -> None:
    with pytest.raises(WorkspaceError, match="could not be read"):
        read_changes(Copy(files={}), junk)


def test_an_archive_that_is_made_to_hold_its_reader_up_is_refused_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    extended = pack(("./x", tarfile.XHDTYPE, b"1" * 100_000, ""))  # Python's own reader takes the square of that
    monkeypatch.setattr(copies, "_MOST_ENTRIES", 1000)
    many = pack(*[("./x", tarfile.FIFOTYPE, b"", "")] * 1001)
    backwards = bytearray(pack_files({"a": b"1"}))
    backwards[124:136] = b"-0000001000\0"
    backwards[148:156] = b"%06o\0 " % (sum(backwards[:148]) + sum(backwards[156:512]) + 8 * ord(" "))
    began = time.monotonic()
    assert read_changes(Copy(files={}), extended).refused == ("x is not a plain file.",)
    for hostile in (many, bytes(backwards)):
        with pytest.raises(WorkspaceError, match="could not be read"):
            read_changes(Copy(files={}), hostile)
    assert time.monotonic() - began < 1


def test_an_archive_that_was_cut_off_between_two_files_is_not_taken_for_the_whole() -> None:
    files = {"a": b"1", "b": b"2"}
    with pytest.raises(WorkspaceError, match="could not be read"):
        read_changes(Copy(files=files), pack_files(files)[:1024])


def test_a_long_name_comes_back_whole() -> None:
    path = "/".join(["folder" * 10] * 4 + ["f" * 150])
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.GNU_FORMAT) as archive:
        archive.addfile(tarfile.TarInfo(f"./{path}"), io.BytesIO())
        link = tarfile.TarInfo("./link")
        link.type, link.linkname = tarfile.SYMTYPE, "x" * 150
        archive.addfile(link)
    changes = read_changes(Copy(files={}), packed.getvalue())
    assert ([draft.path for draft in changes.written], changes.refused) == ([path], ("link is not a plain file.",))
