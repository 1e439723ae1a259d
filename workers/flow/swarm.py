"""A swarm: who belongs to it, for each architecture and number of workers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from common.events import AgentInfo
from common.states import Architecture
from workers.flow.agent import Agent
from workers.flow.context import FlowContext
from workers.flow.roles import home_role

MOST_WORKERS = 16


def count_sub_queens(workers: int) -> int:
    """Return how many sub-queens lead so many drones: about one for every three."""
    if workers < 2:
        return 1
    if workers <= 6:
        return 2
    return 3 if workers <= 9 else 4


def form_swarm(architecture: Architecture, workers: int) -> list[AgentInfo]:
    """Return the agents of a swarm, leaders before those they lead. A FULLY_CONNECTED swarm has drones only."""
    names = [f"drone-{number}" for number in range(1, workers + 1)]
    queen = AgentInfo(name="queen", kind="queen")
    if architecture is Architecture.FULLY_CONNECTED:
        return [_drone(name, position, None) for position, name in enumerate(names)]
    if architecture is Architecture.CENTRALIZED:
        return [queen, *(_drone(name, position, "queen") for position, name in enumerate(names))]
    count = count_sub_queens(workers)
    leaders = [AgentInfo(name=f"sub-queen-{n}", kind="sub_queen", parent="queen") for n in range(1, count + 1)]
    # Neighbours stay together, and the first groups take what does not divide evenly.
    parents = [leader.name for position, leader in enumerate(leaders) for _ in range(position, workers, count)]
    return [
        queen,
        *leaders,
        *(_drone(name, position, parent) for position, (name, parent) in enumerate(zip(names, parents, strict=True))),
    ]


def _drone(name: str, position: int, parent: str | None) -> AgentInfo:
    return AgentInfo(name=name, kind="drone", role=str(home_role(position)), parent=parent)


@dataclass(frozen=True)
class Swarm:
    """The agents of one run."""

    agents: Sequence[Agent]

    @classmethod
    def of(cls, infos: Sequence[AgentInfo], flow: FlowContext) -> Swarm:
        """Bring the agents that `infos` tell of to life in `flow`."""
        return cls([Agent(info=info, flow=flow) for info in infos])

    @property
    def queen(self) -> Agent:
        """The one at the top."""
        return next(agent for agent in self.agents if agent.info.kind == "queen")

    @property
    def sub_queens(self) -> list[Agent]:
        """Those who lead a group under the queen."""
        return [agent for agent in self.agents if agent.info.kind == "sub_queen"]

    def drones(self, parent: str | None = None) -> list[Agent]:
        """All drones, or those that report to `parent`."""
        drones = [agent for agent in self.agents if agent.info.kind == "drone"]
        return [agent for agent in drones if parent is None or agent.info.parent == parent]
