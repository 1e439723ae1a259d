"""The last step of every architecture: the answer to the task."""

from __future__ import annotations

from common.events import DurableEvent, Notice
from workers.flow.agent import Agent
from workers.flow.limits import Limits
from workers.flow.prompt import Asking, Prompt
from workers.flow.working import do_work


async def write_answer(
    agent: Agent, prompt: Prompt, asking: Asking, *, instead: str, limits: Limits | None = None
) -> str:
    """Let `agent` write the answer; where the model writes nothing, `instead` stands for it, and that is told.

    With `limits` it has the flow's tools for it.
    """

    def follow(text: str) -> tuple[DurableEvent, ...]:
        told = f"{asking.label} ({agent.name}): the answer was put together from what the swarm had found."
        return () if text or not instead else (Notice(level="warning", message=told),)

    if limits is None:
        return (await agent.ask("answer", prompt, asking, follow)).text or instead
    return (await do_work(agent, "answer", prompt, asking, follow, limits=limits)).text or instead
