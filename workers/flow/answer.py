"""The last step of every architecture: the answer to the task."""

from __future__ import annotations

from common.events import DurableEvent, Notice
from workers.flow.agent import Agent
from workers.flow.prompt import Asking, Prompt


async def write_answer(agent: Agent, prompt: Prompt, asking: Asking, *, instead: str) -> str:
    """Let `agent` write the answer; where the model writes nothing, `instead` stands for it, and that is told."""

    def follow(text: str) -> tuple[DurableEvent, ...]:
        told = f"{asking.label} ({agent.name}): the answer was put together from what the swarm had found."
        return () if text or not instead else (Notice(level="warning", message=told),)

    return (await agent.ask("answer", prompt, asking, follow)).text or instead
