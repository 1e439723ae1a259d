"""The figures of this host."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import psutil

from common.heartbeat import Resources

#: Shorter spans than this say little of a processor.
_SHORTEST_SECONDS = 0.5
_FIRST_SECONDS = 0.1


class _Processor:
    """How busy the processors were between two looks; one for the process, since psutil keeps one for each thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._looked_at = 0.0
        self._times: tuple[float, float] | None = None
        self._percent = 0.0

    def read(self) -> float:
        """Return the percentage since the last look that is not too short ago."""
        with self._lock:
            if self._times is None:
                self._times = _busy_and_all()
                time.sleep(_FIRST_SECONDS)
            elif time.monotonic() < self._looked_at + _SHORTEST_SECONDS:
                return self._percent
            busy, whole = _busy_and_all()
            before_busy, before_whole = self._times
            if whole > before_whole:
                self._percent = round(100 * max(0.0, busy - before_busy) / (whole - before_whole), 1)
            self._times, self._looked_at = (busy, whole), time.monotonic()
            return min(100.0, self._percent)


_processor = _Processor()


def _busy_and_all() -> tuple[float, float]:
    """Return the seconds that all processors worked, and all seconds, since the machine began."""
    times = psutil.cpu_times()._asdict()
    for counted_already in ("guest", "guest_nice"):  # in `user` and `nice`
        times.pop(counted_already, None)
    whole = sum(times.values())
    return whole - times["idle"] - times.get("iowait", 0.0), whole


def read_resources(folder: Path) -> Resources:
    """Measure processor (since the last call), memory, and the disk that holds `folder`."""
    memory = psutil.virtual_memory()
    disk = psutil.disk_usage(str(folder if folder.exists() else Path("/")))
    return Resources(
        cpu_percent=_processor.read(),
        cpu_count=psutil.cpu_count() or 1,
        memory_used_bytes=memory.total - memory.available,
        memory_total_bytes=memory.total,
        memory_percent=memory.percent,
        disk_used_bytes=disk.used,
        disk_total_bytes=disk.total,
        disk_percent=disk.percent,
    )
