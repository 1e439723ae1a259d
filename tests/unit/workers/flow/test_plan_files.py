"""Files in plans: carried by subtasks, looked for in replies, asked for once more."""

from __future__ import annotations

from collections.abc import Awaitable
from pathlib import Path

import pytest

from common.errors import ContextTooSmall
from common.events import ArtifactWritten, Notice, PlanMade, PlanRepaired
from common.options import FlowOptions
from common.states import Architecture
from tests.unit.workers.flow.helpers import Listener, plan, run_flow, script, subtask
from workers.flow import ChatRequest, MemoryJournal, Message, Workspace
from workers.flow.files import find_missing, name_blocks, read_files
from workers.flow.missing import take_begun, take_files
from workers.flow.packages import PackagesDraft, repair_packages
from workers.flow.plan import PlanDraft, SubtaskDraft, repair_plan
from workers.flow.progress import count_expected
from workers.flow.testing import Scripted, ScriptedModel, call_tool, sample_answer

CODE = "def fib(n):\n    return n"
TASK = "Write fib.py."


def draft(*files: list[str], role: str = "developer") -> PlanDraft:
    return PlanDraft(
        subtasks=[
            SubtaskDraft(title=f"Part {number}", instructions="Do it.", role=role, files=own)
            for number, own in enumerate(files, start=1)
        ]
    )


def carried(drafted: PlanDraft | None, *wanted: str, foreign: tuple[str, ...] = ()) -> list[list[str]]:
    return [item.files for item in repair_plan(drafted, most=8, wanted=wanted, foreign=foreign).subtasks]


def test_a_developers_files_are_taken_as_drafted_and_nothing_is_told() -> None:
    made = repair_plan(draft(["./a.py", "a.py"], ["src/b.toml"]), most=8)
    assert [item.files for item in made.subtasks] == [["a.py"], ["src/b.toml"]]
    assert made.repairs == []


def test_what_is_no_files_path_is_dropped_and_told_in_one_sentence() -> None:
    made = repair_plan(draft(["../a.py", "the sea", "https://x.org/a.py"], ["/etc/x.py", "data/"]), most=8)
    assert [item.files for item in made.subtasks] == [[], []]
    (repair,) = made.repairs
    assert repair.startswith("Not taken for files to be written: '../a.py', 'the sea',")


def test_only_developers_and_the_task_itself_name_files() -> None:
    assert carried(draft(["notes.md"], [], role="analyst")) == [[], []]
    assert carried(draft(["notes.md"], [], role="analyst"), "notes.md") == [["notes.md"], []]


def test_a_subtask_carries_three_files_and_each_file_is_carried_once() -> None:
    assert carried(draft(["a.py", "b.py", "c.py", "d.py"], ["a.py", "e.py"])) == [["a.py", "b.py", "c.py"], ["e.py"]]


def test_a_file_that_no_subtask_carries_goes_to_the_best_one() -> None:
    titles = [("Look", "analyst"), ("Build", "developer"), ("Say it in notes.md", "analyst")]
    drafted = PlanDraft(subtasks=[SubtaskDraft(title=title, instructions="x", role=role) for title, role in titles])
    made = repair_plan(drafted, most=8, wanted=("app.py", "docs/notes.md"))
    assert [item.files for item in made.subtasks] == [[], ["app.py"], ["docs/notes.md"]]
    assert made.repairs == [
        "No subtask was to write app.py; 2 writes it now.",
        "No subtask was to write docs/notes.md; 3 writes it now.",
    ]


def test_without_a_developer_the_last_writes_and_none_is_ever_lost() -> None:
    assert carried(draft([], [], role="analyst"), "a.py") == [[], ["a.py"]]
    assert carried(None, "a.py") == [[], ["a.py"]]
    names = [f"f{number}.py" for number in range(9)]
    assert sorted(path for files in carried(draft([], []), *names) for path in files) == names


def test_what_another_team_writes_is_not_carried() -> None:
    assert carried(draft(["a.py", "b.py"], []), foreign=("a.py",)) == [["b.py"], []]


def test_each_file_belongs_to_one_work_package() -> None:
    packages = [
        {"title": "Docs", "instructions": "Write readme.md."},
        {"title": "Code", "instructions": "Write app.py."},
    ]
    made = repair_packages(PackagesDraft.model_validate({"packages": packages}), count=2, wanted=("src/app.py", "x.py"))
    assert [(package.files, package.foreign) for package in made.packages] == [
        (["x.py"], ["src/app.py"]),
        (["src/app.py"], ["x.py"]),
    ]


def block(info: str, body: str = CODE) -> str:
    return f"```{info}\n{body}\n```"


@pytest.mark.parametrize(
    ("reply", "files"),
    [
        (block("python"), {"fib.py": CODE}),
        (block("py"), {"fib.py": CODE}),
        (block(""), {"fib.py": CODE}),
        (block("bash", "python fib.py") + "\n" + block("python"), {"fib.py": CODE}),
        (block("python", "x = (") + "\n" + block("python"), {"fib.py": CODE}),
        (block("python path=app/main.py"), {"fib.py": CODE}),
        (block("python path=fib.py") + "\n" + block("python", "other"), {"fib.py": CODE}),
        (block("json", "{}"), {}),
        (block("python", " "), {}),
        ("No block.", {}),
    ],
)
def test_a_block_without_a_path_is_matched_by_its_language(reply: str, files: dict[str, str]) -> None:
    found = read_files(name_blocks(reply, ["fib.py"], lambda path, text: "x = (" not in text)).artifacts
    assert {item.path: item.content.decode().removesuffix("\n") for item in found} == files


def test_blocks_of_one_language_are_matched_in_order() -> None:
    reply = f"{block('json', '{}')}\n{block('python', 'a')}\n{block('', 'free')}\n{block('python', 'b')}"
    named = name_blocks(reply, ["one.py", "two.py", "x.toml", "y.json", "z.toml"])
    contents = {item.path: item.content for item in read_files(named).artifacts}
    assert contents == {"one.py": b"a\n", "two.py": b"b\n", "x.toml": b"free\n", "y.json": b"{}\n"}
    assert find_missing(named, ["one.py", "z.toml"]) == ["z.toml"]


@pytest.mark.parametrize(
    ("answer", "path", "content"),
    [
        (f"{CODE}\n```\nThis is it.", "fib.py", CODE),
        (f"```python\n{CODE}", "fib.py", CODE),
        (CODE, "fib.py", CODE),
        ("The sea\nis wide.", "poem.txt", "The sea\nis wide."),
        ("a: 1\n```", "x.yaml", "a: 1"),
        (f"Here:\n{block('')}", "fib.py", CODE),
        (f"Here:\n{block('md', 'x')}", "a.md", "x"),
        ("I cannot do that.", "fib.py", None),
        ("I cannot do that.", "x.yaml", None),
        ("# All of it here", "x.yaml", None),
        ("{a: 1}", "x.yaml", "{a: 1}"),
        ("```json\n{", "fib.py", None),
        ("", "a.md", None),
    ],
)
def test_an_answer_to_the_question_for_one_file_may_be_bare(answer: str, path: str, content: str | None) -> None:
    taken = {item.path: item.content.decode().removesuffix("\n") for item in take_files(answer, [path])}
    assert taken == ({path: content} if content else {})


async def run(
    answers: dict[str, object],
    architecture: Architecture = Architecture.CENTRALIZED,
    task: str = TASK,
    workspace: Workspace | None = None,
) -> tuple[Listener, ScriptedModel, MemoryJournal]:
    listener, model = Listener(), ScriptedModel(script=script(answers))
    journal = MemoryJournal(listener)
    await run_flow(model, architecture, journal=journal, listener=listener, task=task, workspace=workspace)
    return listener, model, journal


def written(listener: Listener) -> list[tuple[str, str]]:
    return [(event.step, event.path) for event in listener.all(ArtifactWritten)]


PLAN = plan(subtask("A", role="analyst"), subtask("B", 1))


async def test_a_drone_is_told_what_it_has_to_write_and_its_block_becomes_that(tmp_path: Path) -> None:
    listener, model, _ = await run({"plan": PLAN, "work/2": block("python")}, workspace=Workspace(tmp_path))
    assert "You have to write fib.py" in model.call("work/2").prompt
    assert "```python path=fib.py" in model.call("work/2").prompt
    assert "fib.py:" not in model.call("work/1").prompt
    assert written(listener) == [("work/2", "fib.py")]
    assert (tmp_path / "fib.py").read_text() == f"{CODE}\n"
    assert "```python path=fib.py\n" in model.call("review").prompt
    assert listener.all(PlanRepaired)[0].repairs == ["No subtask was to write fib.py; 2 writes it now."]
    assert [item.files for item in listener.all(PlanMade)[0].subtasks] == [[], ["fib.py"]]


async def test_a_missing_file_is_asked_for_once_more_and_handed_on(tmp_path: Path) -> None:
    answers: dict[str, object] = {"plan": plan(subtask("A"), subtask("B", 1, role="analyst")), "work/1": "I did it."}
    answers |= {"work/1/files": block("python", "def f(:"), "work/1/files-2": "I cannot."}
    answers |= {"work/1/files-3": block("python", "def f(:"), "work/1/mend": block("python")}
    listener, model, journal = await run(answers, workspace=Workspace(tmp_path))
    asked = model.call("work/1/files")
    assert "I did it." not in asked.prompt
    assert asked.request.messages[-1] == Message(role="assistant", content="```python path=fib.py\n")
    assert model.keys[1:6] == ["work/1", "work/1/files", "work/1/files-2", "work/1/files-3", "work/1/mend"]
    assert (tmp_path / "fib.py").read_text() == f"{CODE}\n"
    assert f"I did it.\n\n```python path=fib.py\n{CODE}\n```" in model.call("work/2").prompt
    assert listener.all(Notice) == []
    events = [event for _, result in journal.steps.values() for event in result.events]
    assert count_expected(events, FlowOptions()) == len(journal.steps)
    silent = ScriptedModel()
    await run_flow(silent, Architecture.CENTRALIZED, journal=journal, task=TASK, workspace=Workspace(tmp_path))
    assert silent.calls == []  # though the file is there now


async def test_a_sound_file_counts_more_than_a_broken_one_that_came_first(tmp_path: Path) -> None:
    answers: dict[str, object] = {
        "plan": PLAN,
        "work/2": block("json", "{}"),
        "work/2/files": block("python", "def f(:"),
    }
    listener, model, _ = await run(answers | {"work/2/files-2": block("python")}, workspace=Workspace(tmp_path))
    assert "```json" in model.call("work/2/files").prompt
    assert "```json" not in model.call("work/2/files-2").prompt
    assert [key for key in model.keys if key.startswith("work/2/")] == ["work/2/files", "work/2/files-2"]
    assert written(listener) == [("work/2/files-2", "fib.py")]
    assert (tmp_path / "fib.py").read_text() == f"{CODE}\n"


async def test_a_file_that_breaks_off_each_time_is_cut_back_and_told(tmp_path: Path) -> None:
    begun = "def f():\n    return 1\n\n\ndef g():\n    return (2,"
    answers: dict[str, object] = {"plan": PLAN, "work/2": "Done."}
    answers |= dict.fromkeys(["work/2/files", "work/2/files-2", "work/2/files-3"], begun)
    listener, _, _ = await run(answers, workspace=Workspace(tmp_path))
    assert written(listener) == [("work/2/files-3", "fib.py")]
    assert (tmp_path / "fib.py").read_text() == "def f():\n    return 1\n"
    assert [event.message for event in listener.all(Notice)] == [
        "fib.py (drone-2) ends with its last whole function, as the answer broke off."
    ]


@pytest.mark.parametrize(
    ("answer", "path", "content"),
    [
        (
            "class A:\n    def f(self):\n        return 1\n\n    def g(self",
            "a.py",
            "class A:\n    def f(self):\n        return 1\n",
        ),
        ("```python\nx = 1\ny = 2\nz = (", "a.py", "x = 1\ny = 2\n"),
        (f"{CODE}\n```\nThis is it.", "a.py", f"{CODE}\n"),
        ("I cannot do that.\nNor\nthis.", "a.py", None),
        ("class A:\n    def f(self):\n        return (\n            1,\n            2", "a.py", None),
        ('{"a": 1,\n"b": 2,\n"c"', "a.json", None),
        ("", "a.py", None),
    ],
)
def test_what_is_left_of_a_file_that_broke_off(answer: str, path: str, content: str | None) -> None:
    taken = {item.path: item.content.decode() for item in take_begun(answer, path)}
    assert taken == ({path: content} if content else {})


async def test_a_file_that_does_not_come_is_told_and_the_flow_goes_on() -> None:
    listener, model, _ = await run({"plan": PLAN, "work/2": "Done.", "work/2/files": "I cannot."})
    assert [event.message for event in listener.all(Notice)] == [
        "fib.py is missing: drone-2 did not write it, however it was asked."
    ]
    assert [key for key in model.keys if "/files" in key] == ["work/2/files", "work/2/files-2", "work/2/files-3"]
    assert model.keys[-2:] == ["answer", "claims"]


@pytest.mark.parametrize("extra", ["files", "mend"])
async def test_what_had_no_room_is_left_out_on_a_replay_too_where_there_is_room(extra: str) -> None:
    told: dict[str, object] = {
        "plan": PLAN,
        "work/2": "Done." if extra == "files" else block("python path=fib.py", "def f(:"),
    }
    journal, answers = MemoryJournal(), script(told)

    def answer(request: ChatRequest) -> Scripted | Awaitable[Scripted]:
        if request.step_key.endswith(extra):
            raise ContextTooSmall("There is no room.")
        return answers(request)

    whole = await run_flow(ScriptedModel(script=answer), Architecture.CENTRALIZED, journal=journal, task=TASK)
    del journal.steps["claims"]  # it was broken off before the last step
    elsewhere = ScriptedModel(script=answers)
    replayed = await run_flow(elsewhere, Architecture.CENTRALIZED, journal=journal, task=TASK)
    assert elsewhere.keys == ["claims"]
    assert replayed.answer == whole.answer


async def test_a_file_of_the_plan_that_cannot_be_mended_is_written_anew(tmp_path: Path) -> None:
    bad = block("python path=fib.py", "def f(:")
    answers: dict[str, object] = {"plan": plan(subtask("A"), subtask("B", 1, role="analyst")), "work/1": bad}
    answers["work/1/mend"] = bad
    _, model, journal = await run(answers | {"work/1/files": f"{CODE}\n```"}, workspace=Workspace(tmp_path))
    assert model.keys[1:4] == ["work/1", "work/1/mend", "work/1/files"]
    assert "def f(:" not in model.call("work/1/files").prompt
    assert (tmp_path / "fib.py").read_text() == f"{CODE}\n"
    assert f"```python path=fib.py\n{CODE}\n```" in model.call("work/2").prompt
    silent = ScriptedModel()
    await run_flow(silent, Architecture.CENTRALIZED, journal=journal, task=TASK, workspace=Workspace(tmp_path))
    assert silent.calls == []


async def test_a_file_that_is_written_anew_and_no_better_stays_as_it_was(tmp_path: Path) -> None:
    bad, worse = block("python path=fib.py", "def f(:"), block("python path=fib.py", "def g(:")
    answers: dict[str, object] = {"plan": plan(subtask("A"), subtask("B", role="analyst")), "work/1": bad}
    answers |= {"work/1/mend": "I cannot.", "work/1/files": worse}
    listener, _, _ = await run(answers, workspace=Workspace(tmp_path))
    assert (tmp_path / "fib.py").read_text() == "def f(:\n"
    assert listener.all(Notice)[-1].message == "fib.py (drone-2) stays as it is: written anew, it was no better."


async def test_a_task_without_files_asks_for_none() -> None:
    _, model, _ = await run({"plan": PLAN}, task="Explain the tides.")
    assert not [key for key in model.keys if key.endswith("/files")]
    assert "You have to write" not in "".join(call.prompt for call in model.calls)


async def test_in_a_hierarchy_one_group_writes_a_file_and_anothers_block_is_left_out(tmp_path: Path) -> None:
    packages = {"packages": [{"title": "Docs", "instructions": "words"}, {"title": "Code", "instructions": "fib.py"}]}
    answers: dict[str, object] = {"split": packages, "work/sub-queen-1/1": block("python path=fib.py", "wrong = 1")}
    answers |= {f"work/sub-queen-2/{number}": block("python") for number in (1, 2)}
    listener, model, _ = await run(answers, Architecture.HIERARCHICAL, workspace=Workspace(tmp_path))
    assert {path for _, path in written(listener)} == {"fib.py"}
    assert all(step.startswith("work/sub-queen-2/") for step, _ in written(listener))
    assert (tmp_path / "fib.py").read_text() == f"{CODE}\n"
    assert "Other teams write fib.py; yours does not." in model.call("sub-queen-1/plan").prompt
    assert "Your team writes fib.py." in model.call("sub-queen-2/plan").prompt
    assert any("another team writes it" in event.message for event in listener.all(Notice))


async def test_a_debates_answer_has_to_hold_the_files() -> None:
    listener, model, _ = await run({"answer": "So:", "answer/files": block("python")}, Architecture.FULLY_CONNECTED)
    assert "```python path=fib.py" in model.call("answer").prompt
    assert written(listener) == [("answer/files", "fib.py")]


async def test_what_a_tool_wrote_is_not_missing_and_what_it_did_not_is(tmp_path: Path) -> None:
    turns: dict[str, Scripted] = {
        "work/2": call_tool("write_file", path="fib.py", content=CODE),
        "work/2/turn-2": f"Done, like this:\n{block('python', 'an example')}",
        "work/2/files": block("markdown", "# Notes"),
    }
    planned: dict[str, Scripted] = {"plan": PLAN}

    def answer(request: ChatRequest) -> Scripted:
        return (planned | turns).get(request.step_key) or sample_answer(request)

    model = ScriptedModel(script=answer, capabilities=frozenset({"tools"}))
    listener = Listener()
    task = "Write fib.py and notes.md."
    await run_flow(model, Architecture.CENTRALIZED, listener=listener, task=task, workspace=Workspace(tmp_path))
    assert (tmp_path / "fib.py").read_text() == CODE
    assert (tmp_path / "notes.md").read_text() == "# Notes\n"
    assert model.call("work/2/files").request.tools == ()
    assert listener.all(Notice) == []


@pytest.mark.parametrize("task", ["Schreibe fib.py.", "fib.pyを書いてください。", "اكتب fib.py من فضلك"])
@pytest.mark.parametrize("architecture", Architecture)
async def test_files_and_roles_come_alike_for_a_task_in_any_language(architecture: Architecture, task: str) -> None:
    listener, model, _ = await run({}, architecture, task=task)
    english, other, _ = await run({}, architecture)
    assert sorted(model.keys) == sorted(other.keys)  # groups work at the same time
    roles = [item.role for event in listener.all(PlanMade) for item in event.subtasks]
    assert roles == [item.role for event in english.all(PlanMade) for item in event.subtasks]
    written_by = [call for call in model.calls if call.key.endswith("/files")]
    assert written_by
    assert all("in the language of the task" in call.prompt for call in model.calls)
