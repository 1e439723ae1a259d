"""The prompt files: each renders, and none forgets a value."""

from __future__ import annotations

from pathlib import Path

import jinja2
import pytest

from common.events import SubtaskInfo
from workers.flow import prompts
from workers.flow.packages import Package
from workers.flow.prompt import Piece, Prompt
from workers.flow.prompts import render_prompt
from workers.flow.roles import Role, find_role, home_role, role_prompt

FILES = sorted(path.name for path in Path(prompts.__file__).parent.glob("[!_]*.md"))
VALUES: dict[str, object] = {
    "task": "THE TASK {{ 1 }}",
    "package": Package(title="PACKAGE", instructions="SHARE"),
    "most": 4,
    "count": 2,
    "roles": list(Role),
    "source": "results",
    "comment": "COMMENT",
    "has_code": True,
    "subtask": SubtaskInfo(id="1", title="TITLE", instructions="INSTRUCTIONS", role="analyst"),
    "angle": SubtaskInfo(id="1", title="ANGLE", instructions="VIEW", role="analyst"),
    "pieces": [Piece(name="NAME", text="{{ task }} <b>&")],
}


@pytest.mark.parametrize("name", FILES)
def test_every_prompt_renders_and_stays_short(name: str) -> None:
    text = render_prompt(name, **VALUES)
    assert text
    assert len(text) < 1500
    if not name.startswith(("role_", "queen", "tools")):
        assert "THE TASK {{ 1 }}" in text  # what people write is never taken for a template


def test_a_forgotten_value_is_an_error() -> None:
    with pytest.raises(jinja2.UndefinedError):
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
    assert ("path=" in render_prompt("merge.md", **VALUES | {"has_code": has_code})) == told


@pytest.mark.parametrize("role", Role)
def test_every_role_has_a_prompt(role: Role) -> None:
    assert role_prompt(role).startswith("You are")


def test_roles_are_found_by_any_spelling_and_come_again_after_five() -> None:
    assert find_role(" IT-Architect ") is Role.IT_ARCHITECT
    assert find_role("poet") is None
    assert [home_role(0), home_role(5)] == [Role.ANALYST, Role.ANALYST]
    assert len({home_role(position) for position in range(5)}) == 5
