"""The context of each call of a flow: as large as needed, cut by rule where it has no room, told, and checked after."""

from __future__ import annotations

import json
from typing import cast

import pytest

from common.events import ContextCut, Notice, StepFinished
from common.states import Architecture
from tests.unit.workers.flow.helpers import Listener, plan, run_flow, subtask
from workers.flow import ChatRequest, MemoryJournal
from workers.flow.budget import estimate_messages
from workers.flow.testing import ScriptedModel, sample_answer

TASK = "Explain the tides of the north sea to a child."


def talkative(words: int) -> ScriptedModel:
    """Return a model whose free answers are long, each of words of its own."""

    def answer(request: ChatRequest) -> str:
        if request.step_key == "plan":
            return json.dumps(plan(subtask("A"), subtask("B"), subtask("C", 1, 2)))
        if request.schema is not None:
            return sample_answer(request)
        return f"said-in-{request.step_key} " * words

    return ScriptedModel(script=answer, context_length=4096)


def read_frame(text: str) -> list[str]:
    """Return the lines of a prompt that no peer wrote."""
    return [line for line in text.split("\n") if "said-in-" not in line]


@pytest.mark.parametrize("architecture", Architecture)
async def test_each_call_asks_for_a_window_that_holds_prompt_and_answer_and_not_for_all_there_is(
    architecture: Architecture,
) -> None:
    model = talkative(100)
    model.context_length = 131_072
    await run_flow(model, architecture, task=TASK)
    largest = 0
    for call in model.calls:
        window, answer = (int(str(call.request.options[name])) for name in ("num_ctx", "num_predict"))
        needed = estimate_messages(call.request.messages) + answer
        assert needed <= window <= max(2048, largest, 4 * needed), call.key
        largest = max(largest, window)
    windows = [int(str(call.request.options["num_ctx"])) for call in model.calls]
    assert windows == sorted(windows)  # it only grows, as a server may load the model anew for each
    assert windows[-1] <= 16_384


@pytest.mark.parametrize("architecture", Architecture)
async def test_peers_text_is_cut_oldest_first_and_neither_task_nor_instructions(architecture: Architecture) -> None:
    listener = Listener()
    journal = MemoryJournal(listener)
    model = talkative(400)
    await run_flow(model, architecture, task=TASK, journal=journal, listener=listener)
    cuts = listener.all(ContextCut)
    assert cuts
    for event in cuts:
        call = model.call(event.step)
        request, result = journal.steps[event.step]
        assert event in result.events  # committed along with the step
        system, user = call.request.messages
        # What it was asked before anything was cut: all but the pieces stands in both.
        whole_system, whole_user = cast("list[dict[str, str]]", request.input["messages"])
        assert system.content == whole_system["content"]
        assert read_frame(user.content) == read_frame(whole_user["content"])
        assert TASK in user.content
        names = [line.removeprefix("## ") for line in user.content.split("\n") if line.startswith("## ")]
        shortened = [name for name in names if f"the end of “{name}”" in event.cut]
        assert shortened == names[: len(shortened)]  # those that are whole are the latest
        assert event.tokens > 0
    assert {event.step for event in cuts} == {
        key for key in model.keys if "[…]" in model.call(key).request.messages[1].content
    }


async def test_what_fits_is_not_told_as_cut() -> None:
    listener = Listener()
    await run_flow(talkative(5), listener=listener)
    assert listener.all(ContextCut) == []


@pytest.mark.parametrize(("counted", "is_told"), [(None, False), (4096, True), (10, True)])
async def test_what_the_server_counted_is_compared_with_what_it_was_sent(counted: int | None, is_told: bool) -> None:
    model, listener = talkative(400), Listener()
    model.counted_tokens = counted
    await run_flow(model, listener=listener)
    told = [event.message for event in listener.all(Notice) if "may have left out text" in event.message]
    assert bool(told) == is_told
    if is_told:
        assert any(notice.startswith("Write the answer (queen): The model server") for notice in told)
        assert all(event.prompt_tokens == counted for event in listener.all(StepFinished) if event.prompt_tokens)
