"""A flow that was broken off goes on from its journal and repeats no committed step."""

from __future__ import annotations

import asyncio

import pytest

from common.errors import JournalMismatch
from common.events import StepFinished
from common.states import Architecture
from tests.unit.workers.flow.helpers import Listener, run_flow
from workers.flow import ChatRequest, MemoryJournal
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
