"""What a child says, where it cannot be kept."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from cli.child_log import ChildLog


def test_a_full_disk_takes_no_line_and_the_terminal_hears_of_what_matters_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "worker-1.log").symlink_to("/dev/full")
    told: list[str] = []
    log = ChildLog("worker-1", tmp_path, told.append)
    log.read(io.BytesIO(b'{"level": "info", "event": "fine"}\n{"level": "error", "event": "it broke"}\n' * 3))
    assert told == ["worker-1: error: it broke"] * 3
    assert len(log.last_lines) == 6
    captured = capsys.readouterr()
    assert captured.out + captured.err == ""
