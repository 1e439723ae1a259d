"""The copy of a workspace that a command gets, and what it changed in it. Its reader trusts nothing in it.

A copy goes through a tar archive, and comes back as one. Only plain files with a path that a workspace takes are read
from it, into memory: links, devices and FIFOs lead nobody anywhere.
"""

from __future__ import annotations

import io
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
    except (tarfile.TarError, EOFError, ValueError, OverflowError, RecursionError, OSError) as error:
        # A command can write into the stream of its files, which harms only itself.
        raise WorkspaceError("The files that the command left could not be read.") from error
    return Changes(
        written=tuple(draft for _, draft in sorted(written.items())),
        deleted=tuple(sorted(copy.files.keys() - present)),
        refused=tuple(refused),
    )


def _unpack(packed: bytes) -> Iterator[tuple[str, bytes | str]]:
    """Yield the path of everything that is no folder, with its content, or what keeps it from being taken."""
    with tarfile.open(fileobj=io.BytesIO(packed), mode="r:") as archive:
        for entry in archive:
            name = entry.name.removeprefix("./")
            if entry.isdir() or not PASSED_OVER.isdisjoint(name.split("/")):
                continue
            try:
                name = "/".join(check_path(name))
            except WorkspaceError:
                yield repr(name), "is no path that a project folder takes"
                continue
            if not entry.isreg():
                yield name, "is not a plain file"
            elif entry.size > MOST_FILE_BYTES:
                yield name, f"has {entry.size} bytes; {MOST_FILE_BYTES} is the most"
            elif (file := archive.extractfile(entry)) is not None:
                yield name, file.read(MOST_FILE_BYTES)
