"""FULLY_CONNECTED: drones propose, see one another's proposals, revise, vote, and the winner merges the best.

Only the winner may change the project folder: the others, all at once, would write over each other.
"""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from pydantic import JsonValue, TypeAdapter

from common.events import DurableEvent, Notice, PlanMade, SubtaskFinished, SubtaskInfo, VoteCast, VoteDecided
from workers.flow.agent import Agent
from workers.flow.answer import FinalAnswer, write_answer
from workers.flow.context import FlowContext
from workers.flow.crew import run_together
from workers.flow.files import write_opening
from workers.flow.given import write_openings
from workers.flow.group import tell
from workers.flow.limits import Limits
from workers.flow.prompt import Asking, Piece, Prompt
from workers.flow.roles import Role, home_role, role_prompt
from workers.flow.swarm import Swarm
from workers.flow.vote import Vote, VoteDraft, count_votes, read_revision, repair_vote, vote_schema
from workers.flow.wanted import find_wanted
from workers.flow.working import DRONE_LIMITS, do_work
from workers.flow.writing import Writing

#: The recipient of what a drone says to all others.
EVERYONE = "everyone"

#: What a drone may take to look at the project folder, where it can call tools, and to propose.
PROPOSE_LIMITS = Limits(turns=8, tool_calls=20, output_tokens=16_384, seconds=900)

#: What a drone looks for beside what its role sees; drones of one role differ in this.
VIEWS = (
    ("Direct", "Look for the most direct way to what is asked."),
    ("Simple", "Look for the simplest answer that is enough."),
    ("Critical", "Look for what others may overlook, and for what could be wrong."),
    ("Practical", "Look at it as the person who will use the answer."),
)

_ANGLES: TypeAdapter[list[SubtaskInfo]] = TypeAdapter(list[SubtaskInfo])
_FILES: TypeAdapter[tuple[str, ...]] = TypeAdapter(tuple[str, ...])


@dataclass(frozen=True, kw_only=True)
class Seat:
    """One place in the debate: an angle on the task, who speaks for it, and what is proposed so far."""

    #: Counted from 0.
    number: int
    drone: Agent
    angle: SubtaskInfo
    proposal: str = ""
    #: Whether its drone said, in the last round, that the proposals say the same in all that matters.
    agrees: bool = False

    @property
    def name(self) -> str:
        """What others call its proposal: by its place, never by the drone."""
        return f"proposal-{self.angle.id}"

    @property
    def piece(self) -> Piece:
        """The proposal as others read it."""
        return Piece(name=f"{self.name} ({self.angle.title})", text=self.proposal)


async def run(flow: FlowContext, swarm: Swarm) -> FinalAnswer:
    """Propose, revise in rounds, vote, merge."""
    drones = swarm.drones()
    seats, files = await _take_seats(flow, drones)
    seats = await _all_speak(seats, functools.partial(_propose, flow))
    if len(drones) > 1:  # one drone alone has nobody to talk to
        for turn in range(1, flow.options.rounds + 1):
            seats = await _all_speak(seats, functools.partial(_revise, flow, seats, turn))
            if all(seat.agrees for seat in seats):
                break
        votes = await run_together(*(_vote(flow, seats, seat) for seat in seats))
        winner = await _decide(flow, seats, votes)
    else:
        winner = seats[-1]
    return await _merge(flow, seats, winner, files)


async def _all_speak(seats: Sequence[Seat], speak: Callable[[Seat], Awaitable[Seat]]) -> list[Seat]:
    """Let all drones speak at once, each for its own seats in turn, and wait for the last one."""

    async def speak_for(name: str) -> list[Seat]:
        return [await speak(seat) for seat in seats if seat.drone.name == name]

    spoken = await run_together(*(speak_for(name) for name in dict.fromkeys(seat.drone.name for seat in seats)))
    return sorted((seat for some in spoken for seat in some), key=lambda seat: seat.number)


async def _take_seats(flow: FlowContext, drones: Sequence[Agent]) -> tuple[list[Seat], tuple[str, ...]]:
    """Give each drone its angle on the task; a lone drone takes two, so that there is something to choose from.

    Returns also the files that the answer has to hold, which are chosen with the angles.
    """
    count = max(2, len(drones))
    wanted = await find_wanted(flow.task, flow.workspace)

    def decide() -> tuple[Mapping[str, JsonValue], tuple[DurableEvent, ...]]:
        angles = [_make_angle(position) for position in range(count)]
        made = PlanMade(step="angles", agent=drones[0].name, subtasks=angles)
        return {"angles": [angle.model_dump(mode="json") for angle in angles], "files": list(wanted)}, (made,)

    chosen = await flow.choose("angles", drones[0].name, {"count": count}, decide)
    angles = _ANGLES.validate_python(chosen["angles"])
    seats = [Seat(number=n, drone=drones[n % len(drones)], angle=angle) for n, angle in enumerate(angles)]
    return seats, _FILES.validate_python(chosen.get("files", ()))


def _make_angle(position: int) -> SubtaskInfo:
    role = home_role(position)
    name, view = VIEWS[(position // len(Role) + position % 2 * 2) % len(VIEWS)]
    title = f"{name} view of the {role.words}"
    return SubtaskInfo(id=str(position + 1), title=title, instructions=view, role=str(role))


async def _propose(flow: FlowContext, seat: Seat) -> Seat:
    def follow(text: str) -> tuple[DurableEvent, ...]:
        done = SubtaskFinished(subtask=seat.angle.id, agent=seat.drone.name)
        return done, tell(seat.drone.name, EVERYONE, text, seat.angle.id)

    asking = Asking(label="Propose an answer", role=seat.angle.role, subtask=seat.angle.id)
    edits = write_openings(flow.given.find_edited())
    prompt = _prompt(flow, "propose.md", seat, flow.given.pieces, edits=edits)
    key = f"propose/{seat.angle.id}"
    reply = await do_work(seat.drone, key, prompt, asking, follow, limits=PROPOSE_LIMITS, only_reads=True)
    return replace(seat, proposal=reply.text)


async def _revise(flow: FlowContext, seats: Sequence[Seat], turn: int, seat: Seat) -> Seat:
    def follow(text: str) -> tuple[DurableEvent, ...]:
        return (tell(seat.drone.name, EVERYONE, text, seat.angle.id),)

    others = [other for other in seats if other is not seat]
    own = Piece(name="Your own proposal", text=seat.proposal)  # newest, so the last to be cut
    prompt = _prompt(flow, "revise.md", seat, (*(other.piece for other in others), own))
    asking = Asking(label=f"Revise, round {turn}", role=seat.angle.role, subtask=seat.angle.id)
    key = f"revise/{turn}/{seat.angle.id}"
    reply = await Writing(agent=seat.drone, key=key, prompt=prompt, asking=asking, follow=follow).write()
    revision = read_revision(reply.text, seat.proposal)
    return replace(seat, proposal=revision.proposal, agrees=revision.agrees)


async def _vote(flow: FlowContext, seats: Sequence[Seat], seat: Seat) -> Vote:
    """With three drones or more none may vote for itself, as most would."""
    standing = [other for other in seats if len(seats) < 3 or other is not seat]
    names = [other.name for other in standing]
    drones = {other.name: other.drone.name for other in standing}

    def follow(vote: Vote, step: str) -> tuple[DurableEvent, ...]:
        cast = VoteCast(step=step, agent=seat.drone.name, choice=drones[vote.choice], reason=vote.reason)
        unread = f"The vote of {seat.drone.name} could not be read; it counts for {drones[vote.choice]}."
        return (cast,) if vote.readable else (cast, Notice(level="warning", message=unread))

    return await seat.drone.ask_for(
        f"vote/{seat.angle.id}",
        _prompt(flow, "vote.md", seat, [other.piece for other in standing]),
        Asking(label="Vote", role=seat.angle.role, subtask=seat.angle.id),
        draft=VoteDraft,
        schema=vote_schema(names),
        repair=lambda draft: repair_vote(draft, names),
        value=Vote,
        follow=follow,
    )


async def _decide(flow: FlowContext, seats: Sequence[Seat], votes: Sequence[Vote]) -> Seat:
    drones = {seat.name: seat.drone.name for seat in seats}
    choices = [vote.choice for vote in votes]

    def decide() -> tuple[Mapping[str, JsonValue], tuple[DurableEvent, ...]]:
        winner, tally = count_votes(choices, list(drones))
        told = {drones[name]: votes for name, votes in tally.items()}
        return {"winner": winner}, (VoteDecided(winner=drones[winner], tally=told),)

    decided = await flow.choose("decide", seats[0].drone.name, {"choices": list(choices)}, decide)
    return next(seat for seat in seats if seat.name == decided["winner"])


async def _merge(flow: FlowContext, seats: Sequence[Seat], winner: Seat, files: tuple[str, ...]) -> FinalAnswer:
    others = [seat.piece for seat in seats if seat is not winner]
    has_code = any("```" in seat.proposal for seat in seats)  # only then: a small model writes code if it hears of it
    # The last piece is the last to be cut.
    openings = [write_opening(path) for path in files]
    edited = flow.given.find_edited()
    pieces = (*(file.piece for file in edited), *others, winner.piece)
    edits = write_openings(edited)
    prompt = _prompt(flow, "merge.md", winner, pieces, has_code=has_code, openings=openings, edits=edits)
    asking = Asking(label="Write the answer", role=winner.angle.role, takes_files=True, files=files)
    flow.versions.begin_work("answer")
    return await write_answer(winner.drone, prompt, asking, instead=winner.proposal, limits=DRONE_LIMITS)


def _prompt(flow: FlowContext, template: str, seat: Seat, pieces: Sequence[Piece] = (), **values: object) -> Prompt:
    return Prompt(
        system=role_prompt(Role(seat.angle.role)),
        template=template,
        values={"task": flow.task, "package": None, "angle": seat.angle, **values},
        pieces=tuple(pieces),
    )
