"""Files are parsed as they are written; what is broken goes back to its drone once."""

from __future__ import annotations

import re
import subprocess
import sys
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
        ("a.yaml", b"a: [1, 2]\nb: &x {c: d}\n<<: *x\n"),
        ("a.YML", b"one: 1\n---\n- two\n...\n"),
        ("a.yaml", b""),
        ("a.yaml", b"job: !reference [a, b]\nodd: !!python/object:os.system {}\n"),
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
        ("a.yaml", b"a: 1\nb: [1\n", r"Not valid YAML, line 3: did not find expected ',' or '\]'\."),
        ("a.yaml", b"just a text\n", r"Not valid YAML: it is a text, without any keys or list\."),
        ("a.yaml", b"a:\n\tb: 1\n", r"Not valid YAML, line 2: found character that cannot start any token\."),
        ("a.yml", b"a: \x00", r"Not valid YAML: .*control characters are not allowed.*\."),
        ("a.yml", b"a: *b", r"Not valid YAML: the alias b stands for nothing\."),
        ("a.yml", b"a: &b 1\n---\na: *b\n", r"Not valid YAML: the alias b stands for nothing\."),
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
        ("chart/templates/a.yaml", b"{{ if .Values.a }}\na: 1\n{{ end }}\n"),
        ("a.py", b"(" * (MOST_CHECKED_BYTES + 1)),
    ],
)
def test_other_files_and_large_ones_are_not_checked(path: str, content: bytes) -> None:
    assert check_file(path, content) == FileCheck()


HOSTILE = {
    "signs": ("a.py", "-" * MOST_CHECKED_BYTES),
    "brackets": ("a.py", "(" * MOST_CHECKED_BYTES),
    "attributes": ("a.py", "a" + ".a" * (MOST_CHECKED_BYTES // 2 - 1)),
    "sums": ("a.py", "1" + "+1" * (MOST_CHECKED_BYTES // 2 - 1)),
    "calls": ("a.py", "a" + "()" * (MOST_CHECKED_BYTES // 2 - 1)),
    "lambdas": ("a.py", "lambda:" * (MOST_CHECKED_BYTES // 7 - 1) + "x"),
    "branches": ("a.py", "if x:pass\n" + "elif x:pass\n" * (MOST_CHECKED_BYTES // 12 - 2)),
    "lists": ("a.json", "[" * MOST_CHECKED_BYTES),
    "names": ("a.toml", "a" + ".a" * (MOST_CHECKED_BYTES // 2 - 3) + "=1"),
    "arrays": ("a.toml", "a=" + "[" * (MOST_CHECKED_BYTES - 2)),
    "sequences": ("a.yaml", "[" * MOST_CHECKED_BYTES),
    "in many": ("a.yaml", "[" * 400 + "[]," * 40_000),
    "dashes": ("a.yaml", "- " * (MOST_CHECKED_BYTES // 2)),
    "keys": ("a.yaml", "? " * (MOST_CHECKED_BYTES // 2)),
    "anchors": ("a.yaml", "".join(f"- &a{n} x\n" for n in range(MOST_CHECKED_BYTES // 14))),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_file_made_to_exhaust_the_parser_does_not(name: str) -> None:
    path, content = HOSTILE[name]
    began = time.monotonic()
    check_file(path, content.encode())
    assert time.monotonic() - began < 5


def test_a_deep_file_does_not_end_a_process_whose_threads_have_a_small_stack() -> None:
    """Threads have 8 MiB on most systems. A stack that overflows ends the process, so this one is another."""
    code = f"""
import threading
from workers.flow.checks import check_file
threading.stack_size(1024 * 1024)
def check():
    for path, content in {list(HOSTILE.values())!r}:
        check_file(path, content.encode())
    print("alive")
thread = threading.Thread(target=check)
thread.start()
thread.join()
"""
    ran = subprocess.run([sys.executable, "-"], input=code, capture_output=True, text=True, timeout=60, check=False)
    assert (ran.returncode, ran.stdout) == (0, "alive\n"), ran.stderr


def test_aliases_that_stand_for_billions_cost_nothing() -> None:
    lines = ["a0: &a0 [x, x]"] + [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 40)]
    began = time.monotonic()
    assert check_file("laughs.yaml", "\n".join(lines).encode()) == FileCheck(checked=True)
    assert time.monotonic() - began < 1


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
    assert "was not mended. Not valid Python, line 2" in notice.message
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
