from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from common.errors import InvalidInput
from common.templates import TemplateContent, Variable, choose_values, escape_text, fill_text, find_variables

#: The front end is held to the same cases.
_CASES: dict[str, Any] = json.loads((Path(__file__).parents[2] / "support" / "template_texts.json").read_text())


@pytest.mark.parametrize(("text", "names", "filled"), _CASES["fills"])
def test_values_take_the_places_of_their_variables_once(text: str, names: list[str], filled: str) -> None:
    assert find_variables(text) == names
    assert fill_text(text, _CASES["values"]) == filled


@pytest.mark.parametrize("text", _CASES["broken"])
def test_braces_that_are_no_variable_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="variable"):
        find_variables(text)


@pytest.mark.parametrize("text", _CASES["literals"])
def test_an_escaped_text_becomes_itself(text: str) -> None:
    assert find_variables(escape_text(text)) == []
    assert fill_text(escape_text(text), {}) == text


@given(st.text(alphabet="{}\\ xy", max_size=30))
def test_any_text_can_be_escaped(text: str) -> None:
    assert fill_text(escape_text(text), {}) == text


def test_a_long_text_full_of_braces_is_read_quickly() -> None:
    with pytest.raises(ValueError, match="no variable"):
        find_variables("\\{{ " * 20_000 + "{{" + " " * 20_000)


def test_variables_that_the_texts_name_need_not_be_listed() -> None:
    content = TemplateContent(
        task="{{b}} {{a}}", project_folder="{{c}}", variables=[Variable(name="a", label="An A", required=False)]
    )
    assert [(item.name, item.label, item.required) for item in content.variables] == [
        ("a", "An A", False),
        ("b", "", True),
        ("c", "", True),
    ]


@pytest.mark.parametrize(
    ("field", "fields"),
    [
        ("task", {"task": " "}),
        ("task", {"task": "{{Oops}}"}),
        ("session_name", {"task": "x", "session_name": "{{oops"}),
        ("variables", {"task": "x", "variables": [{"name": "unused"}]}),
        ("variables", {"task": "{{x}}", "variables": [{"name": "x"}, {"name": "x"}]}),
        ("variables", {"task": "".join(f"{{{{v{number}}}}}" for number in range(21))}),
        ("variables.0.name", {"task": "x", "variables": [{"name": "Big"}]}),
        ("variables.0.more", {"task": "{{x}}", "variables": [{"name": "x", "more": 1}]}),
        ("architecture", {"task": "x", "architecture": "RING"}),
        ("workers", {"task": "x", "workers": True}),
        ("options.rounds", {"task": "x", "options": {"rounds": 9}}),
    ],
)
def test_what_cannot_be_a_template_names_its_field(field: str, fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as caught:
        TemplateContent.model_validate(fields)
    assert [".".join(map(str, error["loc"])) for error in caught.value.errors()] == [field]


def test_values_come_from_the_asker_then_from_the_defaults() -> None:
    variables = [Variable(name="a"), Variable(name="b", default="B"), Variable(name="c", required=False)]
    assert choose_values(variables, {"a": "A"}) == {"a": "A", "b": "B", "c": ""}


def test_missing_and_unknown_values_are_all_named() -> None:
    variables = [Variable(name="a"), Variable(name="b", default="B"), Variable(name="c", default="C")]
    with pytest.raises(InvalidInput) as caught:
        choose_values(variables, {"b": " ", "c": "x" * 20_001, "d": "?"})
    assert [detail.field for detail in caught.value.details] == [
        "variables.a",
        "variables.b",
        "variables.d",
        "variables.c",
    ]
