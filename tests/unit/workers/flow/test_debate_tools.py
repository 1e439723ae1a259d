"""FULLY_CONNECTED in a project folder: all look at it, only the winner changes it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from common.events import ArtifactWritten, FileConflict, StepStarted
from common.options import FlowOptions
from common.states import Architecture
from tests.unit.workers.flow.helpers import Barrier, Listener, run_flow
from workers.flow import ChatRequest, FlowResult, MemoryJournal, Workspace
from workers.flow.progress import count_expected
from workers.flow.testing import Scripted, ScriptedModel, call_tool, sample_answer

TOOLS = frozenset({"completion", "tools"})
READING = ["list_files", "read_file", "search_files"]

SCRIPT: Mapping[str, Scripted] = {
    "propose/1": call_tool("read_file", path="main.py"),
    "propose/1/turn-2": "It has to be three.",
    "propose/2": call_tool("write_file", path="main.py", content="mine\n"),
    "propose/2/turn-2": "It may not be changed.",
    "answer": call_tool("edit_file", path="main.py", old_text="x = 1", new_text="x = 2"),
    "answer/turn-2": call_tool("edit_file", path="main.py", old_text="x = 2", new_text="x = 3"),
    "answer/turn-3": "Done: three.",
}


def answer(request: ChatRequest) -> Scripted:
    return SCRIPT.get(request.step_key) or sample_answer(request)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "main.py").write_text("x = 1\n")
    return tmp_path


async def debate(
    model: ScriptedModel, folder: Path, journal: MemoryJournal | None = None, listener: Listener | None = None
) -> FlowResult:
    return await run_flow(
        model,
        Architecture.FULLY_CONNECTED,
        workers=3,
        journal=journal,
        listener=listener,
        workspace=Workspace(folder),
    )


async def test_all_look_at_the_folder_and_only_the_winner_changes_it(folder: Path) -> None:
    listener = Listener()
    journal = MemoryJournal(listener)
    model = ScriptedModel(script=answer, capabilities=TOOLS)
    result = await debate(model, folder, journal, listener)
    offered = {call.key: [tool.name for tool in call.request.tools] for call in model.calls}
    assert all(offered[key] == READING for key in ("propose/1", "propose/2", "propose/3", "propose/1/turn-2"))
    assert all(offered[f"{step}/{n}"] == [] for step in ("revise/1", "vote") for n in (1, 2, 3))
    assert offered["answer"] == [*READING, "write_file", "edit_file"]
    assert model.call("propose/1/turn-2").request.messages[-1].content == "x = 1\n"
    assert "There is no tool 'write_file'" in model.call("propose/2/turn-2").request.messages[-1].content
    assert "It has to be three." in model.call("revise/1/2").prompt
    assert (folder / "main.py").read_text() == "x = 3\n"
    assert (result.answer, result.artifacts) == ("Done: three.", ("main.py",))
    assert {event.step for event in listener.all(ArtifactWritten)} == {"answer/turn-1/tool-1", "answer/turn-2/tool-1"}
    assert listener.all(FileConflict) == []  # both are the winner's own
    assert {event.step for event in listener.all(StepStarted) if event.kind == "tool"} == {
        "propose/1/turn-1/tool-1",
        "propose/2/turn-1/tool-1",
        "answer/turn-1/tool-1",
        "answer/turn-2/tool-1",
    }
    events = [event for _, done in journal.steps.values() for event in done.events]
    assert count_expected(events, FlowOptions()) == len(journal.steps)


async def test_a_drone_is_told_whether_it_may_change_the_folder(folder: Path) -> None:
    model = ScriptedModel(script=answer, capabilities=TOOLS)
    await debate(model, folder)
    assert "may only look at it" in model.call("propose/1").prompt
    assert "write_file" not in model.call("propose/1").prompt
    assert "Write files with write_file" in model.call("answer").prompt


@pytest.mark.parametrize("turn", ["propose/{}", "propose/{}/turn-2"])
async def test_drones_that_look_things_up_still_propose_all_at_once(folder: Path, turn: str) -> None:
    keys = {turn.format(number) for number in (1, 2, 3)}
    barrier = Barrier(3, lambda request: request.step_key in keys)

    async def look(request: ChatRequest) -> Scripted:
        said = await barrier(request)
        first = request.step_key.startswith("propose/") and "turn-" not in request.step_key
        return call_tool("read_file", path="main.py") if first else said

    await debate(ScriptedModel(script=look, capabilities=TOOLS), folder)


@pytest.mark.parametrize("kept", range(25))
async def test_a_debate_broken_off_anywhere_goes_on_and_repeats_no_step(folder: Path, kept: int) -> None:
    whole, listener = MemoryJournal(), Listener()
    first = await debate(ScriptedModel(script=answer, capabilities=TOOLS), folder, whole)
    assert 20 < len(whole.steps) < 25  # the last ones replay it whole
    journal = MemoryJournal(listener)
    journal.steps = dict(list(whole.steps.items())[:kept])
    for _, result in journal.steps.values():  # as a new owner of the session finds the folder
        for draft in result.artifacts:
            (folder / draft.path).write_bytes(draft.content)
    if not any(result.artifacts for _, result in journal.steps.values()):
        (folder / "main.py").write_text("x = 1\n")
    model = ScriptedModel(script=answer, capabilities=TOOLS)
    assert await debate(model, folder, journal, listener) == first
    assert (folder / "main.py").read_text() == "x = 3\n"
    assert set(model.keys).isdisjoint(list(whole.steps)[:kept])
    assert {key: request.input_hash for key, (request, _) in journal.steps.items()} == {
        key: request.input_hash for key, (request, _) in whole.steps.items()
    }


async def test_a_file_of_the_answer_that_is_mended_is_no_conflict(tmp_path: Path) -> None:
    broken = {
        "answer": "```python path=a.py\ndef half(:\n```",
        "answer/mend": "```python path=a.py\ndef half():\n    return 1\n```",
    }
    listener = Listener()
    model = ScriptedModel(script=lambda request: broken.get(request.step_key) or sample_answer(request))
    await debate(model, tmp_path, listener=listener)
    assert (tmp_path / "a.py").read_text() == "def half():\n    return 1\n"
    assert listener.all(FileConflict) == []
