"""The figures of this host: one sample for the process, whichever thread asks."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from common import host


@pytest.fixture
def times(monkeypatch: pytest.MonkeyPatch) -> list[tuple[float, float]]:
    """What the machine says of its processors, look by look; the last one stays."""
    said = [(0.0, 0.0)]
    monkeypatch.setattr(host, "_busy_and_all", lambda: said.pop(0) if len(said) > 1 else said[0])
    monkeypatch.setattr(host, "_processor", host._Processor())
    monkeypatch.setattr(host, "_SHORTEST_SECONDS", 0.0)
    return said


def test_the_processor_is_measured_between_two_looks_of_any_threads(
    times: list[tuple[float, float]], tmp_path: Path
) -> None:
    times[:] = [(10, 100), (15, 110), (25, 120)]
    seen: list[float] = []
    for _ in range(2):
        thread = threading.Thread(target=lambda: seen.append(host.read_resources(tmp_path).cpu_percent))
        thread.start()
        thread.join()
    assert seen == [50.0, 100.0]


def test_a_look_too_soon_after_another_says_the_same(
    times: list[tuple[float, float]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    times[:] = [(10, 100), (15, 110), (25, 120)]
    assert host.read_resources(tmp_path).cpu_percent == 50
    monkeypatch.setattr(host, "_SHORTEST_SECONDS", 60.0)
    assert host.read_resources(tmp_path).cpu_percent == 50


def test_this_machine_has_figures_in_their_bounds(tmp_path: Path) -> None:
    figures = host.read_resources(tmp_path)
    assert 0 <= figures.cpu_percent <= 100
    assert 0 < figures.memory_used_bytes < figures.memory_total_bytes
    assert 0 < figures.disk_used_bytes < figures.disk_total_bytes


def test_networks_are_measured_between_two_looks_and_never_run_backwards(monkeypatch: pytest.MonkeyPatch) -> None:
    network, said = host._Network(), [(100, 10), (600, 30), (50, 30)]
    clock = iter([0.0, 10.0, 10.1, 20.0])
    monkeypatch.setattr(host, "_received_and_sent", lambda: said.pop(0))
    monkeypatch.setattr("common.host.time.monotonic", lambda: next(clock))
    assert [network.read() for _ in range(4)] == [(0, 0), (50, 2), (50, 2), (0, 0)]
