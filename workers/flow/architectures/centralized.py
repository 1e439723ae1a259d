"""CENTRALIZED: one queen plans for all drones, reviews their results and writes the answer."""

from __future__ import annotations

from workers.flow.answer import FinalAnswer, write_answer
from workers.flow.context import FlowContext
from workers.flow.group import Group
from workers.flow.prompt import Asking, Prompt, join_pieces
from workers.flow.prompts import render_prompt
from workers.flow.swarm import Swarm


async def run(flow: FlowContext, swarm: Swarm) -> FinalAnswer:
    """Plan, work, review, answer."""
    group = Group(flow=flow, leader=swarm.queen, drones=swarm.drones())
    finished = await group.carry_out()
    prompt = Prompt(
        system=render_prompt("queen.md"),
        template="answer.md",
        values=group.values(source="results of your team"),
        pieces=tuple(item.piece for item in finished),
    )
    return await write_answer(swarm.queen, prompt, Asking(label="Write the answer"), instead=join_pieces(prompt.pieces))
