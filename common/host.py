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


class _Network:
    """How much came and went a second between two looks."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._looked_at = 0.0
        self._counts: tuple[int, int] | None = None
        self._rates = (0.0, 0.0)

    def read(self) -> tuple[float, float]:
        """Return the bytes a second, received and sent, since the last look that is not too short ago."""
        with self._lock:
            now = time.monotonic()
            if self._counts is not None and now < self._looked_at + _SHORTEST_SECONDS:
                return self._rates
            counts = _received_and_sent()
            if self._counts is not None:
                seconds = now - self._looked_at
                # A network that went away takes its counts along.
                received, sent = (max(0, new - old) for new, old in zip(counts, self._counts, strict=True))
                self._rates = (round(received / seconds, 1), round(sent / seconds, 1))
            self._counts, self._looked_at = counts, now
            return self._rates


_processor = _Processor()
_network = _Network()


def _received_and_sent() -> tuple[int, int]:
    """Return the bytes that all networks received and sent since the machine began, loopback left out."""
    counters = [
        counts for name, counts in psutil.net_io_counters(pernic=True).items() if name.rstrip("0123456789") != "lo"
    ]
    return sum(counts.bytes_recv for counts in counters), sum(counts.bytes_sent for counts in counters)


def _busy_and_all() -> tuple[float, float]:
    """Return the seconds that all processors worked, and all seconds, since the machine began."""
    times = psutil.cpu_times()._asdict()
    for counted_already in ("guest", "guest_nice"):  # in `user` and `nice`
        times.pop(counted_already, None)
    whole = sum(times.values())
    return whole - times["idle"] - times.get("iowait", 0.0), whole


def read_resources(folder: Path) -> Resources:
    """Measure processor and network (since the last call), memory, and the disk that holds `folder`."""
    memory = psutil.virtual_memory()
    disk = psutil.disk_usage(str(folder if folder.exists() else Path("/")))
    received, sent = _network.read()
    return Resources(
        cpu_percent=_processor.read(),
        cpu_count=psutil.cpu_count() or 1,
        memory_used_bytes=memory.total - memory.available,
        memory_total_bytes=memory.total,
        memory_percent=memory.percent,
        disk_used_bytes=disk.used,
        disk_total_bytes=disk.total,
        disk_percent=disk.percent,
        received_bytes_per_second=received,
        sent_bytes_per_second=sent,
    )
