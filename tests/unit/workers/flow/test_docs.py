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


def test_its_example_runs_as_it_stands(tmp_path: Path) -> None:
    (example,) = re.findall(r"^```python\n(.*?)^```$", DOCS, re.MULTILINE | re.DOTALL)
    with OllamaServer() as server:
        ran = subprocess.run(
            [sys.executable, "-W", "error", "-c", example],
            env=os.environ | {"OLLAMA_HOST": server.url, "PYTHONPATH": str(ROOT)},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.startswith("Scripted answer")
    assert re.search(r"^7 steps, \d+ tokens, files: none$", ran.stdout, re.MULTILINE)
    assert set(server.calls) == {"plan", "work/1", "work/2", "work/3", "review", "answer"}


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
