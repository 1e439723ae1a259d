"""FULLY_CONNECTED with the scripted model."""

from __future__ import annotations

import pytest

from common.events import MessageSent, Notice, PlanMade, VoteCast, VoteDecided
from common.states import Architecture
from tests.unit.workers.flow.helpers import Barrier, Listener, run_flow, script
from workers.flow.testing import ScriptedModel

FULLY_CONNECTED = Architecture.FULLY_CONNECTED


async def test_drones_propose_revise_in_rounds_vote_and_the_winner_merges() -> None:
    model = ScriptedModel()
    listener = Listener()
    await run_flow(model, FULLY_CONNECTED, workers=3, listener=listener, rounds=2)
    assert sorted(model.keys[:3]) == ["propose/1", "propose/2", "propose/3"]
    assert sorted(model.keys[3:6]) == ["revise/1/1", "revise/1/2", "revise/1/3"]
    assert sorted(model.keys[6:9]) == ["revise/2/1", "revise/2/2", "revise/2/3"]
    assert sorted(model.keys[9:12]) == ["vote/1", "vote/2", "vote/3"]
    assert model.keys[12:] == ["answer"]
    (made,) = listener.all(PlanMade)
    assert len({(item.role, item.instructions) for item in made.subtasks}) == 3
    assert {event.recipient for event in listener.all(MessageSent)} == {"everyone"}


@pytest.mark.parametrize("step", ["propose/", "revise/1/", "vote/"])
async def test_all_drones_speak_at_once_in_each_round(step: str) -> None:
    barrier = Barrier(6, lambda request: request.step_key.startswith(step))
    await run_flow(ScriptedModel(script=barrier), FULLY_CONNECTED, workers=6)


async def test_in_each_round_a_drone_sees_the_others_latest_proposals() -> None:
    answers = {f"propose/{n}": f"FIRST {n}" for n in (1, 2, 3)} | {f"revise/1/{n}": f"SECOND {n}" for n in (1, 2, 3)}
    model = ScriptedModel(script=script(answers))
    await run_flow(model, FULLY_CONNECTED, workers=3, rounds=2)
    first, second = model.call("revise/1/2").prompt, model.call("revise/2/2").prompt
    assert all(f"FIRST {n}" in first for n in (1, 2, 3))
    assert "SECOND" not in first
    assert all(f"SECOND {n}" in second for n in (1, 2, 3))
    assert "FIRST" not in second


async def test_the_debate_ends_early_when_all_agree() -> None:
    answers = {f"revise/1/{n}": f"Moon {n}.\n\n**AGREE**" for n in (1, 2)}
    model = ScriptedModel(script=script(answers))
    await run_flow(model, FULLY_CONNECTED, workers=2, rounds=5)
    assert "revise/2/1" not in model.keys
    assert "Moon 1." in model.call("vote/2").prompt
    assert "AGREE" not in model.call("vote/2").prompt


async def test_one_that_disagrees_keeps_the_debate_going() -> None:
    answers = {"revise/1/1": "Moon.\nAGREE", "revise/1/2": "Sun.\nDISAGREE"}
    model = ScriptedModel(script=script(answers))
    await run_flow(model, FULLY_CONNECTED, workers=2, rounds=2)
    assert "revise/2/1" in model.keys


async def test_no_rounds_means_proposals_and_a_vote() -> None:
    model = ScriptedModel()
    await run_flow(model, FULLY_CONNECTED, workers=2, rounds=0)
    assert sorted(model.keys) == ["answer", "propose/1", "propose/2", "vote/1", "vote/2"]


async def test_the_proposal_with_most_votes_wins_and_its_drone_writes_the_answer() -> None:
    votes = {"vote/1": "proposal-3", "vote/2": "proposal-3", "vote/3": "proposal-1"}
    answers = {key: {"choice": choice, "reason": "clear"} for key, choice in votes.items()}
    model = ScriptedModel(script=script(answers))
    listener = Listener()
    await run_flow(model, FULLY_CONNECTED, workers=3, listener=listener)
    (decided,) = listener.all(VoteDecided)
    assert decided == VoteDecided(winner="drone-3", tally={"drone-1": 1, "drone-2": 0, "drone-3": 2})
    assert {event.agent: event.choice for event in listener.all(VoteCast)}["drone-1"] == "drone-3"
    prompt = model.call("answer").prompt
    assert prompt.index("proposal-2") < prompt.index("proposal-3")  # the winner comes last
    assert model.call("vote/3").request.schema is not None
    assert "proposal-3" not in str(model.call("vote/3").request.schema)  # nobody votes for itself


async def test_of_equal_votes_the_first_proposal_wins() -> None:
    answers = {"vote/1": {"choice": "proposal-2", "reason": ""}, "vote/2": {"choice": "proposal-1", "reason": ""}}
    listener = Listener()
    await run_flow(ScriptedModel(script=script(answers)), FULLY_CONNECTED, workers=2, listener=listener)
    assert listener.all(VoteDecided)[0].winner == "drone-1"


async def test_a_vote_that_names_nobody_counts_for_the_first_and_is_told() -> None:
    listener = Listener()
    model = ScriptedModel(script=script({"vote/1": {"choice": "me", "reason": ""}}))
    await run_flow(model, FULLY_CONNECTED, workers=2, listener=listener)
    assert any("The vote of drone-1" in event.message for event in listener.all(Notice))


async def test_a_lone_drone_takes_two_angles_one_after_the_other() -> None:
    model = ScriptedModel()
    listener = Listener()
    await run_flow(model, FULLY_CONNECTED, workers=1, listener=listener)
    assert model.keys == ["propose/1", "propose/2", "answer"]
    assert model.max_parallel == 1
    assert len(listener.all(PlanMade)[0].subtasks) == 2


async def test_an_angle_names_its_role_in_words() -> None:
    listener = Listener()
    await run_flow(ScriptedModel(), FULLY_CONNECTED, workers=5, listener=listener)
    (made,) = listener.all(PlanMade)
    views = [subtask.title.partition(" view of the ")[2] for subtask in made.subtasks]
    assert views == ["analyst", "developer", "IT architect", "data scientist", "security specialist"]


async def test_sixteen_drones_have_sixteen_different_angles() -> None:
    listener = Listener()
    await run_flow(ScriptedModel(), FULLY_CONNECTED, workers=16, listener=listener, rounds=0)
    assert len({item.title for item in listener.all(PlanMade)[0].subtasks}) == 16
