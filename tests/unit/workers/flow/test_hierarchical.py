"""HIERARCHICAL with the scripted model."""

from __future__ import annotations

import pytest

from common.events import PlanMade, PlanRepaired, SubtaskFinished
from common.states import Architecture
from tests.unit.workers.flow.helpers import Barrier, Listener, run_flow, script
from workers.flow.swarm import count_sub_queens, form_swarm
from workers.flow.testing import ScriptedModel

HIERARCHICAL = Architecture.HIERARCHICAL


@pytest.mark.parametrize(
    ("workers", "sub_queens"), [(1, 1), (2, 2), (4, 2), (6, 2), (7, 3), (8, 3), (9, 3), (10, 4), (12, 4), (16, 4)]
)
def test_so_many_drones_have_so_many_sub_queens(workers: int, sub_queens: int) -> None:
    assert count_sub_queens(workers) == sub_queens
    agents = form_swarm(HIERARCHICAL, workers)
    leaders = [agent.name for agent in agents if agent.kind == "sub_queen"]
    sizes = [sum(1 for agent in agents if agent.parent == leader) for leader in leaders]
    assert len(leaders) == sub_queens
    assert sum(sizes) == workers
    assert max(sizes) - min(sizes) <= 1


async def test_sub_queens_plan_review_and_report_for_their_own_drones() -> None:
    model = ScriptedModel()
    listener = Listener()
    result = await run_flow(model, HIERARCHICAL, workers=4, listener=listener)
    assert model.keys[0] == "split"
    assert model.keys[-1] == "answer"
    for leader in ("sub-queen-1", "sub-queen-2"):
        own = [key for key in model.keys if leader in key]
        assert own[0] == f"{leader}/plan"
        assert own[-2:] == [f"{leader}/review", f"{leader}/report"]
        assert sorted(own[1:-2]) == [f"work/{leader}/1", f"work/{leader}/2"]
    assert len(model.keys) == 12
    assert model.max_parallel == 4
    drones = {event.agent for event in listener.all(SubtaskFinished) if event.subtask.startswith("sub-queen-1/")}
    assert drones <= {"drone-1", "drone-2"}
    assert len(result.agents) == 7
    assert all(len(made.subtasks) >= 2 for made in listener.all(PlanMade))
    reports = [model.call(f"sub-queen-{number}/report") for number in (1, 2)]
    assert all(report.outcome == "finished" for report in reports)


async def test_groups_work_at_the_same_time() -> None:
    barrier = Barrier(4, lambda request: "/plan" in request.step_key)
    await run_flow(ScriptedModel(script=barrier), HIERARCHICAL, workers=12)


async def test_the_queen_gets_the_reports_in_the_order_of_the_packages() -> None:
    answers = {"sub-queen-1/report": "REPORT ONE", "sub-queen-2/report": "REPORT TWO"}
    model = ScriptedModel(script=script(answers))
    await run_flow(model, HIERARCHICAL)
    prompt = model.call("answer").prompt
    assert 0 < prompt.index("REPORT ONE") < prompt.index("REPORT TWO")


async def test_each_sub_queen_sees_her_package_only() -> None:
    packages = {"packages": [{"title": "Sea", "instructions": "water"}, {"title": "Moon", "instructions": "gravity"}]}
    model = ScriptedModel(script=script({"split": packages}))
    await run_flow(model, HIERARCHICAL)
    first, second = model.call("sub-queen-1/plan").prompt, model.call("sub-queen-2/plan").prompt
    assert "water" in first
    assert "gravity" not in first
    assert "gravity" in second


async def test_missing_packages_are_added_by_rule() -> None:
    model = ScriptedModel(script=script({"split": {"packages": [{"title": "Sea", "instructions": "water"}]}}))
    listener = Listener()
    await run_flow(model, HIERARCHICAL, listener=listener)
    assert listener.all(PlanRepaired)[0].repairs == [
        "There were 1 work packages for 2 sub-queens; the rest was added by rule."
    ]
    assert [item.title for item in listener.all(PlanMade)[0].subtasks] == ["Sea", "Main part"]


async def test_one_drone_has_one_sub_queen_and_nothing_is_split() -> None:
    model = ScriptedModel()
    await run_flow(model, HIERARCHICAL, workers=1)
    assert "split" not in model.keys
    assert model.max_parallel == 1
