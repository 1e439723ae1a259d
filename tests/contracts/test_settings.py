"""Each setting is documented, and nothing is documented that is none."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from common.settings import Settings, variable_names

_ROOT = Path(__file__).parents[2]
_DOCS = (_ROOT / "docs/settings.md").read_text()
_EXAMPLE = (_ROOT / ".env.example").read_text()
#: What single commands read, by Typer's `envvar=` or for `up`; not settings of the system.
_OF_COMMANDS = {"OLLAMA_FLOW_URL", "OLLAMA_FLOW_TOKEN", "FLOWER_BASIC_AUTH", "OLLAMA_FLOW_ALIVE_FILE"}
#: What docker-compose.yml reads by itself.
_OF_COMPOSE = {"POSTGRES_PASSWORD", "REDIS_PASSWORD", "OLLAMA_FLOW_PUBLISH"}


def _documented_rows() -> dict[str, tuple[str, str]]:
    """Return default and meaning of each row in docs/settings.md, by its variables."""
    rows = re.findall(r"^\| (`[A-Z].*?) \| (.*?) \| (.*?) \|$", _DOCS, flags=re.MULTILINE)
    return {names: (default, meaning) for names, default, meaning in rows}


def test_every_setting_is_in_the_docs_under_all_its_names() -> None:
    expected = {", ".join(f"`{name}`" for name in names) for names in variable_names().values()}
    of_commands = {f"`{name}`" for name in _OF_COMMANDS}
    assert set(_documented_rows()) == expected | of_commands


@pytest.mark.parametrize("field", list(Settings.model_fields))
def test_the_docs_name_the_default_of_the_code(field: str) -> None:
    default = Settings.model_fields[field].default
    if default in ("", (), None):
        return  # it is found out at the start; the docs say how
    shown, _ = _documented_rows()[", ".join(f"`{name}`" for name in variable_names()[field])]
    expected = (
        str(default).lower()
        if isinstance(default, bool)
        else f"{default:g}"
        if isinstance(default, float)
        else str(default)
    )
    assert shown == f"`{expected}`"


def test_the_example_lists_every_setting_with_its_default() -> None:
    lines = dict(re.findall(r"^#?([A-Z_]+)=(.*)$", _EXAMPLE, flags=re.MULTILINE))
    assert set(lines) == {names[0] for names in variable_names().values()} | _OF_COMMANDS | _OF_COMPOSE
    for field, names in variable_names().items():
        default = Settings.model_fields[field].default
        text = (
            str(default).lower()
            if isinstance(default, bool)
            else f"{default:g}"
            if isinstance(default, float)
            else str(default)
        )
        assert lines[names[0]] == ("" if default in ("", (), None) else text), names[0]


def test_every_setting_says_what_it_takes() -> None:
    for field, info in Settings.model_fields.items():
        assert isinstance(info.json_schema_extra, dict), field
        assert info.json_schema_extra.get("takes"), field


def test_only_the_settings_read_the_environment() -> None:
    """`os.environ` may be passed on to children; a name may be looked up in the settings alone."""
    readers = {}
    for folder in ("common", "web", "workers", "cli"):
        for path in (_ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if name := _variable_that_is_read(node):
                    readers[name] = path.relative_to(_ROOT).as_posix()
    readers.pop("OLLAMA_FLOW_ALIVE_FILE", None)  # a private matter between `up` and its workers
    assert set(readers.values()) <= {"common/settings.py"}, readers


def _variable_that_is_read(node: ast.AST) -> str | None:
    if isinstance(node, ast.Call) and ast.unparse(node.func) in {"os.environ.get", "os.getenv"}:
        return ast.unparse(node.args[0]).strip("'\"")
    if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load) and ast.unparse(node.value) == "os.environ":
        return ast.unparse(node.slice).strip("'\"")
    return None
