"""How a swarm is organised, one file each: `run(flow, swarm)` carries out the task and returns the answer.

Imports the framework's own modules only.
"""

from __future__ import annotations

from common.states import Architecture
from workers.flow.answer import FinalAnswer
from workers.flow.architectures import centralized, fully_connected, hierarchical
from workers.flow.context import FlowContext
from workers.flow.swarm import Swarm


async def run_architecture(architecture: Architecture, flow: FlowContext, swarm: Swarm) -> FinalAnswer:
    """Carry out the flow's task in the given way and return the answer."""
    match architecture:
        case Architecture.CENTRALIZED:
            return await centralized.run(flow, swarm)
        case Architecture.HIERARCHICAL:
            return await hierarchical.run(flow, swarm)
        case Architecture.FULLY_CONNECTED:
            return await fully_connected.run(flow, swarm)
