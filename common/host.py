"""The figures of this host."""

from __future__ import annotations

from pathlib import Path

import psutil

from common.heartbeat import Resources


def read_resources(folder: Path) -> Resources:
    """Measure processor (since the last call), memory, and the disk that holds `folder`."""
    memory = psutil.virtual_memory()
    disk = psutil.disk_usage(str(folder if folder.exists() else Path("/")))
    return Resources(
        cpu_percent=psutil.cpu_percent(interval=None),
        cpu_count=psutil.cpu_count() or 1,
        memory_used_bytes=memory.total - memory.available,
        memory_total_bytes=memory.total,
        memory_percent=memory.percent,
        disk_used_bytes=disk.used,
        disk_total_bytes=disk.total,
        disk_percent=disk.percent,
    )
