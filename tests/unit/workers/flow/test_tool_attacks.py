"""Whatever path a model gives to whichever tool: nothing outside is read or changed, and it is told why."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path
from typing import cast

import pytest
from pydantic import JsonValue

from tests.unit.workers.flow.flipping import Flipping
from workers.flow import Workspace
from workers.flow.beneath import OpenFolder, choose_opener, open_by_kernel, open_by_walk
from workers.flow.model import ToolCall
from workers.flow.toolbox import Toolbox, ToolOutcome
from workers.flow.tools import EditFile, ListFiles, ReadFile, SearchFiles, WorkspaceTools, WriteFile

LONG = "x" * 300

#: Calls of each tool that takes a path, but for the path.
CALLS: dict[str, dict[str, JsonValue]] = {
    "read_file": {},
    "write_file": {"content": "overwritten"},
    "edit_file": {"old_text": "secret", "new_text": "overwritten"},
    "list_files": {},
    "search_files": {"text": "secret"},
}

#: Every way out that we know of, for files; `outside` lies beside the project folder.
WAYS_OUT = [
    "../outside/secret.txt",
    "../" * 40 + "etc/passwd",
    "a/../../outside/secret.txt",
    "..\\outside\\secret.txt",
    "/etc/passwd",
    "//etc/passwd",
    "/proc/self/environ",
    "/proc/self/root/etc/passwd",
    "/dev/fd/0",
    "~/.ssh/id_rsa",
    "C:/Windows/win.ini",
    "file:///etc/passwd",
    "secret.txt\x00.md",
    "a\n../outside/secret.txt",
    "broken \ud800",
    ".git/config",
    LONG,
    "/".join(["deep"] * 17),
    f"{'x/' * 300}y",
    "link/secret.txt",
    "self/link/secret.txt",
    "proc/environ",
    "proc/root/etc/passwd",
    "proc/cwd/pyproject.toml",
]
#: What only looks like one; there is no such file.
NAMES = [
    "%2e%2e/outside/secret.txt",
    "..%2foutside%2fsecret.txt",
    "%2e%2e%2foutside",
    "\uff0e\uff0e/outside/secret.txt",
    "....",
]


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    folder = tmp_path / "outside"
    folder.mkdir()
    (folder / "secret.txt").write_text("secret")
    return folder


@pytest.fixture(params=[open_by_kernel, open_by_walk], ids=["kernel", "walk"])
def workspace(request: pytest.FixtureRequest, tmp_path: Path, outside: Path) -> Workspace:
    way = cast("OpenFolder", request.param)
    if way is open_by_kernel and choose_opener() is not open_by_kernel:
        pytest.skip("this system has no openat2, or forbids it")
    root = tmp_path / "root"
    (root / ".git").mkdir(parents=True)
    (root / ".git" / "config").write_text("secret")
    (root / "link").symlink_to(outside)
    (root / "self").symlink_to(root)
    (root / "proc").symlink_to("/proc/self")
    (root / "file.txt").symlink_to(outside / "secret.txt")
    return Workspace(root, open_folder=way)


async def use(workspace: Workspace, name: str, **arguments: JsonValue) -> ToolOutcome:
    """Use a tool, and write what it wrote as a flow does after the commit."""
    tools = Toolbox(WorkspaceTools(workspace).tools())
    outcome = await tools.use(ToolCall(name=name, arguments=arguments))
    for artifact in outcome.artifacts:
        workspace.write(artifact.path, artifact.content, 1)
    return outcome


def read_all(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("tool", CALLS)
@pytest.mark.parametrize("path", [*WAYS_OUT, "file.txt"], ids=lambda path: ascii(path)[1:40])
async def test_a_way_out_is_a_sentence_for_the_model(workspace: Workspace, outside: Path, tool: str, path: str) -> None:
    before = sorted(workspace.root.iterdir())
    asked = "folder" if tool in {"list_files", "search_files"} else "path"
    outcome = await use(workspace, tool, **CALLS[tool], **{asked: path})
    assert outcome.failed
    assert outcome.artifacts == ()
    assert outcome.text.startswith("Error: ")
    assert outcome.text.endswith(".")
    assert len(outcome.text) < 500
    assert outcome.text.isprintable()
    assert read_all(outside) == {"secret.txt": "secret"}
    assert sorted(workspace.root.iterdir()) == before


@pytest.mark.parametrize("path", NAMES)
async def test_what_only_looks_like_a_way_out_is_a_name_in_the_folder(
    workspace: Workspace, outside: Path, path: str
) -> None:
    assert (await use(workspace, "read_file", path=path)).text == f"Error: {path} does not exist."
    assert not (await use(workspace, "write_file", path=path, content="mine")).failed
    assert (workspace.root / path).read_text() == "mine"
    assert (await use(workspace, "read_file", path=path)).text == "mine"
    assert read_all(outside) == {"secret.txt": "secret"}


async def test_links_are_neither_listed_nor_searched(workspace: Workspace) -> None:
    assert (await use(workspace, "list_files")).text == "There are no files."
    assert (await use(workspace, "search_files", text="secret")).text == "Nothing was found."


async def test_what_is_no_plain_file_is_told_and_nothing_waits_for_it(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.mkfifo(workspace.root / "fifo")
    monkeypatch.chdir(workspace.root)  # a socket's path may not be long
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("socket")
    (workspace.root / "plain.txt").write_text("secret")
    for path in ("fifo", "socket"):
        for tool in ("read_file", "write_file", "edit_file"):
            outcome = await use(workspace, tool, **CALLS[tool], path=path)
            assert outcome.text == f"Error: {path} is not a plain file."
        for tool in ("list_files", "search_files"):
            assert (await use(workspace, tool, **CALLS[tool], folder=path)).failed
    assert (await use(workspace, "search_files", text="secret")).text == "plain.txt:1: secret"
    assert (await use(workspace, "list_files")).text == "plain.txt"


async def test_a_hard_link_to_a_file_outside_is_cut_and_not_written_through(
    workspace: Workspace, outside: Path
) -> None:
    for tool, name in (("write_file", "one.txt"), ("edit_file", "two.txt")):
        os.link(outside / "secret.txt", workspace.root / name)
        assert not (await use(workspace, tool, **CALLS[tool], path=name)).failed
        assert (workspace.root / name).read_text() == "overwritten"
    assert read_all(outside) == {"secret.txt": "secret"}
    assert (outside / "secret.txt").stat().st_nlink == 1


@pytest.mark.skipif(sys.platform != "linux", reason="swapping two names at once is Linux's")
def test_folders_that_flip_to_links_while_tools_are_used_never_lead_out(tmp_path: Path, outside: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (outside / "only-outside.txt").write_text("secret")
    attack, workspace = Flipping(root, outside), Workspace(root)
    tools = WorkspaceTools(workspace)
    told: set[str] = set()
    number = 0

    def look() -> None:
        for path in ("a/secret.txt", "a/deep/secret.txt", "b/secret.txt"):
            if outcome := attack.note(tools.read_file, ReadFile(path=path)):
                told.add(outcome.text)
        for folder in ("", "a", "b"):
            if outcome := attack.note(tools.list_files, ListFiles(folder=folder)):
                told.add(outcome.text)
            if outcome := attack.note(tools.search_files, SearchFiles(text="secret", folder=folder)):
                told.add(outcome.text)

    def change() -> None:
        nonlocal number
        number += 1
        outcomes = (
            attack.note(tools.write_file, WriteFile(path="a/secret.txt", content=f"harmless {number}")),
            attack.note(tools.edit_file, EditFile(path="a/deep/secret.txt", old_text="harm", new_text="harm ")),
            attack.note(tools.write_file, WriteFile(path=f"b/new-{number % 20}.txt", content="written")),
        )
        for artifact in (artifact for outcome in outcomes if outcome for artifact in outcome.artifacts):
            attack.note(workspace.write, artifact.path, artifact.content, number)

    attack.run(look, change)
    attack.check()
    assert not any("only-outside" in text or text == "secret" or ": secret" in text for text in told)
