"""How far a flow is: how many steps it expects, as far as its events tell."""

from __future__ import annotations

from collections.abc import Iterable

from common.events import ClaimsMade, DurableEvent, PlanMade, ReviewMade, StepFinished, StepStarted, SwarmFormed
from common.options import FlowOptions
from common.states import Architecture
from workers.flow.journal import CLAIMS_BY_RULE, is_extra, split_turn


def count_expected(events: Iterable[DurableEvent], options: FlowOptions) -> int:
    """Return how many steps become known by `events`, each of which is counted once over a whole flow.

    The sum is never less than the steps that are done, and the same in the end; only a debate that ends early, by
    agreement, leaves the rounds it did not take.
    """
    return sum(_count(event, options) for event in events)


def _count(event: DurableEvent, options: FlowOptions) -> int:
    match event:
        case SwarmFormed():
            return _count_frame(event, options)
        case PlanMade() if split_turn(event.step)[0] in {"angles", "split"}:
            return 0  # the frame holds them already
        case PlanMade():
            return len(event.subtasks)
        case StepStarted():
            return 1  # committed only by a step that says what is about to run
        case StepFinished():
            return int(is_extra(event.step))
        case ReviewMade():
            return len(event.returned)
        case ClaimsMade():
            return int(event.step == CLAIMS_BY_RULE)
        case _:
            return 0


def _count_frame(formed: SwarmFormed, options: FlowOptions) -> int:
    """Count what stands from the start: all but the subtasks."""
    review = int(options.review)
    drones = sum(agent.kind == "drone" for agent in formed.agents)
    leaders = sum(agent.kind == "sub_queen" for agent in formed.agents)
    match Architecture(formed.architecture):
        case Architecture.CENTRALIZED:
            return len(("swarm", "plan", "answer")) + review
        case Architecture.HIERARCHICAL:
            return len(("swarm", "split", "answer")) + leaders * (len(("plan", "report")) + review)
        case Architecture.FULLY_CONNECTED if drones == 1:
            return len(("swarm", "angles", "propose", "propose", "answer"))
        case Architecture.FULLY_CONNECTED:
            talk = len(("propose", "vote")) + options.rounds
            return len(("swarm", "angles", "decide", "answer")) + drones * talk
