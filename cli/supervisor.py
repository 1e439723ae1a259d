"""Runs child processes and keeps them running, until it is told to end or one of them cannot live."""

from __future__ import annotations

import contextlib
import ctypes
import math
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from cli.child_log import ChildLog

#: A child that lived shorter than this died quickly.
QUICK_SECONDS = 10.0
#: So many quick deaths in a row end everything.
QUICK_DEATHS = 5
_LONGEST_PAUSE_SECONDS = 10.0
_TICK_SECONDS = 0.1
_SET_PARENT_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG, prctl(2)


@dataclass(frozen=True, kw_only=True)
class ChildSpec:
    """A program to keep running."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    #: At the end, higher stages are ended first; those of one stage together.
    stage: int
    #: When it is killed, in seconds since the end began.
    stop_by_seconds: float
    #: A file that it touches every few seconds while it is well; None where it cannot.
    alive_file: Path | None = None
    #: It is not started before this is true; None for at once.
    after: Callable[[], bool] | None = None
    #: Whether the others cannot do without it: where it keeps dying, they end too.
    is_needed: bool = True


@dataclass(kw_only=True)
class _Child:
    """A spec, with the process that runs it now."""

    spec: ChildSpec
    log: ChildLog
    process: subprocess.Popen[bytes] | None = None
    reader: threading.Thread | None = None
    started_at: float = 0.0
    quick_deaths: int = 0
    start_at: float = 0.0
    #: The alive file's time when it last changed, and when that was seen.
    beat: float | None = None
    beat_seen_at: float = 0.0


@dataclass(kw_only=True)
class Supervisor:
    """Starts children, starts them again when they die or hang, and ends them in order."""

    log_folder: Path
    #: Says a sentence to the person at the terminal.
    tell: Callable[[str], None]
    #: Before a child that died starts again; doubles with each quick death.
    first_pause_seconds: float = 0.5
    #: A child that has touched its alive file, and then has not for so long, hangs.
    silent_seconds: float = 15.0
    _children: list[_Child] = field(default_factory=list)
    _signals: int = 0

    def handle_signals(self) -> None:
        """From now on SIGINT, SIGTERM and SIGHUP ask for the end, and a second one for it at once."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._note_signal)

    def _note_signal(self, _number: int, _frame: FrameType | None) -> None:
        self._signals += 1

    @property
    def is_ending(self) -> bool:
        """Whether the end was asked for."""
        return self._signals > 0

    def start(self, spec: ChildSpec) -> None:
        """Start a child and keep it running; from the main thread: Linux ties a child to its parent's thread."""
        child = _Child(spec=spec, log=ChildLog(spec.name, self.log_folder, self.tell))
        self._children.append(child)
        if spec.after is None:
            self._spawn(child)

    def run(self) -> int:
        """Watch the children until the end is asked for (0) or one keeps dying (1); then end them all."""
        try:
            while not self.is_ending:
                for child in self._children:
                    if not self._watch(child):
                        self._stop()
                        self._tell_last_words(child)
                        return 1
                time.sleep(_TICK_SECONDS)
            self.tell("Ending; press Ctrl-C again to end at once.")
            self._stop()
            return 0
        finally:
            self.kill()

    def kill(self) -> None:
        """Kill whatever still runs."""
        for child in self._children:
            if child.process is not None:
                _kill_group(child.process)
                child.process.wait()

    # --- one child -------------------------------------------------------------------------------------------------

    def _spawn(self, child: _Child) -> None:
        spec, parent = child.spec, os.getpid()
        libc = ctypes.CDLL(None) if sys.platform == "linux" else None  # loaded here: between fork and exec is no place
        if spec.alive_file is not None:
            spec.alive_file.unlink(missing_ok=True)
        child.beat = None
        child.started_at = time.monotonic()
        process = subprocess.Popen(
            list(spec.command),
            env=dict(spec.environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C reaches us alone, and we can end all that it starts
            preexec_fn=lambda: _die_with(parent, libc),  # noqa: PLW1509 - only calls prctl, which takes no lock
        )
        assert process.stdout is not None
        child.process = process
        child.reader = threading.Thread(target=child.log.read, args=(process.stdout,), daemon=True)
        child.reader.start()

    def _watch(self, child: _Child) -> bool:
        """Start the child again where that is due; False once it died quickly too often."""
        now = time.monotonic()
        if child.process is None:
            if now >= child.start_at and (child.spec.after is None or child.spec.after()):
                self._spawn(child)
            return True
        if child.process.poll() is None:
            if self._is_silent(child, now):
                self.tell(f"{child.spec.name} has been silent for {self.silent_seconds:g} s; it is killed.")
                _kill_group(child.process)
            return True
        code = child.process.returncode
        self._bury(child)
        child.quick_deaths = child.quick_deaths + 1 if now - child.started_at < QUICK_SECONDS else 0
        if child.quick_deaths >= QUICK_DEATHS:
            self.tell(f"{child.spec.name} ended {QUICK_DEATHS} times at once ({_describe_exit(code)}); giving up.")
            if child.spec.is_needed:
                return False
            self._tell_last_words(child)
            child.start_at = math.inf
            return True
        pause = min(self.first_pause_seconds * 2 ** max(child.quick_deaths - 1, 0), _LONGEST_PAUSE_SECONDS)
        child.start_at = now + pause
        self.tell(f"{child.spec.name} ended ({_describe_exit(code)}); it starts again in {pause:g} s.")
        return True

    def _bury(self, child: _Child) -> None:
        """End what a dead child left behind, and read its last words."""
        assert child.process is not None
        assert child.reader is not None
        _kill_group(child.process)
        child.process.wait()
        child.reader.join(timeout=1)
        child.process = None

    def _is_silent(self, child: _Child, now: float) -> bool:
        if child.spec.alive_file is None:
            return False
        try:
            beat = child.spec.alive_file.stat().st_mtime
        except OSError:
            return False  # it has not come up yet
        if beat != child.beat:
            child.beat, child.beat_seen_at = beat, now  # our clock stands still while the machine sleeps
        return now - child.beat_seen_at > self.silent_seconds

    def _tell_last_words(self, child: _Child) -> None:
        self.tell(f"The last words of {child.spec.name} (all of them are in {child.log.path}):")
        for line in child.log.last_lines:
            self.tell(f"  {line}")

    # --- the end ---------------------------------------------------------------------------------------------------

    def _stop(self) -> None:
        began, signals = time.monotonic(), self._signals
        for stage in sorted({child.spec.stage for child in self._children}, reverse=True):
            group = [child for child in self._children if child.spec.stage == stage and child.process is not None]
            for child in group:
                assert child.process is not None
                child.process.terminate()
            while running := [child for child in group if child.process is not None]:
                late = time.monotonic() - began
                for child in running:
                    assert child.process is not None
                    if child.process.poll() is not None:
                        self._bury(child)
                    elif late > child.spec.stop_by_seconds or self._signals > 1 or self._signals > signals:
                        if late > child.spec.stop_by_seconds:
                            self.tell(f"{child.spec.name} did not end in time; it is killed.")
                        _kill_group(child.process)
                time.sleep(_TICK_SECONDS / 2)


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


def _die_with(parent: int, libc: ctypes.CDLL | None) -> None:
    """In the child, before its program starts: let Linux kill it when its parent dies, however that dies."""
    if libc is not None:
        libc.prctl(_SET_PARENT_DEATH_SIGNAL, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)


def _describe_exit(code: int) -> str:
    if code < 0:
        return f"killed by {signal.Signals(-code).name}"
    return f"exit code {code}"
