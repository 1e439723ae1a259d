"""Who may import whom, and that importing does nothing."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[2]

#: What the files below a folder must not import, and why.
_FORBIDDEN = {
    "web": {"workers": "the web tier and the workers meet in the database", "cli": "only the command line knows both"},
    "workers": {"web": "the web tier and the workers meet in the database", "cli": "only the command line knows both"},
    "common": {"web": "both sides import common", "workers": "both sides import common", "cli": "common knows nobody"},
    "workers/flow": {
        **dict.fromkeys(
            ("celery", "kombu", "redis", "sqlalchemy", "flask", "flask_socketio", "alembic"), "the framework is pure"
        ),
        "web": "the framework is pure",
        "cli": "the framework is pure",
    },
}
#: What the framework may take from `common`.
_COMMON_FOR_FLOW = {"errors", "events", "ids", "options", "states"}


def _files(folder: str) -> Iterator[Path]:
    return (_ROOT / folder).rglob("*.py")


def _imports(path: Path) -> Iterator[str]:
    """Yield every module that a file imports, also inside functions and by name."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            assert node.module is not None
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif (
            isinstance(node, ast.Call)
            and ast.unparse(node.func) in {"importlib.import_module", "import_module", "__import__"}
            and node.args
            and isinstance(node.args[0], ast.Constant)
        ):
            yield str(node.args[0].value)


@pytest.mark.parametrize("folder", _FORBIDDEN)
def test_no_folder_imports_what_it_must_not(folder: str) -> None:
    found = [
        f"{path.relative_to(_ROOT)} imports {module}: {_FORBIDDEN[folder][module.partition('.')[0]]}"
        for path in _files(folder)
        for module in _imports(path)
        if module.partition(".")[0] in _FORBIDDEN[folder]
    ]
    assert not found


def test_the_framework_takes_only_words_from_common() -> None:
    found = {
        (path.name, module)
        for path in _files("workers/flow")
        for module in _imports(path)
        if module.startswith("common.") and module.split(".")[1] not in _COMMON_FOR_FLOW
    }
    assert not found


def test_the_framework_imports_nothing_of_its_neighbours() -> None:
    found = {
        (path.name, module)
        for path in _files("workers/flow")
        for module in _imports(path)
        if module.startswith("workers.") and module.split(".")[1] != "flow"
    }
    assert not found


def test_a_forbidden_import_would_be_found(tmp_path: Path) -> None:
    path = tmp_path / "lazy.py"
    path.write_text("import json\ndef act():\n    from web.app import create_app\n    import_module('workers.app')\n")
    assert {"web.app", "workers.app"} <= set(_imports(path))


#: Imports every module of ours with an empty environment, and fails where one opens a socket, starts a process or a
#: thread, touches the environment or writes.
_IMPORT_ALL = """
import importlib, importlib.abc, os, sys, threading

forbidden = {"socket.connect", "socket.bind", "subprocess.Popen", "os.system", "os.fork", "os.mkdir", "sqlite3.connect"}
importing = ""

def watch(event, arguments):
    if event in forbidden:
        raise AssertionError(f"importing {importing} does {event} {arguments}")
    if event == "open" and isinstance(arguments[1], str) and set(arguments[1]) & set("wax+"):
        raise AssertionError(f"importing {importing} writes {arguments[0]}")

sys.dont_write_bytecode = True
handlers = {}
sys.addaudithook(watch)
import logging
for importing in sys.argv[1:]:
    importlib.import_module(importing)
    assert not logging.getLogger().handlers, f"importing {importing} sets up logging"
assert threading.active_count() == 1, threading.enumerate()
"""


def _module_names() -> list[str]:
    names = []
    for folder in ("common", "web", "workers", "cli"):
        for path in sorted(_files(folder)):
            parts = path.relative_to(_ROOT).with_suffix("").parts
            is_revision = parts[:2] == ("common", "migrations") and len(parts) > 3
            if is_revision or parts[-1] in {"__main__", "env"}:
                continue  # programs, and files that Alembic runs
            names.append(".".join(parts[:-1] if parts[-1] == "__init__" else parts))
    return names


def test_nothing_happens_at_import(tmp_path: Path) -> None:
    imported = subprocess.run(
        [sys.executable, "-P", "-c", _IMPORT_ALL, *_module_names()],
        env={"PATH": "", "HOME": str(tmp_path), "PYTHONPATH": str(_ROOT)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert imported.returncode == 0, imported.stderr[-2000:]
    assert list(tmp_path.iterdir()) == []


def test_every_folder_of_code_says_what_it_is_for() -> None:
    for folder in ("common", "web", "workers", "cli"):
        for path in (_ROOT / folder).rglob("__init__.py"):
            assert ast.get_docstring(ast.parse(path.read_text())), path
