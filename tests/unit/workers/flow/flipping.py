"""An attack on a workspace: folders and files turn into links to the outside and back, as fast as it goes."""

from __future__ import annotations

import contextlib
import ctypes
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import ParamSpec, TypeVar

from common.errors import WorkspaceError

P = ParamSpec("P")
T = TypeVar("T")

#: How long one attack lasts, in seconds; more finds more: `ATTACK_SECONDS=60 ./run test tests/unit/workers/flow`.
ATTACK_SECONDS = float(os.environ.get("ATTACK_SECONDS", "2.5"))


class Flipping:
    """`a`, a folder in the workspace with a `secret.txt`, changes places with `b`, a link to the outside."""

    def __init__(self, root: Path, outside: Path) -> None:
        """Lay out both folders; `outside` has a `secret.txt` that says "secret"."""
        self._place, self._link, self._outside = root / "a", root / "b", outside
        (self._place / "deep").mkdir(parents=True)
        for folder in (self._place, self._place / "deep"):
            (folder / "secret.txt").write_text("harmless")
        self._link.symlink_to(outside)
        (self._place / "other.txt").symlink_to(outside / "secret.txt")
        (outside / "deep").mkdir()
        (outside / "deep" / "secret.txt").write_text("secret")
        self._before = self._read_outside()
        self._flips = 0
        self._done: dict[str, int] = {"succeeded": 0, "refused": 0}
        self._sentences: set[str] = set()

    def run(self, *works: Callable[[], object]) -> None:
        """Flip while each of `works` is done over and over in a thread of its own."""
        ends_at = time.monotonic() + ATTACK_SECONDS

        def repeat(work: Callable[[], object]) -> None:
            while time.monotonic() < ends_at:
                work()

        threads = [threading.Thread(target=repeat, args=(work,)) for work in (self._flip, *works)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def note(self, attempt: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T | None:
        """Make an attempt and take note of how it ended."""
        try:
            result = attempt(*args, **kwargs)
        except WorkspaceError as error:
            self._done["refused"] += 1
            self._sentences.add(str(error))
            return None
        self._done["succeeded"] += 1
        return result

    def check(self) -> None:
        """Assert that nothing outside was changed, refusals were sentences, and that there was an attack at all."""
        assert self._read_outside() == self._before
        assert all(sentence.endswith(".") for sentence in self._sentences), self._sentences
        assert self._flips > 100
        assert min(self._done.values()) > 20, self._done

    def _flip(self) -> None:
        _exchange(self._place, self._link)
        _exchange(self._place, self._link)
        with contextlib.suppress(OSError):  # a writer replaced the link
            _exchange(self._place / "secret.txt", self._place / "other.txt")
        self._flips += 1

    def _read_outside(self) -> dict[str, bytes]:
        return {str(path): path.read_bytes() for path in sorted(self._outside.rglob("*")) if path.is_file()}


def _exchange(one: Path, other: Path) -> None:
    """Swap two names at once, so that there is no moment without either (`renameat2` with RENAME_EXCHANGE)."""
    at_cwd, swap = -100, 2
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.renameat2(at_cwd, os.fsencode(one), at_cwd, os.fsencode(other), swap) != 0:
        raise OSError(ctypes.get_errno(), "renameat2")
