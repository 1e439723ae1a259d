"""Two subtasks that write one file: nothing is lost silently, and only what is lost is told."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path

import pytest

from common.events import ArtifactWritten, FileConflict
from common.states import Architecture
from tests.unit.workers.flow.helpers import Listener, plan, run_flow, script, subtask
from workers.flow import ChatRequest, MemoryJournal, Workspace
from workers.flow.testing import ScriptedModel, sample_answer


def writes(path: str, content: str) -> str:
    return f"Here.\n```text path={path}\n{content}\n```"


async def conflicts_of(answers: Mapping[str, object], **more: object) -> list[tuple[str, str, str]]:
    listener = Listener()
    await run_flow(ScriptedModel(script=script(answers)), workers=2, listener=listener, **more)  # type: ignore[arg-type]
    return [(event.path, event.earlier_step, event.step) for event in listener.all(FileConflict)]


async def test_two_subtasks_that_know_nothing_of_each_other_are_in_conflict(tmp_path: Path) -> None:
    listener = Listener()
    answers = {
        "plan": plan(subtask("A"), subtask("B", role="analyst")),
        "work/1": writes("a.txt", "one"),
        "work/2": writes("./a.txt", "two"),
    }
    journal = MemoryJournal(listener)
    workspace = Workspace(tmp_path)
    model = ScriptedModel(script=script(answers))
    await run_flow(model, workers=2, journal=journal, listener=listener, workspace=workspace)
    (conflict,) = listener.all(FileConflict)
    first, second = listener.all(ArtifactWritten)
    assert (conflict.earlier_step, conflict.earlier_agent) == (first.step, first.agent)
    assert (conflict.step, conflict.agent, conflict.path) == (second.step, second.agent, "a.txt")
    kept = {key: result.artifacts[0].content for key, (_, result) in journal.steps.items() if result.artifacts}
    assert kept == {"work/1": b"one\n", "work/2": b"two\n"}
    assert workspace.read("a.txt") == kept[conflict.step]


async def test_a_drone_that_does_one_after_the_other_without_seeing_it_is_in_conflict_too() -> None:
    drafted = plan(*(subtask(title) for title in "ABC"))
    answers = {"plan": drafted, "work/1": writes("a.txt", "one"), "work/3": writes("a.txt", "three")}
    assert await conflicts_of(answers) == [("a.txt", "work/1", "work/3")]


async def test_who_depends_on_it_even_over_others_replaces_it_knowingly() -> None:
    drafted = plan(subtask("A"), subtask("B", 1), subtask("C", 2))
    answers = {"plan": drafted, "work/1": writes("a.txt", "one"), "work/3": writes("a.txt", "three")}
    assert await conflicts_of(answers) == []


async def test_the_same_content_and_other_files_are_no_conflict() -> None:
    drafted = plan(subtask("A"), subtask("B"))
    both = writes("a.txt", "same")
    answers = {"plan": drafted, "work/1": both, "work/2": both + "\n" + writes("b.txt", "other")}
    assert await conflicts_of(answers) == []


async def test_a_rework_knows_all_that_was_reviewed_but_not_the_other_reworks() -> None:
    answers = {
        "plan": plan(subtask("A"), subtask("B")),
        "work/1": writes("a.txt", "one"),
        "review": {"approved": False, "comment": "Again.", "returned": [1, 2]},
        "rework/1": writes("b.txt", "one"),
        "rework/2": writes("a.txt", "two") + "\n" + writes("b.txt", "two"),
    }
    found = await conflicts_of(answers)
    assert [(path, {earlier, later}) for path, earlier, later in found] == [("b.txt", {"rework/1", "rework/2"})]


async def test_the_teams_of_two_sub_queens_are_in_conflict() -> None:
    answers = {
        "work/sub-queen-1/1": writes("a.txt", "one"),
        "work/sub-queen-2/1": writes("a.txt", "two"),
    }
    found = await conflicts_of(answers, architecture=Architecture.HIERARCHICAL)
    assert [(path, {earlier, later}) for path, earlier, later in found] == [("a.txt", set(answers))]


@pytest.mark.parametrize("later", ["work/1", "work/2"])
async def test_a_conflict_with_a_step_of_an_earlier_run_is_found_and_told_once(later: str) -> None:
    """The flow breaks off while `later` runs; it goes on elsewhere, where the other one is only replayed."""
    listener = Listener()
    journal = MemoryJournal(listener)
    answers = {
        "plan": plan(subtask("A"), subtask("B")),
        "work/1": writes("a.txt", "one"),
        "work/2": writes("a.txt", "two"),
    }
    (earlier,) = {"work/1", "work/2"} - {later}

    async def hang(request: ChatRequest) -> str:
        if request.step_key == later:
            await asyncio.Event().wait()
        answer = script(answers)(request)
        return answer if isinstance(answer, str) else sample_answer(request)

    running = asyncio.create_task(run_flow(ScriptedModel(script=hang), workers=2, journal=journal, listener=listener))
    async with asyncio.timeout(10):
        while earlier not in journal.steps:
            await asyncio.sleep(0)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert listener.all(FileConflict) == []
    for _ in range(2):
        await run_flow(ScriptedModel(script=script(answers)), workers=2, journal=journal, listener=listener)
    assert [(event.earlier_step, event.step) for event in listener.all(FileConflict)] == [(earlier, later)]
