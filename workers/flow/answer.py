"""The last steps of every architecture: the answer to the task, and what it claims."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import JsonValue

from common.errors import ContextTooSmall
from common.events import Claim, ClaimsMade, DurableEvent, Notice
from workers.flow.agent import Agent
from workers.flow.claims import (
    Claims,
    ClaimsDraft,
    claims_schema,
    count_named,
    describe_ledger,
    mark_claims,
    most_claims,
)
from workers.flow.journal import CLAIMS, CLAIMS_BY_RULE
from workers.flow.limits import Limits
from workers.flow.prompt import Asking, Piece, Prompt
from workers.flow.working import do_work
from workers.flow.writing import Writing


@dataclass(frozen=True, kw_only=True)
class FinalAnswer:
    """What a flow answers."""

    text: str
    claims: tuple[Claim, ...] = ()


async def write_answer(
    agent: Agent, prompt: Prompt, asking: Asking, *, instead: str, limits: Limits | None = None
) -> FinalAnswer:
    """Let `agent` write the answer; where the model writes nothing, `instead` stands for it, and that is told.

    With `limits` it has the flow's tools for it.
    """

    def follow(text: str) -> tuple[DurableEvent, ...]:
        told = f"{asking.label} ({agent.name}): the answer was put together from what the swarm had found."
        return () if text or not instead else (Notice(level="warning", message=told),)

    if limits is None:
        reply = await Writing(agent=agent, key="answer", prompt=prompt, asking=asking, follow=follow).write()
    else:
        reply = await do_work(agent, "answer", prompt, asking, follow, limits=limits)
    text = reply.text or instead
    return FinalAnswer(text=text, claims=await _list_claims(agent, prompt.system, asking, text))


async def _list_claims(agent: Agent, system: str, asking: Asking, text: str) -> tuple[Claim, ...]:
    """Let `agent` list what its answer claims, where there is something to check or to doubt; rules mark each claim."""
    ledger, named = agent.flow.ledger, count_named(text)
    if not (ledger.files or ledger.commands or named):
        return ()
    most = most_claims(ledger, named)

    def follow(claims: Claims, step: str) -> tuple[DurableEvent, ...]:
        made = ClaimsMade(step=step, agent=agent.name, claims=claims.claims)
        unread = f"The claims of {agent.name} could not be read; only what the journal knows is listed."
        return (made,) if claims.readable else (made, Notice(level="warning", message=unread))

    def decide() -> tuple[Mapping[str, JsonValue], tuple[DurableEvent, ...]]:
        known = mark_claims(None, ledger, text)
        return known.model_dump(mode="json"), follow(known, CLAIMS_BY_RULE)

    try:
        made = await agent.ask_for(
            CLAIMS,
            Prompt(
                system=system,
                template="claims.md",
                values={"most": most},
                pieces=(describe_ledger(ledger), Piece(name="The answer", text=text)),
            ),
            Asking(label="List what the answer claims", role=asking.role),
            draft=ClaimsDraft,
            schema=claims_schema(ledger, most),
            repair=lambda draft: mark_claims(draft, ledger, text),
            value=Claims,
            follow=follow,
        )
    except ContextTooSmall:  # not worth the answer
        made = Claims.model_validate(await agent.flow.choose(CLAIMS_BY_RULE, agent.name, {}, decide))
    return tuple(made.claims)
