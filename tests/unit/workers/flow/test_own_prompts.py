"""A folder of prompts of one's own: it replaces what it holds, and is refused where it is broken."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from common.errors import InvalidInput, JournalMismatch
from common.options import FlowOptions
from common.states import Architecture
from tests.unit.workers.flow.helpers import run_flow
from workers.flow import MemoryJournal, OllamaFlowFramework, Prompts
from workers.flow.prompts import current_prompts, render_prompt, shipped_prompts, use_prompts
from workers.flow.testing import ScriptedModel

QUEEN = "You are a queen bee."


def write(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        (folder / f"{name}.md").write_text(text)
    return folder


async def run_with(model: ScriptedModel, prompts: Path | None, journal: MemoryJournal | None = None) -> str:
    framework = OllamaFlowFramework(model, "m", 2, Architecture.CENTRALIZED, journal=journal, prompts=prompts)
    return (await framework.run_task("Explain the tides.")).answer


async def test_a_file_of_the_folder_takes_the_place_of_the_shipped_one_and_no_other(tmp_path: Path) -> None:
    model = ScriptedModel()
    (tmp_path / "README.txt").write_text("no prompt")
    await run_with(model, write(tmp_path, queen=QUEEN, _case="Task: {{ task }}\n"))
    assert model.call("plan").request.messages[0].content == QUEEN
    assert model.call("plan").request.messages[1].content.startswith("Task: Explain the tides.\n")
    assert "Write your part, and only that." in model.call("work/1").prompt
    shipped = ScriptedModel()
    await run_with(shipped, None)
    assert shipped.call("plan").request.messages[0].content == render_prompt("queen.md")


async def test_two_flows_at_once_have_each_their_own(tmp_path: Path) -> None:
    own, shipped = ScriptedModel(delay=0.001), ScriptedModel(delay=0.001)
    await asyncio.gather(run_with(own, write(tmp_path, queen=QUEEN)), run_with(shipped, None))
    assert own.call("answer").request.messages[0].content == QUEEN
    assert QUEEN not in shipped.call("answer").prompt
    assert current_prompts() is shipped_prompts()


def test_they_are_read_once(tmp_path: Path) -> None:
    prompts = Prompts(write(tmp_path, queen=QUEEN))
    write(tmp_path, queen="Another.")
    with use_prompts(prompts):
        assert render_prompt("queen.md") == QUEEN


def test_a_prompt_may_include_a_file_of_its_folder(tmp_path: Path) -> None:
    prompts = Prompts(write(tmp_path, queen='{% include "_tone.md" %}', _tone="Be kind."))
    assert prompts.render("queen.md", {}) == "Be kind."


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("work", "{{ task }", r"The prompt work\.md cannot be used: unexpected '}' \(line 1\)\."),
        ("work", "\n{% if %}", r"The prompt work\.md cannot be used: .* \(line 2\)\."),
        (
            "work",
            "{{ tasks }}",
            r"The prompt work\.md uses tasks, which it is not given\. It may use comment, .*\.",
        ),
        ("queen", "{{ task }}", r"The prompt queen\.md uses task, which it is not given\. It is given none\."),
        ("work", "{{ subtask.nope }}", r"The prompt work\.md cannot be used: .*'nope'\."),
        ("work", "{{ package.title }}", r"The prompt work\.md cannot be used: .*'title'\."),  # there may be no package
        ("work", "{{ 1 / 0 }}", r"The prompt work\.md cannot be used: division by zero\."),
        ("work", "{{ task | nope }}", r"The prompt work\.md cannot be used: No filter named 'nope'.*\."),
        ("work", '{% include "_nope.md" %}', r"The prompt work\.md cannot be used: _nope\.md\."),
        ("work", '{% include "work.md" %}', r"The prompt work\.md cannot be used: .*recursion.*\."),
        ("work", "{{ task.__class__.__mro__ }}", r"The prompt work\.md cannot be used: .*unsafe.*\."),
        ("_case", "{{ nope }}", r"The prompt \w+\.md uses nope, which it is not given\..*"),
        ("work", " ", r"The prompt work\.md is empty\."),
        ("job", "x", r"job\.md in .* is no prompt\. The prompts are: answer\.md, .*work\.md\."),
        ("work", "x" * 70_000, r"The prompt work\.md in .* has more than 65536 bytes\."),
    ],
)
def test_a_broken_prompt_is_refused_in_a_sentence_before_any_flow(
    tmp_path: Path, name: str, text: str, sentence: str
) -> None:
    write(tmp_path, **{name: text})
    with pytest.raises(InvalidInput, match=rf"^{sentence}$"):
        OllamaFlowFramework(ScriptedModel(), "m", prompts=tmp_path)


def test_a_folder_that_is_not_there_and_text_that_is_none_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"^The prompts in .*nope cannot be read: No such file or directory\.$"):
        Prompts(tmp_path / "nope")
    (tmp_path / "work.md").write_bytes(b"\xff\xfe")
    with pytest.raises(InvalidInput, match=r"^The prompt work\.md in .* is not UTF-8\.$"):
        Prompts(tmp_path)


def test_the_shipped_prompts_pass_what_others_must_pass(tmp_path: Path) -> None:
    own = Prompts(write(tmp_path, queen=QUEEN))  # then all are tried out
    assert own.digest != shipped_prompts().digest == Prompts().digest


async def test_prompts_that_changed_while_a_flow_was_away_leave_its_steps_as_they_are(tmp_path: Path) -> None:
    """And again when it goes on with the first ones, on another host say."""
    journal = MemoryJournal()
    first = await run_with(ScriptedModel(), None, journal)
    del journal.steps["answer"]
    model = ScriptedModel()
    await run_with(model, write(tmp_path, queen=QUEEN), journal)
    assert model.keys == ["answer"]
    assert model.call("answer").request.messages[0].content == QUEEN
    again = ScriptedModel()
    assert await run_with(again, None, journal) != first
    assert again.calls == []


async def test_with_the_same_prompts_another_input_is_still_a_mismatch(tmp_path: Path) -> None:
    journal = MemoryJournal()
    await run_flow(ScriptedModel(), journal=journal)
    with pytest.raises(JournalMismatch):
        await run_flow(ScriptedModel(), journal=journal, given=FlowOptions(temperature=0.1))
