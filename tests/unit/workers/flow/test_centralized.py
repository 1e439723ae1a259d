"""CENTRALIZED with the scripted model: which calls, in which order, how parallel."""

from __future__ import annotations

import asyncio
import json

import pytest

from common.events import (
    MessageSent,
    Notice,
    PlanMade,
    PlanRepaired,
    ReviewMade,
    StepFinished,
    StepStarted,
    SubtaskFinished,
    SwarmFormed,
    TokenDelta,
)
from tests.unit.workers.flow.helpers import Barrier, Listener, plan, run_flow, script, subtask
from workers.flow import ChatRequest
from workers.flow.testing import ScriptedModel, sample_answer


async def test_the_queen_plans_drones_work_the_queen_reviews_and_answers() -> None:
    model = ScriptedModel(script=script({"plan": plan(subtask("A"), subtask("B", 1)), "answer": "The end."}))
    listener = Listener()
    result = await run_flow(model, listener=listener)
    assert model.keys == ["plan", "work/1", "work/2", "review", "answer"]
    assert result.answer == "The end."
    assert [agent.name for agent in result.agents] == ["queen", "drone-1", "drone-2", "drone-3", "drone-4"]
    assert result.steps == 6  # the swarm's forming is one too
    assert result.output_tokens == sum(event.output_tokens for event in listener.all(StepFinished)) > 0
    assert isinstance(listener.events[0], SwarmFormed)
    (made,) = listener.all(PlanMade)
    assert [(item.id, item.depends_on) for item in made.subtasks] == [("1", []), ("2", ["1"])]
    assert {event.subtask for event in listener.all(SubtaskFinished)} == {"1", "2"}
    assert listener.all(PlanRepaired) == []


async def test_four_drones_do_four_independent_subtasks_at_once() -> None:
    barrier = Barrier(4, lambda request: request.step_key.startswith("work/"))
    tasks = plan(*(subtask(name) for name in "ABCD"))

    async def answer(request: ChatRequest) -> str:
        return json.dumps(tasks) if request.step_key == "plan" else await barrier(request)

    model = ScriptedModel(script=answer)
    await run_flow(model)
    assert model.max_parallel == 4


async def test_four_drones_do_eight_independent_subtasks_four_at_a_time() -> None:
    tasks = plan(*(subtask(name) for name in "ABCDEFGH"))
    model = ScriptedModel(script=script({"plan": tasks}))
    listener = Listener()
    await run_flow(model, listener=listener)
    work = [call for call in model.calls if call.key.startswith("work/")]
    assert sorted(call.key for call in work) == [f"work/{number}" for number in range(1, 9)]
    assert model.max_parallel == 4
    doers = [event.agent for event in listener.all(SubtaskFinished)]
    assert {doers.count(drone) for drone in doers} == {2}


async def test_two_drones_do_four_subtasks_never_more_than_two_at_once() -> None:
    model = ScriptedModel(script=script({"plan": plan(*(subtask(name) for name in "ABCD"))}), delay=0.005)
    await run_flow(model, workers=2)
    assert len([key for key in model.keys if key.startswith("work/")]) == 4
    assert model.max_parallel == 2


async def test_a_subtask_gets_the_results_it_depends_on_in_the_plans_order_and_no_others() -> None:
    release = asyncio.Event()
    answers = {"work/2": "SECOND", "work/3": "THIRD"}

    async def answer(request: ChatRequest) -> str:
        if request.step_key == "plan":
            return tasks
        if request.step_key == "work/1":  # the first in the plan is the last to finish
            await release.wait()
            return "FIRST"
        if request.step_key == "work/2":
            release.set()
        return answers.get(request.step_key) or sample_answer(request)

    tasks = json.dumps(plan(subtask("A"), subtask("B"), subtask("C"), subtask("D", 2, 1)))
    model = ScriptedModel(script=answer)
    await run_flow(model)
    prompt = model.call("work/4").prompt
    assert 0 < prompt.index("FIRST") < prompt.index("SECOND")
    assert "THIRD" not in prompt


async def test_a_dependent_subtask_starts_before_unrelated_ones_have_ended() -> None:
    done = asyncio.Event()

    tasks = json.dumps(plan(subtask("A"), subtask("B"), subtask("C", 1)))

    async def answer(request: ChatRequest) -> str:
        if request.step_key == "plan":
            return tasks
        if request.step_key == "work/2":
            async with asyncio.timeout(10):
                await done.wait()  # only the subtask that depends on 1 lets it end
        if request.step_key == "work/3":
            done.set()
        return sample_answer(request)

    await run_flow(ScriptedModel(script=answer), workers=2)


async def test_a_drone_whose_home_role_fits_is_preferred() -> None:
    tasks = plan(subtask("A", role="developer"), subtask("B", role="analyst"))
    listener = Listener()
    await run_flow(ScriptedModel(script=script({"plan": tasks})), listener=listener)
    doers = {event.subtask: event.agent for event in listener.all(StepStarted) if event.subtask}
    assert doers == {"1": "drone-2", "2": "drone-1"}  # drone-1 is the analyst, drone-2 the developer


async def test_the_review_sends_named_subtasks_back_once_and_only_them() -> None:
    review = {"approved": False, "comment": "Say more.", "returned": [2]}
    answers = {"plan": plan(subtask("A"), subtask("B"), subtask("C", 2)), "review": review, "rework/2": "BETTER"}
    model = ScriptedModel(script=script(answers))
    listener = Listener()
    await run_flow(model, listener=listener)
    assert model.keys[-3:] == ["review", "rework/2", "answer"]
    assert len([key for key in model.keys if key.startswith("re")]) == 2
    assert "Say more." in model.call("rework/2").prompt
    assert "BETTER" in model.call("answer").prompt
    (made,) = listener.all(ReviewMade)
    assert (made.approved, made.returned) == (False, ["2"])


async def test_without_review_nothing_is_judged() -> None:
    model = ScriptedModel(script=script({"plan": plan(subtask("A"), subtask("B"))}))
    await run_flow(model, review=False)
    assert model.keys == ["plan", "work/1", "work/2", "answer"]


async def test_messages_tell_who_handed_what_to_whom() -> None:
    answers = {"plan": plan(subtask("A"), subtask("B", 1, role="analyst")), "work/1": "found it"}
    listener = Listener()
    await run_flow(ScriptedModel(script=script(answers)), listener=listener)
    sent = [(event.sender, event.recipient, event.subtask) for event in listener.all(MessageSent)]
    assert sent == [
        ("queen", "drone-2", "1"),
        ("drone-2", "queen", "1"),
        ("queen", "drone-1", "2"),
        ("drone-2", "drone-1", "1"),
        ("drone-1", "queen", "2"),
    ]
    assert listener.all(MessageSent)[1].summary == "found it"


async def test_token_deltas_build_up_the_text_of_their_step() -> None:
    listener = Listener()
    await run_flow(ScriptedModel(piece_length=3), listener=listener)
    texts: dict[str, str] = {}
    for delta in listener.all(TokenDelta):
        assert delta.offset == len(texts.get(delta.step, ""))
        texts[delta.step] = texts.get(delta.step, "") + delta.text
    assert texts == {event.step: event.text for event in listener.all(StepFinished)}


@pytest.mark.parametrize("tries", [1, 2])
async def test_an_unreadable_plan_is_asked_for_again_with_the_error(tries: int) -> None:
    bad = {"plan": "I would start with", "plan/turn-2": '{"subtasks": [{"title"'}
    answers = {key: bad[key] for key in list(bad)[:tries]}
    model = ScriptedModel(script=script(answers))
    listener = Listener()
    await run_flow(model, listener=listener)
    keys = ["plan", "plan/turn-2", "plan/turn-3"][: tries + 1]
    assert model.keys[: tries + 1] == keys
    again = model.call(keys[-1]).request.messages
    assert "cannot be used" in again[-1].content
    told = [event.message for event in listener.all(Notice) if event.message.startswith("Plan the work (queen)")]
    assert len(told) == tries
    assert told[0].endswith("The model is asked again.")
    assert again[-2].role == "assistant"
    (made,) = listener.all(PlanMade)
    assert made.step == keys[-1]


async def test_a_plan_that_stays_unreadable_is_replaced_by_rule_and_told() -> None:
    model = ScriptedModel(script=script(dict.fromkeys(("plan", "plan/turn-2", "plan/turn-3"), "no")))
    listener = Listener()
    result = await run_flow(model, listener=listener)
    (repaired,) = listener.all(PlanRepaired)
    assert repaired.repairs == ["The plan could not be read; a plan made by rule took its place."]
    assert len(listener.all(PlanMade)[0].subtasks) == 2
    assert result.answer


async def test_an_unreadable_review_takes_the_work_as_it_is_and_says_so() -> None:
    model = ScriptedModel(script=script(dict.fromkeys(("review", "review/turn-2", "review/turn-3"), "fine")))
    listener = Listener()
    await run_flow(model, listener=listener)
    assert "rework/1" not in model.keys
    assert any("could not be read" in event.message for event in listener.all(Notice))
