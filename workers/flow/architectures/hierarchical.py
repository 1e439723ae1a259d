"""HIERARCHICAL: the queen divides the task among sub-queens, who plan and review for their own drones and report."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import JsonValue

from common.events import DurableEvent, PlanMade, PlanRepaired, SubtaskFinished, SubtaskInfo
from workers.flow.agent import Agent
from workers.flow.answer import FinalAnswer, write_answer
from workers.flow.context import FlowContext
from workers.flow.crew import run_together
from workers.flow.group import Group, tell
from workers.flow.packages import Package, Packages, PackagesDraft, packages_schema, repair_packages
from workers.flow.prompt import Asking, Piece, Prompt, join_pieces
from workers.flow.prompts import render_prompt
from workers.flow.swarm import Swarm
from workers.flow.wanted import find_wanted
from workers.flow.writing import Writing


async def run(flow: FlowContext, swarm: Swarm) -> FinalAnswer:
    """Split, let every group work at once, merge their reports."""
    packages = await _split(flow, swarm)
    reports = await run_together(
        *(
            _lead(flow, swarm, leader, package)
            for leader, package in zip(swarm.sub_queens, packages.packages, strict=True)
        )
    )
    prompt = Prompt(
        system=render_prompt("queen.md"),
        template="answer.md",
        values={"task": flow.task, "package": None, "source": "reports of your teams"},
        pieces=tuple(reports),
    )
    return await write_answer(swarm.queen, prompt, Asking(label="Merge the reports"), instead=join_pieces(reports))


async def _split(flow: FlowContext, swarm: Swarm) -> Packages:
    queen, leaders = swarm.queen, swarm.sub_queens
    wanted = await find_wanted(flow.task, flow.workspace)

    def follow(packages: Packages, step: str) -> tuple[DurableEvent, ...]:
        repaired = PlanRepaired(step=step, agent=queen.name, repairs=packages.repairs)
        pairs = list(zip(leaders, packages.packages, strict=True))
        subtasks = [
            SubtaskInfo(
                id=leader.name,
                title=package.title,
                instructions=package.instructions,
                role=leader.info.kind,
                files=package.files,
            )
            for leader, package in pairs
        ]
        return (
            *((repaired,) if packages.repairs else ()),
            PlanMade(step=step, agent=queen.name, subtasks=subtasks),
            *(tell(queen.name, leader.name, package.title, leader.name) for leader, package in pairs),
        )

    if len(leaders) == 1:  # nothing to divide, so no model is asked

        def decide() -> tuple[Mapping[str, JsonValue], tuple[DurableEvent, ...]]:
            all_of_it = Package(
                title="The whole task", instructions="Do all that the task asks for.", files=list(wanted)
            )
            whole = Packages(packages=[all_of_it])
            return whole.model_dump(mode="json"), follow(whole, "split")

        return Packages.model_validate(await flow.choose("split", queen.name, {"count": 1}, decide))
    return await queen.ask_for(
        "split",
        Prompt(
            system=render_prompt("queen.md"),
            template="split.md",
            values={"task": flow.task, "package": None, "count": len(leaders)},
            pieces=flow.given.listing,
        ),
        Asking(label="Divide the task"),
        draft=PackagesDraft,
        schema=packages_schema(len(leaders)),
        repair=lambda draft: repair_packages(draft, count=len(leaders), wanted=wanted),
        value=Packages,
        follow=follow,
    )


async def _lead(flow: FlowContext, swarm: Swarm, leader: Agent, package: Package) -> Piece:
    group = Group(flow=flow, leader=leader, drones=swarm.drones(leader.name), prefix=f"{leader.name}/", package=package)
    finished = await group.carry_out()

    def follow(text: str) -> tuple[DurableEvent, ...]:
        done = SubtaskFinished(subtask=leader.name, agent=leader.name)
        return done, tell(leader.name, swarm.queen.name, text, leader.name)

    prompt = Prompt(
        system=render_prompt("queen.md"),
        template="report.md",
        values=group.values(),
        pieces=tuple(item.piece for item in finished),
    )
    asking = Asking(label="Report to the queen", subtask=leader.name)
    key = f"{leader.name}/report"
    report = await Writing(agent=leader, key=key, prompt=prompt, asking=asking, follow=follow).write()
    return Piece(name=f"Report on: {package.title}", text=report.text)
