"""The tools over the workspace, one by one and in the hands of a drone."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Mapping
from contextlib import aclosing
from pathlib import Path

import pytest
from pydantic import JsonValue

from common.events import AgentInfo, ArtifactWritten, Notice, StepStarted
from common.options import FlowOptions
from common.states import Architecture
from tests.support.leases import hold_session
from tests.support.ollama_server import OllamaServer
from tests.unit.workers.flow.helpers import Listener, plan, run_flow, subtask
from workers.flow import ChatRequest, MemoryJournal, OllamaFlowFramework, OllamaModel, Workspace
from workers.flow.agent import Agent
from workers.flow.context import FlowContext
from workers.flow.limits import Limits
from workers.flow.model import ToolCall
from workers.flow.progress import count_expected
from workers.flow.prompt import Asking, Prompt
from workers.flow.testing import Calls, Scripted, ScriptedModel, call_tool, sample_answer
from workers.flow.tool_loop import ToolLoop
from workers.flow.toolbox import Toolbox, ToolOutcome
from workers.flow.tools import SearchFiles, WorkspaceTools
from workers.measured_model import MeasuredModel

TOOLS = frozenset({"completion", "tools"})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for path, text in {"app/main.py": "x = 1\ny = 2\n", "app/two.py": "x = 1\nx = 1\n", "notes.md": "# Über\n"}.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text)
    (tmp_path / "photo.bin").write_bytes(b"\xff\xfe\x00x = 1")
    return tmp_path


@pytest.fixture
def tools(folder: Path) -> Toolbox:
    return Toolbox(WorkspaceTools(Workspace(folder)).tools())


async def use(tools: Toolbox, name: str, **arguments: JsonValue) -> ToolOutcome:
    return await tools.use(ToolCall(name=name, arguments=arguments))


def test_a_model_is_told_what_each_tool_takes(tools: Toolbox) -> None:
    taken = {tool.name: list(tool.parameters["properties"]) for tool in tools.specs}  # type: ignore[arg-type] # a dict
    assert taken == {
        "list_files": ["folder"],
        "read_file": ["path", "first_line"],
        "search_files": ["text", "folder", "is_regex"],
        "write_file": ["path", "content"],
        "edit_file": ["path", "old_text", "new_text"],
    }
    edit = tools.specs[-1].parameters
    assert edit["required"] == ["path", "old_text", "new_text"]
    assert edit["properties"]["path"] == {  # type: ignore[index,call-overload] # a dict
        "type": "string",
        "description": "Path of the file, relative to the project folder.",
    }


async def test_files_are_listed_all_or_of_a_folder(tools: Toolbox, folder: Path) -> None:
    assert (await use(tools, "list_files")).text == "app/main.py\napp/two.py\nnotes.md\nphoto.bin"
    for name in ("app", "./app", "app/", ".", "/"):
        listed = (await use(tools, "list_files", folder=name)).text
        assert listed.startswith("app/main.py\napp/two.py")
        assert ("notes.md" in listed) == (name in {".", "/"})
    assert (await use(tools, "list_files", folder="none")).text == "Error: none does not exist."
    (folder / "empty").mkdir()
    assert (await use(tools, "list_files", folder="empty")).text == "There are no files."
    assert "Error: The path '../x'" in (await use(tools, "list_files", folder="../x")).text


async def test_of_many_files_only_the_first_level_is_told(tools: Toolbox, folder: Path) -> None:
    """Else what comes early in the alphabet would hide all others."""
    (folder / "aaa/deep").mkdir(parents=True)
    for number in range(1100):
        (folder / f"aaa/deep/{number}.txt").touch()
    note = "[only what is right in this folder; name a folder to see what is in it]"
    assert (await use(tools, "list_files")).text == f"aaa/\napp/\nnotes.md\nphoto.bin\n{note}"
    assert (await use(tools, "list_files", folder="aaa")).text == f"aaa/deep/\n{note}"
    assert (await use(tools, "list_files", folder="app")).text == "app/main.py\napp/two.py"
    assert "(and 800 more)" in (await use(tools, "list_files", folder="aaa/deep")).text
    assert (await use(tools, "search_files", text="x = 1")).text.startswith("[only the first 1000 files were searched")
    assert "app/main.py:1" in (await use(tools, "search_files", text="x = 1", folder="app")).text


async def test_a_file_is_read_in_pieces_of_whole_lines(tools: Toolbox, folder: Path) -> None:
    assert (await use(tools, "read_file", path="app/main.py")).text == "x = 1\ny = 2\n"
    (folder / "long.txt").write_text("\n".join(f"line {number}" for number in range(1, 1001)))
    first = (await use(tools, "read_file", path="long.txt")).text
    assert first.startswith("line 1\nline 2\n")
    assert first.endswith("line 400\n[lines 1 to 400 of 1000; read on with first_line=401]")
    assert (await use(tools, "read_file", path="long.txt", first_line="999")).text == "line 999\nline 1000"
    (folder / "wide.txt").write_text("x" * 6000 + "\n" + "y" * 6000)
    assert (await use(tools, "read_file", path="wide.txt")).text.endswith(
        "[lines 1 to 1 of 2; read on with first_line=2]"
    )
    (folder / "empty.txt").touch()
    assert (await use(tools, "read_file", path="empty.txt")).text == "The file is empty."


@pytest.mark.parametrize(
    ("name", "arguments", "error"),
    [
        ("read_file", {"path": "nosuch.py"}, "nosuch.py does not exist."),
        ("read_file", {"path": "photo.bin"}, "photo.bin is no text file."),
        ("read_file", {"path": "app/main.py", "first_line": 9}, "app/main.py has 3 lines."),
        (
            "read_file",
            {"path": "app/main.py", "first_line": 0},
            "first_line: Input should be greater than or equal to 1",
        ),
        ("read_file", {"path": "/etc/passwd"}, "is not relative to the project folder"),
        ("read_file", {"path": "out/secret"}, "is a link"),
        ("write_file", {"path": "../up.py", "content": "x"}, "has a part that cannot be used"),
        ("write_file", {"path": ".git/config", "content": "x"}, ".git folder"),
        ("write_file", {"path": "out/secret", "content": "x"}, "is a link"),
        ("write_file", {"path": "app", "content": "x"}, "app"),
        ("write_file", {"path": "a.py", "content": "x" * 1_100_000}, "bytes"),
        ("write_file", {"path": "a.py"}, "content: Field required"),
        ("edit_file", {"path": "app/two.py", "old_text": "x = 1", "new_text": ""}, "is in app/two.py 2 times"),
        ("edit_file", {"path": "app/main.py", "old_text": "z", "new_text": ""}, "old_text is not in app/main.py"),
        (
            "edit_file",
            {"path": "app/main.py", "old_text": "", "new_text": "z"},
            "old_text: String should have at least 1",
        ),
        ("search_files", {"text": "(x", "is_regex": True}, "This is no regular expression"),
        ("search_files", {"text": "(a+)+b", "is_regex": True}, "takes too long"),
        ("search_files", {"text": "(a|a)*b", "is_regex": True}, "takes too long"),
        ("search_files", {"text": ".*.*.*b", "is_regex": True}, "takes too long"),
        ("search_files", {"text": r"(a)\1", "is_regex": True}, "groupref"),
        ("search_files", {"text": "(?=a)", "is_regex": True}, "assert"),
    ],
)
async def test_what_cannot_be_done_is_a_sentence_for_the_model(
    tools: Toolbox, folder: Path, name: str, arguments: Mapping[str, JsonValue], error: str
) -> None:
    (folder / "out").symlink_to("/tmp")
    outcome = await use(tools, name, **arguments)
    assert outcome.failed
    assert outcome.artifacts == ()
    assert error in outcome.text
    assert len(outcome.text) < 1200


async def test_lines_are_found_by_text_and_by_pattern(tools: Toolbox, folder: Path) -> None:
    assert (await use(tools, "search_files", text="x = 1")).text.split("\n") == [
        "app/main.py:1: x = 1",
        "app/two.py:1: x = 1",
        "app/two.py:2: x = 1",
    ]
    assert (await use(tools, "search_files", text=r"^y\s*=\s*\d", is_regex=True)).text == "app/main.py:2: y = 2"
    assert (await use(tools, "search_files", text="x.=", folder="app")).text == "Nothing was found."
    (folder / "many.txt").write_text("hit\n" * 100)
    found = (await use(tools, "search_files", text="hit")).text.split("\n")
    assert len(found) == 51
    assert found[-1].startswith("[the first 50 lines")


def test_a_search_that_takes_too_much_ends_early(folder: Path) -> None:
    ticks = itertools.count()
    tools = WorkspaceTools(Workspace(folder), clock=lambda: float(next(ticks)))
    found = tools.search_files(SearchFiles(text="nowhere"))
    assert found.text == "[the search ended early, as it took too much; name a folder]"


async def test_writing_gives_an_artifact_and_touches_nothing_itself(tools: Toolbox, folder: Path) -> None:
    new = await use(tools, "write_file", path="./app/new.py", content="a\nb")
    assert (new.text, new.artifacts[0].path, new.artifacts[0].content) == (
        "Wrote app/new.py; it has 2 lines now.",
        "app/new.py",
        b"a\nb",
    )
    assert not (folder / "app/new.py").exists()
    edited = await use(tools, "edit_file", path="app/main.py", old_text="y = 2", new_text="y = 3")
    assert edited.artifacts[0].content == b"x = 1\ny = 3\n"
    assert (folder / "app/main.py").read_text() == "x = 1\ny = 2\n"
    same = await use(tools, "write_file", path="notes.md", content="# Über\n")
    assert (same.text, same.artifacts) == ("notes.md has this content already; nothing was written.", ())


async def test_an_edit_keeps_the_line_ends_of_the_file(tools: Toolbox, folder: Path) -> None:
    (folder / "dos.txt").write_bytes(b"one\r\ntwo\r\nthree\r\n")
    edited = await use(tools, "edit_file", path="dos.txt", old_text="one\ntwo", new_text="1\n2")
    assert edited.artifacts[0].content == b"1\r\n2\r\nthree\r\n"


# --- in a flow ------------------------------------------------------------------------------------------------------

ANSWERS: Mapping[str, Scripted] = {
    "plan": plan(subtask("A"), subtask("B", 1)),
    "work/1": Calls(
        (
            *call_tool("read_file", path="app/main.py").calls,
            *call_tool("edit_file", path="app/main.py", old_text="y = 2", new_text="y = 3").calls,
        )
    ),
    "work/1/turn-2": call_tool("read_file", path="app/main.py"),
    "work/2": call_tool("write_file", path="app/new.py", content="new\n"),
    "work/2/turn-2": "I wrote app/new.py.",
}


def answer(request: ChatRequest) -> Scripted:
    return ANSWERS.get(request.step_key) or sample_answer(request)


async def test_drones_read_and_change_the_project_folder(folder: Path) -> None:
    listener = Listener()
    journal = MemoryJournal(listener)
    model = ScriptedModel(script=answer, capabilities=TOOLS)
    result = await run_flow(model, journal=journal, listener=listener, workspace=Workspace(folder))
    assert (folder / "app/main.py").read_text() == "x = 1\ny = 3\n"
    assert (folder / "app/new.py").read_text() == "new\n"
    assert result.artifacts == ("app/main.py", "app/new.py")
    # What was written can be read by the very next call.
    assert "y = 3" in model.call("work/1/turn-3").request.messages[-1].content
    assert [(event.step, event.path) for event in listener.all(ArtifactWritten)] == [
        ("work/1/turn-1/tool-2", "app/main.py"),
        ("work/2/turn-1/tool-1", "app/new.py"),
    ]
    assert [event.label for event in listener.all(StepStarted) if event.kind == "tool"] == [
        "Read file app/main.py",
        "Edit file app/main.py",
        "Read file app/main.py",
        "Write file app/new.py",
    ]
    # Leaders hear of the files, and have no tools themselves.
    assert "Files written: app/main.py" in model.call("review").prompt
    assert {call.key for call in model.calls if call.request.tools} == {
        key for key in model.keys if key.startswith("work")
    }
    events = [event for _, done in journal.steps.values() for event in done.events]
    assert count_expected(events, FlowOptions()) == len(journal.steps)


async def test_a_replay_uses_no_tool_and_no_model(folder: Path) -> None:
    journal = MemoryJournal()
    model = ScriptedModel(script=answer, capabilities=TOOLS)
    first = await run_flow(model, journal=journal, workspace=Workspace(folder))
    (folder / "app/main.py").write_text("mended by hand")
    again = ScriptedModel(capabilities=TOOLS)
    assert await run_flow(again, journal=journal, workspace=Workspace(folder)) == first
    assert (again.calls, again.descriptions) == ([], 0)
    assert (folder / "app/main.py").read_text() == "mended by hand"


@pytest.mark.parametrize("architecture", Architecture)
async def test_a_model_without_tools_works_in_a_folder_as_ever(architecture: Architecture, tmp_path: Path) -> None:
    without, within = ScriptedModel(), ScriptedModel()
    first = await run_flow(without, architecture)
    second = await run_flow(within, architecture, workspace=Workspace(tmp_path))
    assert first == second
    assert [call.request for call in without.calls] == [call.request for call in within.calls]


async def test_a_journal_goes_on_where_the_model_can_do_less_than_before(folder: Path) -> None:
    journal = MemoryJournal()
    await run_flow(ScriptedModel(script=answer, capabilities=TOOLS), journal=journal, workspace=Workspace(folder))
    for key in ("work/1/turn-3", "work/2", "work/2/turn-1/tool-1", "work/2/turn-2", "review", "answer", "claims"):
        del journal.steps[key]
    model = ScriptedModel()
    assert (await run_flow(model, journal=journal, workspace=Workspace(folder))).answer
    assert sorted(model.keys) == ["answer", "claims", "review", "work/1/turn-3", "work/2"]


async def test_two_drones_that_edit_one_file_at_once_lose_nothing(tmp_path: Path) -> None:
    (tmp_path / "list.md").write_text("\n".join(f"item {number}" for number in range(1, 7)))
    ready = asyncio.Barrier(4)

    async def edit(request: ChatRequest) -> Scripted:
        if request.step_key == "plan":
            return plan(*(subtask(f"Part {number}") for number in range(1, 5)))
        if not request.step_key.startswith("work/") or "turn-" in request.step_key:
            return sample_answer(request)
        number = request.step_key.removeprefix("work/")
        async with asyncio.timeout(10):
            await ready.wait()
        return call_tool("edit_file", path="list.md", old_text=f"item {number}", new_text=f"done {number}")

    await run_flow(ScriptedModel(script=edit, capabilities=TOOLS), workspace=Workspace(tmp_path))
    assert (tmp_path / "list.md").read_text().count("done") == 4


async def test_what_no_database_keeps_is_cleaned_before_it_is_journaled(tmp_path: Path) -> None:
    odd: JsonValue = {"deep": [1e400, 1e20, 1.5, "a\x00b\ud800"]}
    journal = MemoryJournal()
    model = ScriptedModel(
        script=lambda request: (
            call_tool("write_file", path="a\x00.py", content=odd) if request.step_key == "work/1" else answer(request)
        ),
        capabilities=TOOLS,
    )
    listener = Listener()
    await run_flow(model, journal=journal, workspace=Workspace(tmp_path), listener=listener)
    assert journal.steps["work/1"][1].output["tool_calls"] == [
        {"name": "write_file", "arguments": {"path": "a.py", "content": {"deep": ["inf", "1e+20", 1.5, "ab?"]}}}
    ]
    assert listener.all(Notice) == []


async def test_fenced_blocks_of_a_model_with_tools_are_files_too(tmp_path: Path) -> None:
    model = ScriptedModel(
        script=lambda request: (
            "```python path=a.py\nx\n```" if request.step_key == "work/1" else sample_answer(request)
        ),
        capabilities=TOOLS,
    )
    assert (await run_flow(model, workspace=Workspace(tmp_path))).artifacts == ("a.py",)


@pytest.mark.parametrize("at_once", [False, True], ids=["streamed", "in one piece"])
async def test_a_whole_flow_with_tools_runs_over_http(folder: Path, at_once: bool) -> None:
    async with OllamaServer() as server:
        server.capabilities, server.at_once = ("completion", "tools"), at_once
        look = {"name": "read_file", "arguments": {"path": "app/main.py"}}
        broken = {"error": "error parsing tool call: raw='{', err=unexpected end of JSON input"}
        write = {"name": "write_file", "arguments": {"path": "app/new.py", "content": "new\n"}}
        server.tool_calls = {"work/1": [look, write], "work/2": [look if at_once else broken], "work/2/turn-2": [look]}
        async with aclosing(OllamaModel(server.url)) as model:
            framework = OllamaFlowFramework(
                model, "scripted", 2, Architecture.CENTRALIZED, workspace=Workspace(folder), retry_delays=()
            )
            result = await framework.run_task("Explain the tides.")
    assert result.artifacts == ("app/new.py",)
    assert (folder / "app/new.py").read_text() == "new\n"
    assert all(call["started"] == 1 for call in server.calls.values())
    assert {"work/1/turn-2", "work/2/turn-2", "work/2/turn-3"} <= set(server.calls)
    answers = [
        message["content"] for body in server.requests for message in body["messages"] if message["role"] == "tool"
    ]
    assert "x = 1\ny = 2\n" in answers
    assert any("could not be read" in answer for answer in answers) != at_once


async def test_a_turn_that_took_too_long_closes_its_stream_and_is_not_tried_again(folder: Path) -> None:
    async with OllamaServer() as server:
        server.capabilities, server.tokens_per_second, server.output_tokens = ("completion", "tools"), 100, 10_000
        async with aclosing(OllamaModel(server.url)) as model:
            flow = FlowContext(
                task="T",
                client=(measured := MeasuredModel(model, hold_session())),
                model="scripted",
                journal=MemoryJournal(),
                options=FlowOptions(max_output_tokens=20_000),
            )
            loop = ToolLoop(
                agent=Agent(info=AgentInfo(name="drone-1", kind="drone"), flow=flow),
                key="work/1",
                asking=Asking(label="Work"),
                toolbox=Toolbox(WorkspaceTools(Workspace(folder)).tools()),
                limits=Limits(turns=5, tool_calls=5, output_tokens=20_000, seconds=0.3),
            )
            reply = await loop.run(Prompt(system="S", template="tools.md", values={"tools": ["read_file"]}))
    assert reply.text.startswith("Scripted answer")  # as far as it came
    assert list(server.calls) == ["work/1", "work/1/turn-2"]
    assert all(call["cancelled"] == 1 for call in server.calls.values())
    assert measured.calls_cut == 0  # that is for what a stop or a pause cuts
