"""The copy of a workspace that a command gets, and what it changed in it. Its reader trusts nothing in it.

A copy goes through a tar archive, and comes back as one. Only plain files with a path that a workspace takes are read
from it, into memory: links, devices and FIFOs lead nobody anywhere.
"""

from __future__ import annotations

import io
import os
import tarfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from common.errors import WorkspaceError
from workers.flow.journal import ArtifactDraft
from workers.flow.workspace import MOST_FILE_BYTES, Workspace, check_path

#: Neither copied nor taken back: what tools make again by themselves.
PASSED_OVER = frozenset(
    {".git", "__pycache__", ".pytest_cache", ".mypy_cache", ".ruff_cache", ".tox", ".venv", "venv", "node_modules"}
)
MOST_COPIED_FILES = 5000
MOST_COPIED_BYTES = 32 * 1024 * 1024
#: How many files one command may change.
MOST_CHANGED_FILES = 100

# Of an archive: the size of its blocks, and the kinds of its entries.
_BLOCK = 512
_FILE, _FOLDER, _LONG_NAME, _LONG_LINK = b"0", b"5", b"L", b"K"
#: Twice as many as a sandbox has files, since a long name is an entry too; and some folders.
_MOST_ENTRIES = 50_000
_MOST_NAME_BYTES = 8192


@dataclass(frozen=True, kw_only=True)
class Copy:
    """The files of a workspace that a command gets."""

    files: Mapping[str, bytes]
    #: Those that it does not get, since they are too large or cannot be read.
    missing: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Changes:
    """What a command changed in its copy."""

    written: tuple[ArtifactDraft, ...] = ()
    deleted: tuple[str, ...] = ()
    #: Sentences on what was not taken.
    refused: tuple[str, ...] = ()


def copy_workspace(workspace: Workspace) -> Copy:
    """Return the plain files of a workspace. Raises WorkspaceError where they are too many."""
    paths = workspace.list(most=MOST_COPIED_FILES + 1, passed_over=PASSED_OVER)
    if len(paths) > MOST_COPIED_FILES:
        raise WorkspaceError(f"The project folder has more than {MOST_COPIED_FILES} files, too many for a command.")
    files, missing, size = dict[str, bytes](), set[str](), 0
    for path in paths:
        try:
            files[path] = workspace.read(path)
        except WorkspaceError:
            missing.add(path)
            continue
        size += len(files[path])
        if size > MOST_COPIED_BYTES:
            most = f"{MOST_COPIED_BYTES // 1024 // 1024} MiB"
            raise WorkspaceError(f"The files of the project folder have more than {most}, too much for a command.")
    return Copy(files=files, missing=frozenset(missing))


def pack_files(files: Mapping[str, bytes]) -> bytes:
    """Return the files as a tar archive."""
    packed, now = io.BytesIO(), int(time.time())
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for path, content in files.items():
            entry = tarfile.TarInfo(path)
            entry.size, entry.mtime = len(content), now
            entry.mode = 0o755  # scripts may be run; what a command leaves has no mode that anybody keeps
            archive.addfile(entry, io.BytesIO(content))
    return packed.getvalue()


def read_changes(copy: Copy, packed: bytes) -> Changes:
    """Return what differs between a copy and the archive of it that a command left. Raises WorkspaceError."""
    written, refused, present = dict[str, ArtifactDraft](), list[str](), set[str]()
    try:
        for name, content in _unpack(packed):
            present.add(name)
            if isinstance(content, str):
                if name in copy.files or name not in copy.missing:
                    refused.append(f"{name} {content}.")
            elif name in copy.missing:
                refused.append(f"{name} is in the project folder, but the command had no copy of it.")
            elif copy.files.get(name) == content:
                written.pop(name, None)
            elif len(written) >= MOST_CHANGED_FILES and name not in written:
                refused.append(f"{name} is one too many; a command may change {MOST_CHANGED_FILES} files.")
            else:
                written[name] = ArtifactDraft(path=name, content=content)
    except ValueError as error:
        # A command can write into the stream of its files, which harms only itself.
        raise WorkspaceError("The files that the command left could not be read.") from error
    return Changes(
        written=tuple(draft for _, draft in sorted(written.items())),
        deleted=tuple(sorted(copy.files.keys() - present)),
        refused=tuple(refused),
    )


def _unpack(packed: bytes) -> Iterator[tuple[str, bytes | str]]:
    """Yield the path of everything that is no folder, with its content, or what keeps it from being taken."""
    for kind, told, content in _read_entries(packed):
        path = told.removeprefix("./")
        if kind == _FOLDER or not PASSED_OVER.isdisjoint(path.split("/")):
            continue
        try:
            name = "/".join(check_path(path))
        except WorkspaceError:
            yield repr(path), "is no path that a project folder takes"
            continue
        if kind != _FILE:
            yield name, "is not a plain file"
        elif len(content) > MOST_FILE_BYTES:
            yield name, f"has {len(content)} bytes; {MOST_FILE_BYTES} is the most"
        else:
            yield name, bytes(content)


def _read_entries(packed: bytes) -> Iterator[tuple[bytes, str, memoryview]]:
    """Yield kind, name and content of each entry of an archive in the format of GNU tar. Raises ValueError.

    Python's own reader takes formats in which an archive can hold it up for ever, and the whole process with it.
    """
    view, position, long_name = memoryview(packed), 0, b""
    for _ in range(_MOST_ENTRIES):
        header = packed[position : position + _BLOCK]
        if len(header) < _BLOCK:
            raise ValueError("The archive was cut off.")
        if not header.strip(b"\0"):
            return
        told_sum, told_size = (_read_number(header[begin:end]) for begin, end in ((148, 156), (124, 136)))
        begin = position + _BLOCK
        content = view[begin : begin + told_size]
        if told_sum != sum(header) - sum(header[148:156]) + 8 * ord(" ") or len(content) < told_size:
            raise ValueError("The archive is damaged.")
        position = begin + -(-told_size // _BLOCK) * _BLOCK
        kind = header[156:157]
        if kind == _LONG_NAME:  # of the next entry
            long_name = bytes(content[:_MOST_NAME_BYTES])
        elif kind != _LONG_LINK:
            yield kind, os.fsdecode((long_name or header[:100]).partition(b"\0")[0]), content
            long_name = b""
    raise ValueError("The archive has too many entries.")


def _read_number(field: bytes) -> int:
    digits = field.strip(b" \0")
    if not digits.isdigit():  # a sign would lead backwards
        raise ValueError("The archive holds no number where there has to be one.")
    return int(digits, 8)
