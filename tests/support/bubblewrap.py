"""What tests of the sandbox share: a sandbox that is sure to be there, and what is left of one."""

from __future__ import annotations

import itertools
import os
import shutil
from pathlib import Path

from tests.support.servers import miss
from workers.flow import CommandLimits, Sandbox

_numbers = itertools.count(1)


def make_sandbox(limits: CommandLimits | None = None) -> Sandbox:
    """Return a sandbox; without bubblewrap the test is missed."""
    if shutil.which("bwrap") is None:
        miss("bubblewrap")
    return Sandbox(limits)


def name_sleep() -> str:
    """Return a command line that sleeps for long and that no other process of this host has."""
    return f"sleep {100_000 + os.getpid()}.{next(_numbers)}"


def find_processes(command: str) -> list[Path]:
    """Return the living processes, in /proc, whose command line holds these words."""
    found = []
    for folder in Path("/proc").iterdir():
        try:
            if folder.name.isdigit() and command in (folder / "cmdline").read_text().replace("\0", " "):
                found.append(folder)
        except (FileNotFoundError, ProcessLookupError):
            continue  # it just ended
    return found
