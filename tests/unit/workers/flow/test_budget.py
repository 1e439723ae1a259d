"""The context budget: what is cut, what never is, and what is noticed afterwards."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.errors import ContextTooSmall
from workers.flow.budget import Fitted, estimate_messages, estimate_tokens, find_truncation, fit_prompt
from workers.flow.prompt import Piece, Prompt


def prompt(*pieces: str, task: str = "The task.") -> Prompt:
    named = tuple(Piece(name=f"Piece {number}", text=text) for number, text in enumerate(pieces))
    values = {"task": task, "package": None, "source": "results"}
    return Prompt(system="You lead.", template="answer.md", values=values, pieces=named)


def test_what_fits_is_left_alone_and_the_window_is_small() -> None:
    fitted = fit_prompt(prompt("short"), context_length=100_000, output_tokens=500)
    assert fitted.cut == ()
    assert fitted.messages == prompt("short").messages()
    assert (fitted.num_ctx, fitted.num_predict) == (2048, 500)


def test_the_window_grows_in_powers_of_two_and_never_shrinks() -> None:
    assert fit_prompt(prompt("word " * 3000), context_length=100_000, output_tokens=500).num_ctx == 16384
    assert fit_prompt(prompt(), context_length=100_000, output_tokens=500, at_least=16384).num_ctx == 16384
    assert fit_prompt(prompt(), context_length=3000, output_tokens=500, at_least=16384).num_ctx == 3000


def test_the_oldest_piece_is_shortened_first() -> None:
    fitted = fit_prompt(prompt("old " * 1500, "new " * 300), context_length=2048, output_tokens=500)
    text = fitted.messages[-1].content
    assert fitted.cut == ("the end of “Piece 0”",)
    assert text.count("new") == 300
    assert 0 < text.count("old") < 1500
    assert "[…]" in text


def test_pieces_are_left_out_oldest_first_when_shortening_is_not_enough() -> None:
    pieces = ["word " * 100] * 30
    fitted = fit_prompt(prompt(*pieces), context_length=2048, output_tokens=500)
    text = fitted.messages[-1].content
    assert "“Piece 0”" in fitted.cut
    assert "## Piece 0\n" not in text
    assert "## Piece 29" in text
    assert fitted.cut_tokens > 0


def test_an_empty_piece_that_was_never_cut_stays() -> None:
    assert "## Piece 0" in fit_prompt(prompt(""), context_length=2048, output_tokens=100).messages[-1].content


def test_the_window_has_room_for_text_that_takes_twice_the_estimate() -> None:
    fitted = fit_prompt(prompt("xkqzvj" * 1000), context_length=100_000, output_tokens=500)
    assert fitted.num_ctx >= 2 * fitted.prompt_tokens + fitted.num_predict


def test_the_task_is_never_cut() -> None:
    with pytest.raises(ContextTooSmall, match="2048"):
        fit_prompt(prompt("x", task="word " * 3000), context_length=2048, output_tokens=500)


@settings(deadline=None)  # the machine may be busy
@given(
    pieces=st.lists(st.text(max_size=3000), max_size=6),
    context_length=st.sampled_from([1024, 2048, 4096]),
    output_tokens=st.integers(16, 4000),
)
def test_whatever_the_pieces_prompt_and_answer_fit(pieces: list[str], context_length: int, output_tokens: int) -> None:
    fitted = fit_prompt(prompt(*pieces), context_length=context_length, output_tokens=output_tokens)
    assert estimate_messages(fitted.messages) == fitted.prompt_tokens
    assert fitted.prompt_tokens + fitted.num_predict <= fitted.num_ctx <= context_length
    assert fitted.num_predict >= min(output_tokens, context_length // 4)
    assert "The task." in fitted.messages[-1].content


@settings(deadline=None)  # the machine may be busy
@given(st.text(max_size=200), st.text(max_size=200))
def test_the_estimate_grows_with_the_text(text: str, more: str) -> None:
    assert estimate_tokens(text + more) >= estimate_tokens(text)


def test_digits_and_other_scripts_count_for_more() -> None:
    assert estimate_tokens("abcabc") == 2
    assert estimate_tokens("123456") == 6
    assert estimate_tokens("水水") == 5


@pytest.mark.parametrize(("counted", "told"), [(2048, True), (5000, True), (1400, False), (150, True), (0, False)])
def test_a_count_that_cannot_be_right_is_told(counted: int, told: bool) -> None:
    fitted = Fitted(messages=(), prompt_tokens=1500, num_ctx=2048, num_predict=500)
    assert (find_truncation(fitted, counted) is not None) == told
