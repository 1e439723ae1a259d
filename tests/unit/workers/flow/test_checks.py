"""Files are parsed as they are written; what is broken goes back to its drone once."""

from __future__ import annotations

import re
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from common.events import ArtifactWritten, FileConflict, Notice, StepFinished
from common.options import FlowOptions
from common.states import Architecture
from tests.unit.workers.flow.helpers import Listener, plan, run_flow, script, subtask
from workers.flow import MemoryJournal, Workspace
from workers.flow.checks import MOST_CHECKED_BYTES, FileCheck, check_file
from workers.flow.progress import count_expected
from workers.flow.testing import ScriptedModel


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("a.py", b"x = 1\n"),
        ("pkg/__init__.py", b""),
        ("a.PYI", b"def f() -> int: ...\n"),
        ("a.py", b"pattern = '\\d'\n"),  # warns
        ("a.py", b"# coding: latin-1\nx = '\xe4'\n"),
        ("a.json", b'{"a": [1, 2.5, null]}'),
        ("a.json", b"1" * 10_000),
        ("a.json", b"\xef\xbb\xbf{}"),
        ("a.toml", b"[a]\nb.c = 1\n"),
    ],
)
def test_what_can_be_parsed_passes(path: str, content: bytes) -> None:
    assert check_file(path, content) == FileCheck(checked=True)


@pytest.mark.parametrize(
    ("path", "content", "problem"),
    [
        ("a.py", b"x = 1\nprint(\n", r"Not valid Python, line 2: '\(' was never closed\."),
        ("a.py", b"def f():\nreturn 1\n", r"Not valid Python, line 2: expected an indented block.*\."),
        ("a.py", b"a\x00b", r"Not valid Python.*null bytes.*\."),
        ("a.json", b"", r"Not valid JSON: Expecting value: line 1.*\."),
        ("a.json", b"{'a': 1}", r"Not valid JSON: .*double quotes.*line 1.*\."),
        ("a.json", b"[NaN]", r"Not valid JSON: NaN is no JSON value\."),
        ("a.json", b"\xff\xfe", r"Not valid JSON: it is not UTF-8\."),
        ("a.toml", b"a = \n", r"Not valid TOML: .*line 1.*\."),
        ("a.toml", b"a = 1\na = 2\n", r"Not valid TOML: .*\."),
    ],
)
def test_what_cannot_be_parsed_is_told_in_a_sentence(path: str, content: bytes, problem: str) -> None:
    check = check_file(path, content)
    assert check.checked
    assert check.problem is not None
    assert re.fullmatch(problem, check.problem), check.problem


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("a.txt", b"{"),
        ("py", b"("),
        ("tsconfig.json", b"// comment\n{}"),
        (".vscode/settings.json", b"// comment\n{}"),
        ("a.py", b"(" * (MOST_CHECKED_BYTES + 1)),
    ],
)
def test_other_files_and_large_ones_are_not_checked(path: str, content: bytes) -> None:
    assert check_file(path, content) == FileCheck()


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("a.py", "-" * MOST_CHECKED_BYTES),
        ("a.py", "(" * MOST_CHECKED_BYTES),
        ("a.py", "a" + ".a" * (MOST_CHECKED_BYTES // 2 - 1)),
        ("a.py", "1" + "+1" * (MOST_CHECKED_BYTES // 2 - 1)),
        ("a.json", "[" * MOST_CHECKED_BYTES),
        ("a.toml", "a" + ".a" * (MOST_CHECKED_BYTES // 2 - 3) + "=1"),
        ("a.toml", "a=" + "[" * (MOST_CHECKED_BYTES - 2)),
    ],
)
def test_a_file_made_to_exhaust_the_parser_does_not(path: str, content: str) -> None:
    """Also in a thread, whose stack may be smaller."""
    checks: list[FileCheck] = []
    thread = threading.Thread(target=lambda: checks.append(check_file(path, content.encode())))
    began = time.monotonic()
    thread.start()
    thread.join()
    assert len(checks) == 1
    assert time.monotonic() - began < 5


def test_a_check_executes_nothing() -> None:
    check_file("a.py", b"import sys\nsys.leaked = True\n")
    assert not hasattr(sys, "leaked")


def block(path: str, body: str) -> str:
    return f"```text path={path}\n{body}\n```"


BROKEN = "def add(a, b):\n    return (a + b"
MENDED = "def add(a, b):\n    return a + b"
PLAN = plan(subtask("A"), subtask("B", 1))


async def run(
    answers: Mapping[str, object],
    journal: MemoryJournal | None = None,
    workspace: Workspace | None = None,
    architecture: Architecture = Architecture.CENTRALIZED,
) -> tuple[Listener, ScriptedModel, MemoryJournal]:
    listener, model = Listener(), ScriptedModel(script=script(answers))
    journal = journal or MemoryJournal(listener)
    await run_flow(model, architecture, journal=journal, listener=listener, workspace=workspace)
    return listener, model, journal


async def test_a_broken_file_is_mended_once_in_a_step_of_its_own_and_others_get_the_mended_one(tmp_path: Path) -> None:
    answers = {
        "plan": PLAN,
        "work/1": f"Look.\n{block('a.py', BROKEN)}\nand\n{block('b.json', '{}')}\nDone.",
        "work/1/mend": f"Sorry.\n{block('a.py', MENDED)}\n{block('c.py', 'x')}",
    }
    listener, model, journal = await run(answers, workspace=Workspace(tmp_path))
    asked = model.call("work/1/mend").prompt
    assert f"## a.py\n{BROKEN}" in asked
    assert "a.py cannot be used. Not valid Python, line 2: '(' was never closed." in asked
    assert "b.json" not in asked
    assert [(event.step, event.path, event.checked, event.problem) for event in listener.all(ArtifactWritten)] == [
        ("work/1", "a.py", True, "Not valid Python, line 2: '(' was never closed."),
        ("work/1", "b.json", True, None),
        ("work/1/mend", "a.py", True, None),
    ]
    assert (tmp_path / "a.py").read_text() == MENDED + "\n"
    assert listener.all(FileConflict) == []
    handed = model.call("work/2").prompt
    assert f"Look.\n{block('a.py', MENDED)}\nand" in handed
    assert "Sorry" not in handed
    assert journal.steps["work/1"][1].artifacts[0].content == f"{BROKEN}\n".encode()  # each version is kept
    events = [event for _, result in journal.steps.values() for event in result.events]
    assert count_expected(events, FlowOptions()) == len(journal.steps)


@pytest.mark.parametrize(
    "answer",
    ["I cannot.", " ", block("a.py", BROKEN + " +"), block("a.py", "x = 1"), block("other.py", MENDED)],
    ids=["nothing", "blank", "broken again", "shortened", "another file"],
)
async def test_a_file_that_came_back_no_better_stays_as_it_is(tmp_path: Path, answer: str) -> None:
    answers = {"plan": PLAN, "work/1": block("a.py", BROKEN), "work/1/mend": answer}
    listener, model, _ = await run(answers, workspace=Workspace(tmp_path))
    assert (tmp_path / "a.py").read_text() == BROKEN + "\n"
    assert block("a.py", BROKEN) in model.call("work/2").prompt
    (notice,) = listener.all(Notice)
    assert "a.py" in notice.message
    assert "was not mended and stays as it is. Not valid Python, line 2" in notice.message
    assert [call.key for call in model.calls if call.key.endswith("/mend")] == ["work/1/mend"]


async def test_a_flow_that_broke_off_before_the_mending_goes_on_with_it() -> None:
    answers = {"plan": PLAN, "work/1": block("a.py", BROKEN), "work/1/mend": block("a.py", MENDED)}
    _, whole, journal = await run(answers)
    for key in ("work/1/mend", "work/2", "review", "answer"):
        del journal.steps[key]
    listener, model, _ = await run(answers, journal)
    assert model.keys == ["work/1/mend", "work/2", "review", "answer"]
    assert model.call("work/2").prompt == whole.call("work/2").prompt
    again, silent, _ = await run({}, journal)
    assert silent.calls == []
    assert again.all(StepFinished) == []
    assert listener.all(StepFinished) == []  # they went to the journal's own listener


async def test_what_is_sound_is_not_asked_for_again() -> None:
    _, model, _ = await run({"plan": PLAN, "work/1": block("a.py", MENDED)})
    assert not [key for key in model.keys if key.endswith("/mend")]


async def test_a_debates_answer_is_mended_too() -> None:
    answers = {"answer": f"So:\n{block('a.py', BROKEN)}", "answer/mend": block("a.py", MENDED)}
    model = ScriptedModel(script=script(answers))
    result = await run_flow(model, Architecture.FULLY_CONNECTED)
    assert result.answer == f"So:\n{block('a.py', MENDED)}"
