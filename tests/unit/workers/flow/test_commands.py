"""The tool that runs commands: what it changes is committed, what it is not allowed is told, and nothing runs twice."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from common.errors import LeaseLost
from common.events import ArtifactWritten, DurableEvent, Notice, StepFinished, StepStarted
from common.options import FlowOptions
from common.states import Architecture
from tests.support.bubblewrap import find_processes, make_sandbox, name_sleep
from tests.support.waiting import wait_until
from tests.unit.workers.flow.helpers import Listener
from workers.flow import CommandLimits, FlowResult, MemoryJournal, OllamaFlowFramework, Sandbox, StepRequest, StepResult
from workers.flow.commands import CommandTool
from workers.flow.model import ChatRequest, ToolCall
from workers.flow.progress import count_expected
from workers.flow.testing import Scripted, ScriptedModel, call_tool, sample_answer
from workers.flow.toolbox import Toolbox, ToolOutcome
from workers.flow.workspace import Workspace

STEP = "work/1/turn-1/tool-1"
INTENT = f"{STEP}/intent"


async def use(folder: Path, command: str, sandbox: Sandbox | None) -> ToolOutcome:
    """Run a command as a model calls it."""
    tools = Toolbox([CommandTool(Workspace(folder), sandbox).tool()])
    return await tools.use(ToolCall(name="run_command", arguments={"command": command}))


async def run_flow(
    command: str,
    folder: Path,
    *,
    journal: MemoryJournal | None = None,
    listener: Listener | None = None,
    sandbox: Sandbox | None = None,
    allowed: bool = True,
    model: ScriptedModel | None = None,
    workers: int = 1,
) -> FlowResult:
    """Let a drone run a command, and then answer."""

    def answer(request: ChatRequest) -> Scripted:
        is_first_turn = request.step_key.startswith("work/") and request.tools and "turn" not in request.step_key
        return call_tool("run_command", command=command) if is_first_turn else sample_answer(request)

    model = model or ScriptedModel()
    model.script, model.capabilities = answer, frozenset({"completion", "tools"})
    framework = OllamaFlowFramework(
        model,
        "scripted",
        workers,
        Architecture.CENTRALIZED,
        journal=journal,
        workspace=Workspace(folder),
        emit=listener,
        options=FlowOptions(review=False, commands=allowed),
        sandbox=sandbox,
    )
    return await framework.run_task("Explain the tides.")


async def test_a_command_works_on_a_copy_and_what_it_wrote_comes_back_as_artifacts(tmp_path: Path) -> None:
    (tmp_path / "a.sh").write_text("echo from a script; echo 2 > b/new")
    (tmp_path / "old").write_text("1")
    (tmp_path / "b").mkdir()
    (tmp_path / "b/kept").write_text("1")
    outcome = await use(tmp_path, "./a.sh; sh a.sh; rm old; cat b/kept", make_sandbox())
    assert outcome.facts == {"command": "./a.sh; sh a.sh; rm old; cat b/kept", "exit_code": 0}
    assert [(draft.path, draft.content) for draft in outcome.artifacts] == [("b/new", b"2\n")]
    assert outcome.text.startswith("Exit code 0.\nfrom a script\nfrom a script\n1\n[files written: b/new]")
    assert "[deleted in the copy only, the project folder keeps them: old]" in outcome.text
    assert (tmp_path / "old").exists()
    assert not (tmp_path / "b/new").exists()  # that is for the step's commit


async def test_links_and_pipes_that_a_command_leaves_lead_nowhere(tmp_path: Path) -> None:
    leave = "ln -s /etc/shadow leak; mkfifo pipe; echo x > one; ln one two; ln -s / root; mkdir d; cd d; ln -s .. up"
    outcome = await use(tmp_path, leave, make_sandbox())
    assert {draft.path: draft.content for draft in outcome.artifacts} == {"one": b"x\n", "two": b"x\n"}
    for path in ("leak", "pipe", "root", "d/up"):
        assert f"[not kept: {path} is not a plain file.]" in outcome.text


async def test_files_that_a_command_shut_come_back_too(tmp_path: Path) -> None:
    (tmp_path / "old").write_text("1")
    outcome = await use(tmp_path, "chmod 0 old; mkdir d; echo x > d/new; chmod 0 d/new d", make_sandbox())
    assert {draft.path: draft.content for draft in outcome.artifacts} == {"d/new": b"x\n"}
    assert "deleted" not in outcome.text


async def test_nothing_is_no_command_that_could_succeed(tmp_path: Path) -> None:
    outcome = await use(tmp_path, " \n", make_sandbox())
    assert outcome.failed
    assert "exit_code" not in outcome.facts


async def test_a_command_that_fails_or_meets_a_limit_of_the_kernel_tells_its_exit_code(tmp_path: Path) -> None:
    limits = CommandLimits(file_bytes=1000)
    outcome = await use(tmp_path, "head -c 2000 /dev/zero > big", make_sandbox(limits))
    assert outcome.facts["exit_code"] == 153
    assert outcome.text.startswith("Exit code 153 (a file of it got too large).")
    outcome = await use(tmp_path, "exit 4", make_sandbox())
    assert (outcome.text, outcome.failed) == ("Exit code 4.\nIt wrote nothing.", False)


async def test_a_command_that_a_limit_ended_keeps_nothing_and_says_so(tmp_path: Path) -> None:
    outcome = await use(tmp_path, "echo begun; echo x > new; sleep 60", make_sandbox(CommandLimits(seconds=0.5)))
    assert outcome.failed
    assert outcome.artifacts == ()
    assert outcome.facts["exit_code"] is None
    assert outcome.text == (
        "Error: The command was ended, as it reached its limit of 0.5 seconds. Nothing it changed was kept.\nbegun"
    )


async def test_a_long_output_is_told_by_its_begin_and_its_end(tmp_path: Path) -> None:
    outcome = await use(tmp_path, "echo first; seq 30000; echo last; echo x > new", make_sandbox())
    assert len(outcome.text) <= 8000
    assert outcome.text.startswith("Exit code 0.\nfirst\n1\n")
    assert outcome.text.endswith("\n30000\nlast\n[files written: new]")


@pytest.mark.parametrize(
    ("sandbox", "why"),
    [
        (None, "This server does not allow commands."),
        (Sandbox(program="no-such-bwrap"), "Commands are run in bubblewrap only. It is not installed on this host"),
    ],
)
async def test_where_commands_cannot_be_run_the_model_is_told_each_time_and_people_once(
    tmp_path: Path, sandbox: Sandbox | None, why: str
) -> None:
    listener = Listener()
    journal = MemoryJournal(listener)
    await run_flow("touch bare", tmp_path, journal=journal, sandbox=sandbox, workers=2)
    calls = [result for key, (_, result) in journal.steps.items() if key.endswith("tool-1")]
    assert len(calls) == 2
    for call in calls:
        assert str(call.output["text"]).startswith(f"Error: {why}")
        assert (call.output["command"], call.output["exit_code"]) == ("touch bare", None)
    assert [event.message.startswith(f"Commands are not run. {why}") for event in listener.all(Notice)] == [True]
    assert list(tmp_path.iterdir()) == []


async def test_nobody_is_offered_commands_who_did_not_ask_for_them(tmp_path: Path) -> None:
    assert FlowOptions().commands is False
    model, journal = ScriptedModel(), MemoryJournal()
    await run_flow("touch x", tmp_path, journal=journal, sandbox=Sandbox(), allowed=False, model=model)
    offered = {tool.name for call in model.calls for tool in call.request.tools}
    assert "write_file" in offered
    assert "run_command" not in offered
    assert "There is no tool 'run_command'" in str(journal.steps[STEP][1].output["text"])


async def test_what_is_meant_is_committed_before_a_command_and_what_it_came_to_after(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("1")
    listener = Listener()
    journal = MemoryJournal(listener)
    result = await run_flow("echo 2 > a; echo 3 > b", tmp_path, journal=journal, sandbox=make_sandbox())
    keys = list(journal.steps)
    assert keys.index(INTENT) + 1 == keys.index(STEP)
    intent, _ = journal.steps[INTENT]
    assert intent.kind == "choice"
    assert intent.input == {"tool": {"name": "run_command", "arguments": {"command": "echo 2 > a; echo 3 > b"}}}
    output = journal.steps[STEP][1].output
    assert (output["command"], output["exit_code"], output["files"]) == ("echo 2 > a; echo 3 > b", 0, ["a", "b"])
    assert result.artifacts == ("a", "b")
    assert ((tmp_path / "a").read_text(), (tmp_path / "b").read_text()) == ("2\n", "3\n")
    assert [event.path for event in listener.all(ArtifactWritten)] == ["a", "b"]
    assert [event.label for event in listener.all(StepStarted) if event.step == STEP] == [
        "Run command echo 2 > a; echo 3 > b"
    ]
    events: list[DurableEvent] = [event for _, result in journal.steps.values() for event in result.events]
    assert count_expected(events, FlowOptions(review=False)) == len(journal.steps)
    replayed = await run_flow("echo 2 > a; echo 3 > b", tmp_path, journal=journal, sandbox=None)
    assert (replayed.answer, replayed.steps) == (result.answer, result.steps)


class DyingJournal(MemoryJournal):
    """Loses its session where a command's result is to be committed, after the command ran."""

    async def run_step(self, request: StepRequest, execute: Callable[[], Awaitable[StepResult]]) -> StepResult:
        if request.key == STEP:
            await execute()
            raise LeaseLost("Another owner has it.")
        return await super().run_step(request, execute)


async def test_a_command_whose_result_was_not_committed_had_no_effect_and_is_not_run_again(tmp_path: Path) -> None:
    dying, journal = DyingJournal(), MemoryJournal()
    with pytest.raises(LeaseLost):
        await run_flow("echo 2 > a", tmp_path, journal=dying, sandbox=make_sandbox())
    assert list(tmp_path.iterdir()) == []
    journal.steps = dying.steps
    assert INTENT in journal.steps
    sandbox = Sandbox(program="must-not-be-looked-for")
    await run_flow("echo 2 > a", tmp_path, journal=journal, sandbox=sandbox)
    output = journal.steps[STEP][1].output
    assert (output["failed"], output["command"], output["exit_code"]) == (True, "echo 2 > a", None)
    assert str(output["text"]).startswith("Error: The command was started, but broken off before")
    assert list(tmp_path.iterdir()) == []


async def test_stopping_a_session_ends_its_command_at_once_and_resuming_does_not_run_it_again(tmp_path: Path) -> None:
    sleep, journal = name_sleep(), MemoryJournal()
    task = asyncio.create_task(run_flow(sleep, tmp_path, journal=journal, sandbox=make_sandbox()))
    await asyncio.to_thread(wait_until, lambda: find_processes(sleep), "the command runs")
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await asyncio.to_thread(wait_until, lambda: not find_processes(sleep), "the command ends")
    assert (INTENT in journal.steps, STEP in journal.steps) == (True, False)
    await run_flow(sleep, tmp_path, journal=journal, sandbox=Sandbox(program="must-not-be-looked-for"))
    assert "Run it again if it is still needed" in str(journal.steps[STEP][1].output["text"])
    assert any(event.step == STEP for event in journal.steps[STEP][1].events if isinstance(event, StepFinished))
