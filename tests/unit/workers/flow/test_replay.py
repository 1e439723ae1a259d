"""A flow that was broken off goes on from its journal and repeats no committed step."""

from __future__ import annotations

import asyncio

import pytest

from common.errors import JournalMismatch, ModelUnavailable
from common.events import StepFailed, StepFinished
from common.options import FlowOptions
from common.states import Architecture
from tests.unit.workers.flow.helpers import Listener, run_flow, script
from workers.flow import ChatRequest, MemoryJournal, ModelInfo
from workers.flow.testing import ScriptedModel, sample_answer


@pytest.mark.parametrize("architecture", Architecture)
async def test_a_replay_calls_no_model_and_gives_the_same_answer(architecture: Architecture) -> None:
    first_heard, again_heard = Listener(), Listener()
    journal = MemoryJournal(first_heard)
    first = await run_flow(ScriptedModel(), architecture, journal=journal, listener=first_heard)
    model = ScriptedModel()
    again = await run_flow(model, architecture, journal=journal, listener=again_heard)
    assert again == first
    assert model.calls == []
    assert model.descriptions == 0
    assert again_heard.events == []


@pytest.mark.parametrize("architecture", Architecture)
@pytest.mark.parametrize("cancel_at", range(1, 16))
async def test_a_flow_cancelled_anywhere_goes_on_without_repeating_a_committed_step(
    architecture: Architecture, cancel_at: int
) -> None:
    """The cancel comes in the middle of the `cancel_at`-th call, with others under way beside it."""
    journal = MemoryJournal()
    begun = 0
    reached = asyncio.Event()

    async def hang_at_some_point(request: ChatRequest) -> str:
        nonlocal begun
        begun += 1
        if begun == cancel_at:
            reached.set()
            await asyncio.Event().wait()
        return sample_answer(request)

    model = ScriptedModel(script=hang_at_some_point, piece_length=40)
    running = asyncio.create_task(run_flow(model, architecture, journal=journal))
    waiting = asyncio.create_task(reached.wait())
    await asyncio.wait([running, waiting], return_when=asyncio.FIRST_COMPLETED, timeout=10)
    waiting.cancel()
    running.cancel()
    if not reached.is_set():  # a flow with fewer calls than that
        assert (await running).answer
        return
    with pytest.raises(asyncio.CancelledError):
        await running
    assert all(call.outcome != "running" for call in model.calls)
    committed = set(journal.steps)

    resumed = ScriptedModel(delay=0.001)  # other scheduling than before
    result = await run_flow(resumed, architecture, journal=journal)
    assert committed.isdisjoint(resumed.keys)
    assert len(set(resumed.keys)) == len(resumed.keys)
    whole = await run_flow(ScriptedModel(), architecture)
    assert (result.answer, result.steps) == (whole.answer, whole.steps)


class AwayModel(ScriptedModel):
    """A model server that has gone away."""

    async def describe(self, model: str) -> ModelInfo:
        raise ModelUnavailable("The model server is away.")


@pytest.mark.parametrize("architecture", Architecture)
async def test_a_replay_needs_no_model_server(architecture: Architecture) -> None:
    journal = MemoryJournal()
    first = await run_flow(ScriptedModel(), architecture, journal=journal)
    assert await run_flow(AwayModel(), architecture, journal=journal) == first


async def test_what_the_server_says_of_the_model_may_change_between_runs() -> None:
    journal = MemoryJournal()
    await run_flow(ScriptedModel(context_length=8192, max_output_tokens=320), journal=journal)
    del journal.steps["answer"]
    model = ScriptedModel(context_length=4096, max_output_tokens=64)
    await run_flow(model, journal=journal)
    assert model.keys == ["answer"]
    assert model.call("answer").request.options["num_predict"] == 64


async def test_a_flow_that_goes_on_where_no_model_server_is_keeps_its_journal() -> None:
    journal, listener = MemoryJournal(), Listener()
    await run_flow(ScriptedModel(), journal=journal)
    del journal.steps["answer"]
    committed = dict(journal.steps)
    with pytest.raises(ModelUnavailable):
        await run_flow(AwayModel(), journal=journal, listener=listener)
    assert journal.steps == committed
    assert [(event.step, event.attempt) for event in listener.all(StepFailed)] == [("answer", n) for n in (1, 2, 3)]
    assert (await run_flow(ScriptedModel(), journal=journal)).answer


@pytest.mark.parametrize("architecture", Architecture)
async def test_the_server_is_asked_once_what_the_model_can_do(architecture: Architecture) -> None:
    model = ScriptedModel()
    await run_flow(model, architecture)
    assert model.descriptions == 1


@pytest.mark.parametrize("changed", [{"temperature": 0.1}, {"seed": 1}, {"max_output_tokens": 99}, {"rounds": 2}])
async def test_an_option_that_shapes_the_flow_or_its_calls_is_part_of_the_journal(changed: dict[str, int]) -> None:
    journal = MemoryJournal()
    await run_flow(ScriptedModel(), journal=journal)
    with pytest.raises(JournalMismatch):
        await run_flow(ScriptedModel(), journal=journal, given=FlowOptions.model_validate(changed))


async def test_turns_and_repairs_are_replayed_too() -> None:
    answers = dict.fromkeys(("plan", "plan/turn-2", "plan/turn-3", "review", "answer"), "no JSON")
    journal = MemoryJournal()
    first = await run_flow(ScriptedModel(script=script(answers)), journal=journal)
    model = ScriptedModel()
    assert await run_flow(model, journal=journal) == first
    assert model.calls == []


async def test_events_of_a_step_are_told_once_over_all_replays() -> None:
    listener = Listener()
    journal = MemoryJournal(listener)
    for _ in range(3):
        await run_flow(ScriptedModel(), journal=journal, listener=listener)
    finished = [event.step for event in listener.all(StepFinished)]
    assert len(finished) == len(set(finished)) == 6


async def test_another_task_on_the_same_journal_is_a_mismatch() -> None:
    journal = MemoryJournal()
    await run_flow(ScriptedModel(), journal=journal)
    with pytest.raises(JournalMismatch):
        await run_flow(ScriptedModel(), journal=journal, task="Another one.")


async def test_a_seed_differs_by_step_and_stays_the_same_on_every_run() -> None:
    models = [ScriptedModel(), ScriptedModel()]
    for model in models:
        await run_flow(model, Architecture.FULLY_CONNECTED, seed=7)
    seeds = [{call.key: call.request.options["seed"] for call in model.calls} for model in models]
    assert seeds[0] == seeds[1]
    assert len(set(map(str, seeds[0].values()))) == len(seeds[0])
