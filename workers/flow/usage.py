"""The processes of a sandbox, as Linux tells of them from outside: what they use, and their end."""

from __future__ import annotations

import contextlib
import os
import re
import signal
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

#: The part of the host's memory that a command must leave free, whatever it has itself.
RESERVE = 1 / 16
#: A row of Linux's tables that tells a size. Another one is a process's name, in which it may write what it likes.
_SIZE = re.compile(rb"^(?!Name:)(\w+):\s+(\d+) kB$", re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class Usage:
    """What a sandbox uses at a moment."""

    #: Of all processes, without the files that they run and read; what several share counts for each.
    memory_bytes: int
    files: int
    #: Whether the host has hardly any memory left: what no process is told to have may be the command's too.
    is_host_short: bool


class UsageWatch:
    """Reads what a process and all below it use; blocks for a few milliseconds."""

    def __init__(self, pid: int, folders: Sequence[str]) -> None:
        """Take the sandbox's outermost process, and the folders inside that are file systems of their own."""
        self._pid = pid
        self._folders = folders

    def read(self) -> Usage:
        """Return what is used now; what ended meanwhile uses nothing."""
        pids = list(_list_tree(self._pid))
        return Usage(
            memory_bytes=sum(_read_memory(pid) for pid in pids),
            files=self._count_files(pids),
            is_host_short=_is_host_short(),
        )

    def _count_files(self, pids: Sequence[int]) -> int:
        """Count the files in the sandbox's folders, as one of the processes that live in it sees them."""
        for pid in reversed(pids[1:]):
            with contextlib.suppress(OSError):
                found = [os.statvfs(f"/proc/{pid}/root{folder}") for folder in self._folders]
                return sum(each.f_files - each.f_ffree for each in found)
        return 0


def kill_tree(pid: int) -> None:
    """Kill a child of this process that was not waited for yet, and its children, whose namespaces end with them."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGSTOP)  # from now on it starts none, and waits for none: their numbers stay theirs
        for child in _list_children(pid):
            os.kill(child, signal.SIGKILL)
        os.kill(pid, signal.SIGKILL)


def _list_tree(pid: int) -> Iterator[int]:
    """Yield a process and all below it."""
    yield pid
    for child in _list_children(pid):
        yield from _list_tree(child)


def _list_children(pid: int) -> list[int]:
    """Return the children of a process; none where it has ended."""
    with contextlib.suppress(OSError):
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        return [int(child) for task in tasks for child in (task / "children").read_text().split()]
    return []


def _read_memory(pid: int) -> int:
    told = _read_table(f"/proc/{pid}/status")
    return told.get("RssAnon", 0) + told.get("RssShmem", 0)


def _is_host_short() -> bool:
    told = _read_table("/proc/meminfo")
    return told["MemAvailable"] < told["MemTotal"] * RESERVE if "MemAvailable" in told else False


def _read_table(path: str) -> dict[str, int]:
    """Return the sizes, in bytes, that one of Linux's tables tells; empty where it is gone."""
    with contextlib.suppress(OSError):
        return {name.decode(): int(size) * 1024 for name, size in _SIZE.findall(Path(path).read_bytes())}
    return {}
