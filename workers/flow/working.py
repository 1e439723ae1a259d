"""A drone at work: with the tools over the project folder where its flow has one, else by a plain question."""

from __future__ import annotations

from collections.abc import Callable

from common.events import DurableEvent
from workers.flow.agent import Agent, Reply
from workers.flow.limits import Limits
from workers.flow.prompt import Asking, Prompt
from workers.flow.tool_loop import ToolLoop
from workers.flow.tools import make_toolbox
from workers.flow.writing import Writing

#: What a drone may take where it can call tools, for one subtask or the answer.
DRONE_LIMITS = Limits(turns=16, tool_calls=40, output_tokens=32_768, seconds=1800)


async def do_work(
    agent: Agent,
    key: str,
    prompt: Prompt,
    asking: Asking,
    follow: Callable[[str], tuple[DurableEvent, ...]],
    *,
    limits: Limits,
    only_reads: bool = False,
) -> Reply:
    """Do one piece of work; with `only_reads` the project folder may only be looked at. Raises ModelError."""
    toolbox = make_toolbox(agent.flow)
    if toolbox is None:
        return await Writing(agent=agent, key=key, prompt=prompt, asking=asking, follow=follow).write()
    if only_reads:
        toolbox = toolbox.without_writing()
    return await ToolLoop(agent=agent, key=key, asking=asking, toolbox=toolbox, limits=limits, follow=follow).run(
        prompt
    )
