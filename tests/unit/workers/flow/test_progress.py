"""How many steps a flow expects: never fewer than are done, and at the end as many."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from common.options import FlowOptions
from common.states import Architecture
from tests.unit.workers.flow.helpers import plan, run_flow, script, subtask
from workers.flow import ChatRequest, MemoryJournal
from workers.flow.journal import StepRequest, StepResult, name_turn, split_turn
from workers.flow.progress import count_expected
from workers.flow.testing import Script, ScriptedModel, sample_answer


async def watch(architecture: Architecture, script: Script, options: FlowOptions) -> list[tuple[int, int]]:
    """Run a flow and return how many steps were done and planned after each commit."""
    progress: list[tuple[int, int]] = []

    class WatchedJournal(MemoryJournal):
        async def run_step(self, request: StepRequest, execute: Callable[[], Awaitable[StepResult]]) -> StepResult:
            result = await super().run_step(request, execute)
            done, planned = progress[-1] if progress else (0, 0)
            progress.append((done + 1, planned + count_expected(result.events, options)))
            return result

    await run_flow(ScriptedModel(script=script), architecture, journal=WatchedJournal(), given=options)
    return progress


def refuse_first(*keys: str) -> Script:
    """Answer these steps with nothing of use the first time."""
    return lambda request: "" if request.step_key in keys else sample_answer(request)


SENT_BACK = script(
    {
        "plan": plan(subtask("A"), subtask("B", 1), subtask("C")),
        "review": {"approved": False, "comment": "More.", "returned": [1, 3]},
        "sub-queen-1/review": {"approved": False, "comment": "More.", "returned": [2]},
    }
)


@pytest.mark.parametrize("architecture", Architecture)
@pytest.mark.parametrize(
    "answers",
    [
        sample_answer,
        SENT_BACK,
        refuse_first("plan", "split", "sub-queen-2/plan", "vote/1", "propose/2", "revise/1/2", "answer"),
        refuse_first("split", "split/turn-2", "split/turn-3", "review", "review/turn-2", "review/turn-3"),
    ],
    ids=["as planned", "sent back", "asked again", "never readable"],
)
@pytest.mark.parametrize("review", [True, False])
async def test_planned_is_never_below_done_and_the_same_in_the_end(
    architecture: Architecture, answers: Script, review: bool
) -> None:
    progress = await watch(architecture, answers, FlowOptions(review=review))
    assert all(planned >= done for done, planned in progress)
    assert progress[-1][0] == progress[-1][1]
    assert progress[0][1] > 2  # something is known from the start


@pytest.mark.parametrize("architecture", Architecture)
@pytest.mark.parametrize("workers", [1, 2, 6, 12])
async def test_the_frame_is_right_for_every_size(architecture: Architecture, workers: int) -> None:
    journal = MemoryJournal()
    await run_flow(ScriptedModel(), architecture, workers=workers, journal=journal)
    events = [event for _, result in journal.steps.values() for event in result.events]
    assert count_expected(events, FlowOptions()) == len(journal.steps)


async def test_a_debate_that_ends_early_leaves_the_rounds_it_did_not_take() -> None:
    def agree(request: ChatRequest) -> str:
        return "The moon.\nAGREE" if request.step_key.startswith("revise/") else sample_answer(request)

    progress = await watch(Architecture.FULLY_CONNECTED, agree, FlowOptions(rounds=3))
    done, planned = progress[-1]
    assert planned - done == 2 * 4


def test_the_key_of_a_turn_tells_its_step() -> None:
    for key in ("plan", "work/sub-queen-1/2", "revise/1/2"):
        assert name_turn(key, 1) == key
        assert split_turn(key) == (key, 1)
        assert split_turn(name_turn(key, 3)) == (key, 3)
