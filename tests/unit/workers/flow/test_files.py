"""Files in a reply: fenced blocks that name their path."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from common.events import ArtifactWritten, Notice
from tests.unit.workers.flow.helpers import Listener, plan, run_flow, script, subtask
from workers.flow import MemoryJournal
from workers.flow.files import ReplyFiles, read_files, replace_files
from workers.flow.testing import ScriptedModel
from workers.flow.workspace import Workspace


def block(info: str = "", before: str = "", body: str = "x = 1", fence: str = "```") -> str:
    return f"Here you are.\n\n{before}\n{fence}{info}\n{body}\n{fence}\nThat was it."


@pytest.mark.parametrize(
    ("info", "before"),
    [
        ("python path=app/main.py", ""),
        ('python path="app/main.py"', ""),
        ("python title='app/main.py'", ""),
        ("py file: app/main.py", ""),
        ("app/main.py", ""),
        ("python:app/main.py", ""),
        ("python app/main.py", ""),
        ("python", "File: app/main.py"),
        ("python", "**File:** `app/main.py`"),
        ("", "**`app/main.py`**"),
        ("python", "### app/main.py"),
        ("python", "`app/main.py`:\n"),
        ("python", "Datei: app/main.py"),
        ("python path=./app/main.py", ""),
    ],
)
def test_a_block_names_its_path_in_any_common_way(info: str, before: str) -> None:
    (artifact,) = read_files(block(info, before)).artifacts
    assert (artifact.path, artifact.content) == ("app/main.py", b"x = 1\n")


@pytest.mark.parametrize(
    ("info", "before"),
    [("", ""), ("python", ""), ("python", "Here is an example:"), ("sh", "Run this."), ("c++", "It is v1.2 of it.")],
)
def test_a_block_without_a_path_is_no_file(info: str, before: str) -> None:
    assert read_files(block(info, before)).artifacts == ()


@pytest.mark.parametrize("path", ["/etc/passwd", "../up.py", "a/../../b.py", "C:/x.py", "a\\b.py", ".git/hooks/x.sh"])
def test_a_path_that_leaves_the_folder_is_left_out_and_told(path: str) -> None:
    files = read_files(block(f"path={path}"))
    assert files.artifacts == ()
    assert len(files.problems) == 1


def test_a_longer_fence_holds_shorter_ones() -> None:
    (artifact,) = read_files(block("md path=a.md", body="```python\nx\n```", fence="````")).artifacts
    assert artifact.content == b"```python\nx\n```\n"


def test_of_two_blocks_with_one_path_the_later_stays() -> None:
    files = read_files(block("path=a.py", body="old") + "\n" + block("path=a.py", body="new"))
    assert [artifact.content for artifact in files.artifacts] == [b"new\n"]


def test_a_block_that_was_cut_off_is_no_file() -> None:
    assert read_files("```python path=a.py\nx = ").artifacts == ()


def test_one_reply_holds_only_so_many_files_of_so_many_bytes() -> None:
    files = read_files("\n".join(block(f"path=f{number}.py") for number in range(22)))
    assert (len(files.artifacts), len(files.problems)) == (20, 2)
    assert "bytes" in read_files(block("path=a.txt", body="x" * 1_100_000)).problems[0]


def test_a_files_content_is_replaced_in_its_place_and_nothing_else() -> None:
    reply = "First.\r\n" + block("path=a.py", body="old") + "\nThen.\n" + block("path=./a.py", body="newer") + "\nEnd."
    replaced = replace_files(reply, {"a.py": "x = 1\ny = 2\n", "not/there.py": "z"})
    assert replaced == reply.replace("\r\n", "\n").replace("newer", "x = 1\ny = 2")
    assert replace_files(reply, {}) == reply.replace("\r\n", "\n")


def test_a_content_that_holds_fences_gets_a_longer_one() -> None:
    content = "```\nx\n```\n````\n"
    replaced = replace_files(block("path=a.md", body="old"), {"a.md": content})
    assert [artifact.content.decode() for artifact in read_files(replaced).artifacts] == [content]


async def test_a_drones_files_are_journaled_told_and_written(tmp_path: Path) -> None:
    answers = {
        "plan": plan(subtask("A"), subtask("B", 1)),
        "work/1": block("path=app/main.py", body="old"),
        "work/2": block("path=app/main.py", body="new") + block("path=../out.py"),
        "answer": block("path=not/taken.py"),
    }
    listener = Listener()
    journal = MemoryJournal(listener)
    result = await run_flow(
        ScriptedModel(script=script(answers)), journal=journal, listener=listener, workspace=Workspace(tmp_path)
    )
    assert result.artifacts == ("app/main.py",)
    assert (tmp_path / "app/main.py").read_bytes() == b"new\n"
    assert [(event.step, event.path, event.size) for event in listener.all(ArtifactWritten)] == [
        ("work/1", "app/main.py", 4),
        ("work/2", "app/main.py", 4),
    ]
    assert journal.steps["work/1"][1].artifacts[0].content == b"old\n"
    assert any("../out.py" in event.message for event in listener.all(Notice))
    (tmp_path / "app/main.py").write_text("mended by hand")
    again = await run_flow(ScriptedModel(), journal=journal, workspace=Workspace(tmp_path))
    assert again.artifacts == ("app/main.py",)
    assert (tmp_path / "app/main.py").read_text() == "mended by hand"  # a replay writes nothing


async def test_a_file_that_cannot_be_written_is_told_and_the_flow_goes_on(tmp_path: Path) -> None:
    (tmp_path / "app").symlink_to("/tmp")
    listener = Listener()
    answers = {"work/1": block("path=app/main.py")}
    result = await run_flow(ScriptedModel(script=script(answers)), listener=listener, workspace=Workspace(tmp_path))
    assert result.answer
    assert any("is a link" in event.message for event in listener.all(Notice))


@pytest.mark.parametrize(
    "opening", ["file: a{blanks}b\n```", "{slashes}`x\n```", "```{slashes}*x", "```:{slashes}*x"], ids=range(4)
)
def test_a_long_line_before_a_block_is_no_path_and_is_passed_over_at_once(opening: str) -> None:
    opening = opening.format(blanks=" " * 10_000, slashes="/" * 10_000)
    began = time.monotonic()
    assert read_files(f"{opening}\nx\n```\n") == ReplyFiles()
    assert time.monotonic() - began < 0.5
