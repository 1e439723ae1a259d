"""`ollama-flow templates` and `run --template`, against a real web process."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from cli.main import app
from common.errors import FlowError
from common.queries.sessions import find_session
from common.states import State
from tests.integration.web.dashboard import Program
from tests.integration.web.site import Site
from tests.support.waiting import wait_until

Shell = Callable[..., Result]
_HELLO: dict[str, Any] = {"name": "Hello", "task": "Say hello to {{who}}.", "workers": 2}


@pytest.fixture
def eve(site: Site) -> Program:
    return site.dashboard.program()


@pytest.fixture
def shell(site: Site, eve: Program, tmp_path: Path) -> Shell:
    """Call the command line as a person with a token."""
    environment = {
        "OLLAMA_FLOW_URL": site.url,
        "OLLAMA_FLOW_TOKEN": eve.token,
        "OLLAMA_FLOW_HOME": str(tmp_path / "home"),
    }

    def call(*words: str, stdin: str = "") -> Result:
        return CliRunner().invoke(app, [*words], input=stdin, env=environment)

    return call


def _save(who: Program, **fields: Any) -> str:
    answer = who.ask("POST", "/api/templates", json=_HELLO | fields)
    assert answer.status_code == 201, answer.text
    template_id: str = answer.json["template"]["id"]  # type: ignore[index]  # it is one
    return template_id


def test_the_list_has_presets_and_own_ones(shell: Shell, eve: Program) -> None:
    template_id = _save(eve)
    lines = [line.split("\t") for line in shell("templates", "list").stdout.splitlines()]
    assert ["small-tool", "preset", "Small tool", "purpose, language, folder"] in lines
    assert [template_id, eve.user.email, "Hello", "who"] in lines


def test_a_template_is_shown_by_name_and_by_id(shell: Shell, eve: Program) -> None:
    template_id = _save(eve)
    shown = json.loads(shell("templates", "show", "Hello").stdout)
    assert (shown["id"], shown["task"]) == (template_id, "Say hello to {{who}}.")
    assert json.loads(shell("templates", "show", template_id, "--version", "1").stdout) == shown
    assert json.loads(shell("templates", "show", "small-tool").stdout)["name"] == "Small tool"


def test_an_own_template_goes_before_a_preset_of_the_same_name(shell: Shell, eve: Program) -> None:
    own = _save(eve, name="Small tool")
    assert json.loads(shell("templates", "show", "Small tool").stdout)["id"] == own


def test_a_name_that_several_share_has_to_be_an_id(shell: Shell, site: Site) -> None:
    others = [site.dashboard.program() for _ in range(2)]
    ids = [_save(other, name="Ours", shared=True) for other in others]
    refused = shell("templates", "show", "Ours")
    assert isinstance(refused.exception, FlowError)
    assert all(
        f"{item} of {other.user.email}" in str(refused.exception) for item, other in zip(ids, others, strict=True)
    )


def test_an_export_can_be_imported_again_under_another_name(shell: Shell, eve: Program, tmp_path: Path) -> None:
    _save(eve)
    file = tmp_path / "mine.json"
    assert shell("templates", "export", "-o", str(file)).exit_code == 0
    assert shell("templates", "export", "Hello").stdout == file.read_text()
    refused = shell("templates", "import", str(file))
    assert (refused.exit_code, refused.stdout.split("\t")[:2]) == (1, ["refused", "Hello"])
    taken = shell("templates", "import", "-", "--rename", stdin=file.read_text())
    assert (taken.exit_code, taken.stdout.split("\t")[:2]) == (0, ["created", "Hello (2)"])


@pytest.mark.parametrize(("content", "sentence"), [("{", "is not JSON"), ("[]", "no export")])
def test_a_file_that_is_no_export_is_a_sentence(shell: Shell, tmp_path: Path, content: str, sentence: str) -> None:
    file = tmp_path / "x.json"
    file.write_text(content)
    refused = shell("templates", "import", str(file))
    assert isinstance(refused.exception, FlowError)
    assert sentence in str(refused.exception)


def test_a_deleted_template_is_gone_and_a_preset_stays(shell: Shell, eve: Program) -> None:
    template_id = _save(eve)
    assert shell("templates", "delete", "Hello").exit_code == 0
    assert eve.ask("GET", f"/api/templates/{template_id}").status_code == 404
    refused = shell("templates", "delete", "small-tool")
    assert "A preset stays as it ships" in str(refused.exception)


def test_a_template_runs_with_its_variables(shell: Shell, eve: Program, site: Site) -> None:
    _save(eve, options={"rounds": 3})
    with ThreadPoolExecutor(1) as pool:
        words = ("--template", "Hello", "--var", "who=a=b", "--workers", "6", "--models", "queen=llama3")
        ran = pool.submit(shell, "run", *words)
        [session] = wait_until(
            lambda: list(eve.get("/api/sessions")["active_sessions"].values()), "the session is there"
        )
        assert (session["task"], session["workers"]) == ("Say hello to a=b.", 6)
        assert (session["options"]["rounds"], session["options"]["models"]) == (3, {"queen": "llama3"})
        eve.ask("POST", f"/api/sessions/{session['id']}/stop")
        assert ran.result().exit_code == 1
    with site.dashboard.database.read() as db:
        assert find_session(db, session["id"]).state == State.STOPPED


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--template", "Hello"], "variables.who"),
        (["--template", "Hello", "--var", "who"], "KEY=VALUE"),
        (["--template", "Hello", "--local", "--var", "who=x"], "--local"),
        (["A task.", "--template", "Hello"], "either a task"),
        (["A task.", "--var", "who=x"], "belongs to --template"),
        ([], "either a task"),
    ],
)
def test_a_run_that_cannot_be_says_why(shell: Shell, eve: Program, words: list[str], sentence: str) -> None:
    _save(eve)
    refused = shell("run", *words)
    assert refused.exit_code == 2
    assert sentence in " ".join(refused.stderr.replace("│", " ").split())
