"""A workspace: the one folder that a flow may read and write.

The folder of every path is opened beneath the root (`beneath.py`), and what is done there is done by that descriptor
and a name of one part: no symlink is followed, also not one that appears meanwhile. A file is never written in place
but replaced, so a hard link to a file elsewhere is cut, not written through. Reading one gives what it holds: it is a
plain file like any other (package managers make thousands), and who may link what is the system's to say
(`fs.protected_hardlinks`).
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import stat
import threading
from collections.abc import Callable, Collection, Iterator
from pathlib import Path

from common.errors import StorageFull, WorkspaceError
from workers.flow.beneath import FOLDER_FLAGS, OpenFolder, choose_opener

MOST_FILE_BYTES = 1024 * 1024
#: How many different files one flow may write, and how many one listing tells.
MOST_FILES = 200
MOST_LISTED = 1000
MOST_PATH_BYTES = 500
MOST_PART_BYTES = 200
MOST_DEPTH = 16

#: What `O_NOFOLLOW` and `openat2` answer to a link.
_LINK_ERRORS = frozenset({errno.ELOOP, errno.EMLINK, errno.EXDEV})
_FULL_ERRORS = frozenset({errno.ENOSPC, errno.EDQUOT})


def check_path(path: str) -> tuple[str, ...]:
    """Return the parts of a relative path that may be used inside a workspace, else raise WorkspaceError."""
    try:
        size = len(path.encode())
    except UnicodeEncodeError:
        raise WorkspaceError("A file's path holds characters that cannot be written.") from None
    shown = repr(path if size <= 80 else path[:80] + "…")
    if not path or size > MOST_PATH_BYTES:
        raise WorkspaceError(f"The path {shown} must have 1 to {MOST_PATH_BYTES} bytes.")
    if any(ord(character) < 32 or character in "\\\x7f" for character in path):
        raise WorkspaceError(f"The path {shown} holds a backslash or a control character.")
    if path.startswith(("/", "~")) or path[1:2] == ":":
        raise WorkspaceError(f"The path {shown} is not relative to the project folder.")
    parts = tuple(path.removeprefix("./").split("/"))
    if len(parts) > MOST_DEPTH:
        raise WorkspaceError(f"The path {shown} has more than {MOST_DEPTH} parts.")
    for part in parts:
        if part in {"", ".", ".."} or part != part.strip():
            raise WorkspaceError(f"The path {shown} has a part that cannot be used: {part!r}.")
        if part.casefold() == ".git":
            raise WorkspaceError(f"The path {shown} lies in a .git folder, whose files git may run.")
        if len(part.encode()) > MOST_PART_BYTES:
            raise WorkspaceError(f"The path {shown} has a part longer than {MOST_PART_BYTES} bytes.")
    return parts


class Workspace:
    """Reads and writes files below `root`; its methods block, so the loop calls them in a thread."""

    def __init__(
        self,
        root: Path,
        before_write: Callable[[], None] = lambda: None,
        *,
        below: Path | None = None,
        makes_root: bool = False,
        open_folder: OpenFolder | None = None,
    ) -> None:
        """Take the folder, and what may raise before a file is written because nothing is to be written any more.

        The folder is opened `below` another one, where given, through no link: it may have been replaced by one since
        somebody looked. With `makes_root` it need not be there; the first write makes it, for its owner alone.
        `open_folder` is another way of opening folders than the best that this system has.
        """
        self.root = root
        self._below = below or root
        self._before_write = before_write
        self._makes_root = makes_root
        self._opener = open_folder or choose_opener()
        #: The position of the last write of each path.
        self._positions: dict[str, int] = {}
        self._lock = threading.Lock()

    def write(self, path: str, content: bytes, position: int) -> bool:
        """Write a whole file at once, or nothing; return False where a write of a later `position` stands already.

        The file is written beside its place and renamed, so no reader ever sees half of it. Raises WorkspaceError, or
        StorageFull where the disk has no room.
        """
        parts = check_path(path)
        if len(content) > MOST_FILE_BYTES:
            raise WorkspaceError(f"The file {path} has {len(content)} bytes; {MOST_FILE_BYTES} is the most.")
        key = "/".join(parts)
        with self._lock, _wrapped(path):
            self._before_write()
            if position < self._positions.get(key, position):
                return False
            if key not in self._positions and len(self._positions) >= MOST_FILES:
                raise WorkspaceError(f"A session writes at most {MOST_FILES} files; {path} is one too many.")
            with self._open_folder(parts[:-1], make=True) as folder:
                _replace_file(folder, parts[-1], content)
            self._positions[key] = position
            return True

    def read(self, path: str) -> bytes:
        """Return a file's content, of at most 1 MiB. Raises WorkspaceError."""
        parts = check_path(path)
        with (
            _wrapped(path),
            self._open_folder(parts[:-1]) as folder,
            os.fdopen(_open_plain(folder, parts[-1], path), "rb") as file,
        ):
            content = file.read(MOST_FILE_BYTES + 1)
        if len(content) > MOST_FILE_BYTES:
            raise WorkspaceError(f"The file {path} has more than {MOST_FILE_BYTES} bytes.")
        return content

    def list(
        self, folder: str = "", *, most: int = MOST_LISTED, passed_over: Collection[str] = frozenset({".git"})
    ) -> tuple[str, ...]:
        """Return the paths of all plain files in a folder and below it, sorted, without those in `.git` folders.

        They are a thousand at most, or as many as is said. Raises WorkspaceError.
        """
        parts, found = check_path(folder) if folder else (), list[str]()
        if not parts and self._is_unmade:
            return ()
        with _wrapped(folder or "."), self._open_folder(parts) as opened:
            _collect(opened, "".join(f"{part}/" for part in parts), found, 1 + len(parts), most, passed_over)
        return tuple(sorted(found))

    def entries(self, folder: str = "") -> tuple[str, ...]:
        """Return the paths of the plain files and, with a `/` at their end, of the folders right in a folder, sorted.

        They are a thousand at most. Raises WorkspaceError.
        """
        parts, found = check_path(folder) if folder else (), list[str]()
        if not parts and self._is_unmade:
            return ()
        prefix = "".join(f"{part}/" for part in parts)
        with _wrapped(folder or "."), self._open_folder(parts) as opened, os.scandir(opened) as items:
            for item in items:
                if item.is_file(follow_symlinks=False):
                    found.append(prefix + item.name)
                elif item.is_dir(follow_symlinks=False) and item.name != ".git":
                    found.append(f"{prefix}{item.name}/")
        return tuple(sorted(found)[:MOST_LISTED])

    @property
    def _is_unmade(self) -> bool:
        """Whether the folder comes with its first file, and none was written yet."""
        return self._makes_root and not self.root.exists()

    @contextlib.contextmanager
    def _open_folder(self, parts: tuple[str, ...], *, make: bool = False) -> Iterator[int]:
        """Open the folder that `parts` lead to, making what is missing if asked to."""
        if make and self._makes_root:
            self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        root = self._open_root()
        try:
            if make:
                self._make_folders(root, parts)
            folder = self._opener(root, parts)
        finally:
            os.close(root)
        try:
            yield folder
        finally:
            os.close(folder)

    def _open_root(self) -> int:
        below = os.open(self._below, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            return self._opener(below, self.root.relative_to(self._below).parts)
        finally:
            os.close(below)

    def _make_folders(self, root: int, parts: tuple[str, ...]) -> None:
        for depth, part in enumerate(parts):
            parent = self._opener(root, parts[:depth])
            try:
                with contextlib.suppress(FileExistsError):  # or a link, which `mkdir` does not follow
                    os.mkdir(part, dir_fd=parent)
            finally:
                os.close(parent)


def _open_plain(folder: int, name: str, path: str) -> int:
    """Open a plain file for reading. What is none is not opened at all: a FIFO would wait, a device might act."""
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC  # it may have become a FIFO meanwhile
    mode = os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode
    if stat.S_ISLNK(mode):
        raise WorkspaceError(f"{path} cannot be used: a part of it is a link.")
    if stat.S_ISREG(mode):
        file = os.open(name, flags, dir_fd=folder)
        if stat.S_ISREG(os.fstat(file).st_mode):
            return file
        os.close(file)
    raise WorkspaceError(f"{path} is not a plain file.")


def _collect(folder: int, prefix: str, found: list[str], depth: int, most: int, passed_over: Collection[str]) -> None:
    """Add the plain files below an open folder to `found`."""
    with os.scandir(folder) as entries:
        kinds = [
            (item.name, item.is_dir(follow_symlinks=False), item.is_file(follow_symlinks=False)) for item in entries
        ]
    for name, is_folder, is_file in sorted(kinds):
        if len(found) >= most:
            return
        if is_file:
            found.append(prefix + name)
        elif is_folder and name not in passed_over and depth < MOST_DEPTH:
            with contextlib.suppress(OSError):  # gone, or unreadable: then it has nothing for us
                child = os.open(name, FOLDER_FLAGS, dir_fd=folder)
                try:
                    _collect(child, f"{prefix}{name}/", found, depth + 1, most, passed_over)
                finally:
                    os.close(child)


def _replace_file(folder: int, name: str, content: bytes) -> None:
    """Put a file into an open folder by rename; only a plain file is replaced, and keeps its permissions."""
    mode = None
    with contextlib.suppress(FileNotFoundError):
        present = os.stat(name, dir_fd=folder, follow_symlinks=False)
        if not stat.S_ISREG(present.st_mode):
            raise WorkspaceError(f"{name} is there already and is not a plain file.")
        mode = present.st_mode & 0o777  # not the bits that let others run it as its owner, who is another one now
    temporary = f".ollama-flow-{secrets.token_hex(8)}.tmp"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        with os.fdopen(os.open(temporary, flags, 0o666, dir_fd=folder), "wb") as file:
            if mode is not None:
                os.fchmod(file.fileno(), mode)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.rename(temporary, name, src_dir_fd=folder, dst_dir_fd=folder)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary, dir_fd=folder)
        raise


@contextlib.contextmanager
def _wrapped(path: str) -> Iterator[None]:
    """Turn the system's errors into sentences that name the path."""
    try:
        yield
    except (NotADirectoryError, IsADirectoryError) as error:
        raise WorkspaceError(f"{path} cannot be used: a part of it is a link, or of the wrong kind.") from error
    except FileNotFoundError as error:
        raise WorkspaceError(f"{path} does not exist.") from error
    except OSError as error:
        if error.errno in _FULL_ERRORS:
            raise StorageFull(f"The disk of the project folder is full: {path} could not be written.") from error
        if error.errno in _LINK_ERRORS:
            raise WorkspaceError(f"{path} cannot be used: a part of it is a link.") from error
        raise WorkspaceError(f"{path} cannot be used: {error.strerror}.") from error
