"""How long flows take in model time, and which calls run when: each call takes 100 ms on a clock that is made up."""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from collections.abc import Mapping

import pytest

from common.options import FlowOptions
from common.states import Architecture
from tests.support.virtual_time import run_in_virtual_time
from tests.unit.workers.flow.helpers import plan, run_flow, subtask
from workers.flow import ChatRequest
from workers.flow.testing import ScriptedModel, sample_answer

CALL_MS = 100


def run_timed(
    architecture: Architecture,
    workers: int,
    answers: Mapping[str, object] | None = None,
    slow: Mapping[str, int] | None = None,
    *,
    review: bool = True,
    rounds: int = 1,
) -> dict[int, list[str]]:
    """Run a flow, and return the keys of its calls by when they began, in ms, and at the last one's end an empty list.

    Calls take 100 ms, but those in `slow` as many as it says.
    """
    began: dict[int, list[str]] = defaultdict(list)

    def now() -> int:
        return round(asyncio.get_running_loop().time() * 1000)

    async def answer(request: ChatRequest) -> str:
        began[now()].append(request.step_key)
        await asyncio.sleep((slow or {}).get(request.step_key, CALL_MS) / 1000)
        given = (answers or {}).get(request.step_key)
        return given if isinstance(given, str) else json.dumps(given) if given else sample_answer(request)

    options = FlowOptions(review=review, rounds=rounds)

    async def run() -> None:
        await run_flow(ScriptedModel(script=answer), architecture, workers=workers, given=options)
        began[now()] = []

    run_in_virtual_time(run())
    return {at: sorted(keys) for at, keys in began.items()}


def works(*numbers: int, leader: str = "") -> list[str]:
    return [f"work/{leader}{number}" for number in numbers]


def test_eight_independent_subtasks_take_four_drones_twice_as_long_as_one_takes() -> None:
    tasks = plan(*(subtask(name) for name in "ABCDEFGH"))
    assert run_timed(Architecture.CENTRALIZED, 4, {"plan": tasks}) == {
        0: ["plan"],
        100: works(1, 2, 3, 4),
        200: works(5, 6, 7, 8),
        300: ["review"],
        400: ["answer"],
        500: [],
    }


@pytest.mark.parametrize(("workers", "work_ms"), [(4, 200), (5, 200), (7, 200), (8, 100), (16, 100)])
def test_more_drones_take_less_time_as_far_as_there_is_work(workers: int, work_ms: int) -> None:
    tasks = plan(*(subtask(name) for name in "ABCDEFGH"))
    calls = run_timed(Architecture.CENTRALIZED, workers, {"plan": tasks}, review=False)
    assert sum(len(keys) for keys in calls.values()) == 10
    assert calls[100 + work_ms] == ["answer"]


def test_a_chain_takes_as_long_as_its_links_and_what_stands_beside_it_takes_no_longer() -> None:
    tasks = plan(subtask("A"), subtask("B", 1), subtask("C", 2), subtask("D"), subtask("E"), subtask("F", 4, 5))
    assert run_timed(Architecture.CENTRALIZED, 4, {"plan": tasks}, review=False) == {
        0: ["plan"],
        100: works(1, 4, 5),
        200: works(2, 6),
        300: works(3),
        400: ["answer"],
        500: [],
    }


def test_a_drone_that_is_done_early_takes_what_is_ready_at_once() -> None:
    tasks = plan(subtask("A"), subtask("B"), subtask("C", 2), subtask("D", 1, 3))
    slow = {"work/1": 250, "work/2": 50}
    assert run_timed(Architecture.CENTRALIZED, 2, {"plan": tasks}, slow, review=False) == {
        0: ["plan"],
        100: works(1, 2),
        150: works(3),
        350: works(4),
        450: ["answer"],
        550: [],
    }


def test_only_what_was_returned_is_done_anew_and_at_once_and_what_depends_on_it_stays() -> None:
    tasks = plan(subtask("A"), subtask("B"), subtask("C", 1), subtask("D", 2))
    review = {"approved": False, "comment": "Say more.", "returned": [1, 2]}
    assert run_timed(Architecture.CENTRALIZED, 4, {"plan": tasks, "review": review}) == {
        0: ["plan"],
        100: works(1, 2),
        200: works(3, 4),
        300: ["review"],
        400: ["rework/1", "rework/2"],
        500: ["answer"],  # nothing is reviewed twice
        600: [],
    }


def test_returned_subtasks_that_depend_on_each_other_are_done_anew_in_that_order() -> None:
    tasks = plan(subtask("A"), subtask("B", 1), subtask("C"))
    review = {"approved": False, "comment": "Say more.", "returned": [2, 1]}
    calls = run_timed(Architecture.CENTRALIZED, 4, {"plan": tasks, "review": review})
    assert (calls[400], calls[500], calls[600]) == (["rework/1"], ["rework/2"], ["answer"])


@pytest.mark.parametrize(("workers", "leaders"), [(4, 2), (9, 3), (12, 4)])
def test_groups_work_side_by_side_so_more_of_them_take_no_longer(workers: int, leaders: int) -> None:
    names = [f"sub-queen-{number}/" for number in range(1, leaders + 1)]
    packages = {"packages": [{"title": name, "instructions": "Do it."} for name in names]}
    plans = {f"{name}plan": plan(subtask("A"), subtask("B")) for name in names}
    assert run_timed(Architecture.HIERARCHICAL, workers, {"split": packages, **plans}) == {
        0: ["split"],
        100: [f"{name}plan" for name in names],
        200: [key for name in names for key in works(1, 2, leader=name)],
        300: [f"{name}review" for name in names],
        400: [f"{name}report" for name in names],
        500: ["answer"],
        600: [],
    }


def test_a_slow_group_holds_up_no_other_but_the_answer() -> None:
    packages = {"packages": [{"title": name, "instructions": "Do it."} for name in "AB"]}
    plans = {f"sub-queen-{n}/plan": plan(subtask("A"), subtask("B")) for n in (1, 2)}
    slow = {"work/sub-queen-1/1": 900}
    calls = run_timed(Architecture.HIERARCHICAL, 4, {"split": packages, **plans}, slow)
    began = {key: at for at, keys in calls.items() for key in keys}
    assert (began["sub-queen-2/report"], began["sub-queen-1/report"], began["answer"]) == (400, 1200, 1300)


def speak(step: str, drones: int) -> list[str]:
    return [f"{step}/{number}" for number in range(1, drones + 1)]


@pytest.mark.parametrize("drones", [2, 4, 8])
def test_a_debate_takes_as_long_as_its_rounds_however_many_speak(drones: int) -> None:
    assert run_timed(Architecture.FULLY_CONNECTED, drones, rounds=2) == {
        0: speak("propose", drones),
        100: speak("revise/1", drones),
        200: speak("revise/2", drones),
        300: speak("vote", drones),
        400: ["answer"],
        500: [],
    }


def test_a_debate_whose_drones_agree_takes_no_further_round() -> None:
    agreed = dict.fromkeys(speak("revise/1", 4), "The moon.\nAGREE")
    calls = run_timed(Architecture.FULLY_CONNECTED, 4, agreed, rounds=5)
    assert (calls[100], calls[200], calls[300], calls[400]) == (speak("revise/1", 4), speak("vote", 4), ["answer"], [])


def test_a_round_begins_once_the_slowest_drone_has_spoken() -> None:
    calls = run_timed(Architecture.FULLY_CONNECTED, 4, slow={"propose/3": 700})
    assert list(calls) == [0, 700, 800, 900, 1000]
