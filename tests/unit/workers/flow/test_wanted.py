"""The files that a task wants, told by its own words."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from workers.flow.wanted import MOST_WANTED, find_asked, find_wanted
from workers.flow.workspace import Workspace


@pytest.mark.parametrize(
    ("task", "files"),
    [
        ("Write fib.py with a function.", ("fib.py",)),
        (
            "Write `src/app/main.py`, tests/test_main.py and config.json.",
            ("src/app/main.py", "tests/test_main.py", "config.json"),
        ),
        ("Write ./a.py. Then a.py again.", ("a.py",)),
        ("Schreibe quadrat.py mit einer Funktion.", ("quadrat.py",)),
        ("fib.pyを作成してください。", ("fib.py",)),
        ("把结果写入report.md。", ("report.md",)),
        ("اكتب دالة في ملف sum.py من فضلك", ("sum.py",)),
        ("Could you write a.py?", ("a.py",)),
        ("Review app.py and write what you find to review.md.", ("review.md",)),
        ("Fasse notes.md zusammen und speichere das als kurz.md.", ("kurz.md",)),
        ("Do not touch config.toml. Write b.py", ("b.py",)),
        ("Don't use libraries, and write fib.py", ("fib.py",)),
    ],
)
def test_files_that_a_task_asks_for_are_found_in_any_language(task: str, files: tuple[str, ...]) -> None:
    assert find_asked(task) == files


@pytest.mark.parametrize(
    "task",
    [
        "Explain why the sea has tides.",
        "Use Python 3.11 and version 1.5, i.e. not 2.0, e.g. with json.loads(x).",
        "Compare Node.js and ASP.NET with example.com/index.html.",
        "See https://example.org/a.py, www.x.org/b.md or write to a@b.py.",
        "```python\nopen('data.csv')\n```\nWhat is wrong?",
        "~~~\nx = load('a.json')",
        "../x.py /etc/passwd.txt ~/a.py C:\\x.py a.py.bak .git/hooks/x.sh",
        "Explain what a pyproject.toml is.",
        "What does package.json do?",
        "Ist main.py gut?",
        "Review app.py.",
        "Bitte erkläre app.py.",
    ],
)
def test_other_words_and_questions_about_files_ask_for_none(task: str) -> None:
    assert find_asked(task) == ()


async def test_a_wanted_file_is_one_that_lies_in_no_folder_yet(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "src/app.py").touch()
    (tmp_path / "old_config.toml").touch()
    task = "Let app.py use config.toml."
    assert await find_wanted(task, Workspace(tmp_path)) == ("config.toml",)
    assert await find_wanted(task, None) == ("app.py", "config.toml")
    assert await find_wanted(task, Workspace(tmp_path / "gone")) == ("app.py", "config.toml")


@pytest.mark.parametrize("text", ["x", "a/", "a.", "-", "`", "aa/bb.", "word ", "a.py ", "```\n", "not ", "a.py. "])
def test_a_task_of_any_shape_is_read_at_once(text: str) -> None:
    began = time.monotonic()
    assert len(find_asked(text * 10_000 + ".py")) <= MOST_WANTED
    assert time.monotonic() - began < 5  # the machine may be busy
