"""The prompt files: each renders, and none forgets a value."""

from __future__ import annotations

from pathlib import Path

import pytest

from common.errors import InvalidInput
from common.events import SubtaskInfo
from workers.flow import prompts
from workers.flow.packages import Package
from workers.flow.prompt import Piece, Prompt
from workers.flow.prompts import render_prompt
from workers.flow.roles import Role, find_role, home_role, role_prompt

FILES = sorted(path.name for path in Path(prompts.__file__).parent.glob("[!_]*.md"))
GOLDEN = Path(__file__).parent / "golden"
VALUES: dict[str, object] = {
    "task": "THE TASK {{ 1 }}",
    "package": Package(title="PACKAGE", instructions="SHARE", files=["OWN.md"], foreign=["FOREIGN.md"]),
    "most": 4,
    "count": 2,
    "roles": list(Role),
    "source": "results",
    "comment": "COMMENT",
    "has_code": True,
    "tools": ["read_file", "write_file"],
    "openings": ["OPENING"],
    "path": "OWN.md",
    "edits": ["EDIT"],
    "broken": {"a.py": "PROBLEM", "b.toml": "OTHER"},
    "subtask": SubtaskInfo(id="1", title="TITLE", instructions="INSTRUCTIONS", role="analyst", files=["OWN.md"]),
    "angle": SubtaskInfo(id="1", title="ANGLE", instructions="VIEW", role="analyst"),
    "pieces": [Piece(name="NAME", text="{{ task }} <b>&")],
}


@pytest.mark.parametrize("name", FILES)
def test_every_prompt_renders_and_stays_short(name: str) -> None:
    text = render_prompt(name, **VALUES)
    assert text
    assert len(text) < 1500
    if not name.startswith(("role_", "queen", "file", "mend", "tools", "claims")):
        assert "THE TASK {{ 1 }}" in text  # what people write is never taken for a template


@pytest.mark.parametrize("bare", [False, True], ids=["full", "bare"])
@pytest.mark.parametrize("name", FILES)
def test_every_prompt_reads_as_in_its_golden_file(name: str, bare: bool) -> None:
    """A golden file that is missing is written anew; look at it before you keep it."""
    values = VALUES | (
        {"package": None, "comment": None, "has_code": False, "tools": ["read_file"]}
        | {"openings": [], "edits": [], "pieces": []}
        if bare
        else {}
    )
    golden = GOLDEN / (f"{name.removesuffix('.md')}.bare.md" if bare else name)
    text = render_prompt(name, **values) + "\n"
    if bare and text == render_prompt(name, **VALUES) + "\n":
        assert not golden.exists()
        return
    if not golden.exists():
        golden.write_text(text, encoding="utf-8")
        pytest.fail(f"{golden.name} was missing and is written now.")
    assert text == golden.read_text(encoding="utf-8")


def test_no_golden_file_is_of_a_prompt_that_is_gone() -> None:
    assert {path.name.replace(".bare", "") for path in GOLDEN.iterdir()} == set(FILES)


def test_a_forgotten_value_is_an_error() -> None:
    with pytest.raises(InvalidInput, match=r"^The prompt work\.md cannot be used: 'package' is undefined\.$"):
        render_prompt("work.md", task="x")


def test_what_peers_wrote_stands_in_the_prompt_as_it_is() -> None:
    prompt = Prompt(
        system="S",
        template="answer.md",
        values={key: value for key, value in VALUES.items() if key != "pieces"},
        pieces=(Piece(name="N", text="x"),),
    )
    system, user = prompt.messages()
    assert (system.role, user.role) == ("system", "user")
    assert "## N\nx" in user.content
    assert "{{ task }} <b>&" in render_prompt("answer.md", **VALUES)


@pytest.mark.parametrize(("has_code", "told"), [(True, True), (False, False)])
def test_a_merge_speaks_of_files_only_where_a_proposal_has_code(has_code: bool, told: bool) -> None:
    assert ("path=" in render_prompt("merge.md", **VALUES | {"has_code": has_code, "openings": []})) == told


@pytest.mark.parametrize("role", Role)
def test_every_role_has_a_prompt(role: Role) -> None:
    assert role_prompt(role).startswith("You are")


def test_roles_are_found_by_any_spelling_and_come_again_after_five() -> None:
    assert find_role(" IT-Architect ") is Role.IT_ARCHITECT
    assert find_role("poet") is None
    assert [home_role(0), home_role(5)] == [Role.ANALYST, Role.ANALYST]
    assert len({home_role(position) for position in range(5)}) == 5
