"""Files of settings that are made of keys and values: whatever the model says, they can be parsed."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from common.events import Notice
from common.states import Architecture
from tests.unit.workers.flow.helpers import Listener, plan, run_flow, script, subtask
from workers.flow.entries import entries_schema, has_entries, take_entries
from workers.flow.testing import ScriptedModel
from workers.flow.workspace import Workspace

ENTRIES = [
    {"section": "", "key": "name", "value": 'The "sea" ☃'},
    {"section": "server", "key": "port", "value": "8080"},
    {"section": "server", "key": "port", "value": "second"},
    {"section": "server", "key": "is on", "value": "true"},
    {"section": "", "key": "server", "value": "hidden by the section"},
]
HELD = {"name": 'The "sea" ☃', "server": {"port": 8080, "is on": True}}
PARSERS: dict[str, Callable[[str], Any]] = {
    "toml": tomllib.loads,
    "json": json.loads,
    "yaml": yaml.safe_load,
    "yml": yaml.safe_load,
}


def write(entries: object, path: str) -> str | None:
    taken = take_entries(json.dumps({"entries": entries}), path)
    return taken[0].content.decode() if taken else None


@pytest.mark.parametrize("ending", PARSERS)
def test_each_kind_of_file_holds_the_same(ending: str) -> None:
    content = write(ENTRIES, f"a.{ending}")
    assert content is not None
    assert PARSERS[ending](content) == HELD


def test_it_reads_like_one_that_a_person_wrote() -> None:
    assert write(ENTRIES, "a.toml") == 'name = "The \\"sea\\" ☃"\n\n[server]\nport = 8080\n"is on" = true\n'


@given(
    st.lists(st.fixed_dictionaries({"section": st.text(max_size=9), "key": st.text(max_size=9), "value": st.text()}))
)
def test_whatever_is_said_can_be_parsed(entries: list[dict[str, str]]) -> None:
    for ending, parse in PARSERS.items():
        content = write(entries, f"a.{ending}")
        assert content is None or isinstance(parse(content), dict)


@pytest.mark.parametrize("answer", ["", "no JSON", '{"entries": []}', '{"entries": [{"key": " ", "value": "x"}]}'])
def test_what_has_no_key_is_no_file(answer: str) -> None:
    assert take_entries(answer, "a.toml") == ()


def test_only_files_of_settings_are_made_so() -> None:
    assert [path for path in ("a.py", "b.TOML", "c.yml", "d", "e.csv") if has_entries(path)] == ["b.TOML", "c.yml"]


async def test_settings_that_do_not_come_as_a_file_come_as_keys_and_values(tmp_path: Path) -> None:
    answers: dict[str, object] = {"plan": plan(subtask("A"), subtask("B", 1, role="analyst")), "work/1": "Done."}
    answers |= {"work/1/files": "port 1", "work/1/files-2": "I cannot.", "work/1/files-3": {"entries": ENTRIES}}
    listener, model = Listener(), ScriptedModel(script=script(answers))
    task = "Write a.toml."
    await run_flow(model, Architecture.CENTRALIZED, listener=listener, task=task, workspace=Workspace(tmp_path))
    assert tomllib.loads((tmp_path / "a.toml").read_text()) == HELD
    assert model.call("work/1/files-3").request.schema == entries_schema()
    assert task in model.call("work/1/files-3").prompt
    assert [event.message for event in listener.all(Notice)] == [
        "a.toml (drone-2) was made of its keys and values, as no answer held it as a file."
    ]
