"""`./run`, the one door."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[2]
_RUN = _ROOT / "run"
_WORDS = (
    "up",
    "test",
    "chaos",
    "lint",
    "types",
    "lock",
    "assets",
    "bench",
    "eval",
    "screenshots",
    "ollama-flow",
    "help",
)


def _call(*words: str, folder: Path = _ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run([_RUN, *words], cwd=folder, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize("script", ["run", ".ci/run"])
def test_the_scripts_can_be_parsed_and_run(script: str) -> None:
    shell = "bash" if script.startswith(".ci") else "sh"
    subprocess.run([shell, "-n", _ROOT / script], check=True)
    assert os.access(_ROOT / script, os.X_OK)


@pytest.mark.parametrize("words", [(), ("help",), ("--help",)])
def test_it_lists_its_words_a_line_each(words: tuple[str, ...], tmp_path: Path) -> None:
    listed = _call(*words, folder=tmp_path)
    assert listed.returncode == 0
    assert tuple(line.split()[0] for line in listed.stdout.splitlines()) == _WORDS
    assert all(len(line.split()) > 2 for line in listed.stdout.splitlines())


def test_every_listed_word_is_one_that_it_knows() -> None:
    cases = set(
        re.findall(r"^([a-z-]+)(?: \|.*)?\)", _RUN.read_text().partition("case $word in")[2], flags=re.MULTILINE)
    )
    assert cases == set(_WORDS)


def test_an_unknown_word_is_an_error_that_lists_the_known_ones(tmp_path: Path) -> None:
    answer = _call("dance", folder=tmp_path)
    assert answer.returncode == 2
    assert answer.stdout == ""
    assert 'There is no word "dance"' in answer.stderr
    assert "screenshots" in answer.stderr


def test_a_machine_without_python_gets_a_sentence(tmp_path: Path) -> None:
    for tool in ("sh", "dirname", "mkdir", "find"):
        found = subprocess.run(["sh", "-c", f"command -v {tool}"], capture_output=True, text=True, check=True)
        (tmp_path / tool).symlink_to(found.stdout.strip())
    answer = subprocess.run(
        [_RUN, "lint"], env={"PATH": str(tmp_path)}, capture_output=True, text=True, timeout=60, check=False
    )
    assert answer.returncode == 1
    assert "This needs Python 3.11 or newer" in answer.stderr


def test_ci_calls_the_same_words() -> None:
    lines = (_ROOT / ".ci/run").read_text().splitlines()
    assert [line for line in lines if line.startswith("./run")] == ["./run lint", "./run types", "./run test"]
