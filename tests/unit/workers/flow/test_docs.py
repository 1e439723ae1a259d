"""What docs/framework.md says of the framework is so."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from common import errors, events
from common.options import FlowOptions
from tests.support.ollama_server import OllamaServer

ROOT = Path(__file__).parents[4]
DOCS = (ROOT / "docs/framework.md").read_text()


PLAIN, RESUMED, WITH_FILES = re.findall(r"^```python\n(.*?)^```$", DOCS, re.MULTILINE | re.DOTALL)


def run_example(example: str, server: OllamaServer, folder: Path) -> str:
    """Run an example as it stands, as a reader would; return what it prints."""
    ran = subprocess.run(
        [sys.executable, "-W", "error", "-c", example],
        env=os.environ | {"OLLAMA_HOST": server.url, "PYTHONPATH": str(ROOT)},
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stderr == ""
    return ran.stdout


def test_the_plain_example_runs_as_it_stands(tmp_path: Path) -> None:
    with OllamaServer() as server:
        printed = run_example(PLAIN, server, tmp_path)
    assert printed.startswith("Scripted answer")
    assert re.search(r"^7 steps, \d+ tokens, files: none$", printed, re.MULTILINE)
    assert set(server.calls) == {"plan", "work/1", "work/2", "work/3", "review", "answer"}


def test_the_example_with_a_journal_goes_on_after_it_was_cancelled(tmp_path: Path) -> None:
    with OllamaServer(tokens_per_second=200, output_tokens=30) as server:
        printed = run_example(RESUMED, server, tmp_path)
    lines = printed.splitlines()
    assert lines[:2] == ["queen finished plan", "Cancelled; steps in the journal: swarm, plan"]
    assert sorted(lines[2:5]) == [f"drone-{n} finished work/{m}" for n, m in zip((1, 3, 4), (1, 3, 2), strict=True)]
    assert lines[5:7] == ["queen finished review", "queen finished answer"]
    assert lines[7].startswith("Scripted answer")
    assert {key: call["finished"] for key, call in server.calls.items()} == dict.fromkeys(
        ("plan", "work/1", "work/2", "work/3", "review", "answer"), 1
    )
    assert server.calls["plan"]["started"] == 1


@pytest.mark.parametrize("can_call_tools", [False, True])
def test_the_example_with_a_workspace_writes_files(tmp_path: Path, can_call_tools: bool) -> None:
    with OllamaServer(writes_files=not can_call_tools) as server:
        if can_call_tools:
            server.capabilities = ("completion", "tools")
            given = {"path": "notes/tide.py", "content": "def next_tide(:"}
            server.tool_calls = {"work/1": [{"name": "write_file", "arguments": given}]}
        printed = run_example(WITH_FILES, server, tmp_path)
    written = sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file())
    if can_call_tools:
        assert "drone-1: Write file notes/tide.py\ndrone-1 wrote notes/tide.py. Not valid Python, line 1" in printed
        assert written == ["tides/notes/tide.py"]
    else:
        assert "wrote notes/work-1.md." in printed
        assert "tides/notes/work-1.md" in written
    for path in written:
        size = (tmp_path / path).stat().st_size
        assert f"{path.removeprefix('tides/')} has {size} bytes." in printed


def test_it_lists_every_option() -> None:
    assert set(re.findall(r"^\| `([a-z_]+)` \|", DOCS, re.MULTILINE)) == set(FlowOptions.model_fields)


@pytest.mark.parametrize("kind", ["step_started", "step_failed", "notice", "plan_repaired", "context_cut", "token"])
def test_every_event_that_a_flow_emits_is_named(kind: str) -> None:
    assert f"`{kind}`" in DOCS


def test_all_events_and_errors_that_it_names_are_there() -> None:
    models = [model.model_fields for model in events.EventModel.__subclasses__()]
    kinds = {fields["type"].default for fields in models if "type" in fields}
    section = DOCS.partition("## Events")[2].partition("\n## ")[0]
    named = set(re.findall(r"`([a-z_]+)`", section)) - {"emit", "count_expected"}
    assert named == kinds - {"session_moved", "session_wanted"}
    for name in re.findall(r"`([A-Z]\w+(?:Unavailable|Invalid|Small|NotFound|Error|Mismatch))s?`", DOCS):
        assert issubclass(getattr(errors, name), errors.FlowError)


def test_all_files_that_it_names_are_there() -> None:
    table = DOCS.partition("## Where to look")[2]
    for name in re.findall(r"`([\w/.]+)`", table):
        if "." in name or name.endswith("/"):
            assert (ROOT / "workers/flow" / name).exists(), name
