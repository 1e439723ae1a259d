"""The options of a flow are checked strictly."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from common.options import FlowOptions


def test_every_option_may_be_left_out() -> None:
    options = FlowOptions.model_validate({})
    assert (options.rounds, options.review) == (1, True)
    assert (options.seed, options.num_ctx, options.max_output_tokens) == (None, None, None)


@pytest.mark.parametrize(
    "given",
    [
        {"temperature": -0.1},
        {"temperature": 2.1},
        {"temperature": float("nan")},
        {"temperature": "0.5"},
        {"max_output_tokens": 0},
        {"max_output_tokens": True},
        {"num_ctx": 10},
        {"num_ctx": 4096.5},
        {"seed": -1},
        {"rounds": 7},
        {"review": 1},
        {"models": "all"},
        {"models": ["llama3"]},
        {"models": {"developer": 1}},
        {"models": {"developer": ""}},
        {"models": {"developer": "two words"}},
        {"models": {"developer": "x" * 201}},
        {"models": {"manager": "llama3"}},
        {"unknown": 1},
    ],
)
def test_what_makes_no_sense_is_refused(given: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        FlowOptions.model_validate(given)


def test_json_goes_in_and_out_unchanged() -> None:
    models = {"developer": "codellama:7b", "queen": "llama3"}
    options = FlowOptions(
        temperature=1, max_output_tokens=64, num_ctx=4096, seed=3, rounds=0, review=False, models=models
    )
    assert FlowOptions.model_validate_json(options.model_dump_json()) == options


def test_an_unknown_role_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(ValidationError, match=r"no role 'manager'; there are queen, analyst, .*, security_specialist"):
        FlowOptions(models={"manager": "llama3"})
