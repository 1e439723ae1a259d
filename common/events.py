"""The events of a session: the union that the framework emits, the log stores and the browser reduces.

Durable events are numbered by `seq` without gaps. They come in two ways: *consequences* are committed together with
the step they follow from, so a replay never repeats them; *happenings* (`step_started`, `step_failed`) are told while
a step runs, and are told again when another worker runs it again. `TokenDelta` alone is not durable.
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter


class EventModel(BaseModel):
    """Base of all events: frozen, without unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")


# --- the life of a session ---------------------------------------------------------------------------------------


class Receipt(EventModel):
    """What a pause or a stop cost."""

    #: Steps that are committed and stay.
    steps_kept: int
    #: Model calls that were under way and count for nothing: after a resume they are made again.
    calls_cut: int = 0
    #: Streams to the model server that were closed, so that it stopped generating.
    streams_closed: int = 0


class SessionMoved(EventModel):
    """The session changed its state."""

    type: Literal["session_moved"] = "session_moved"
    #: A value of `common.states.State`.
    status: str
    #: A sentence for people: why it moved, or None where the state says it all.
    reason: str | None = None
    #: The worker process that owns it now (only while running), and the epoch of that claim.
    worker: str | None = None
    epoch: int = 0
    result: str | None = None
    error: str | None = None
    #: A value of `common.states.WaitsFor` where it goes on by itself once that is back.
    waits_for: str | None = None
    #: Of a pause or a stop.
    receipt: Receipt | None = None


class SessionWanted(EventModel):
    """Somebody asked for a stop, a pause or a resume."""

    type: Literal["session_wanted"] = "session_wanted"
    #: A value of `common.states.Desired`.
    desired: str
    #: Who asked: an email address.
    by: str | None = None


# --- the swarm ---------------------------------------------------------------------------------------------------


class AgentInfo(EventModel):
    """One agent of a swarm."""

    name: str
    kind: Literal["queen", "sub_queen", "drone"]
    #: A value of `workers.flow.roles.Role`; None for queens.
    role: str | None = None
    #: The agent it reports to; None at the top.
    parent: str | None = None
    #: What it speaks with in its own role; a step in another role may use another model.
    model: str | None = None


class SubtaskInfo(EventModel):
    """One subtask of a plan."""

    #: Unique in the session, e.g. `1` or `sub-queen-1/2`.
    id: str
    title: str
    instructions: str
    role: str
    depends_on: list[str] = Field(default_factory=list)
    #: The paths of the files that it has to write.
    files: list[str] = Field(default_factory=list)


class SwarmFormed(EventModel):
    """The agents stand; the first event of every flow."""

    type: Literal["swarm_formed"] = "swarm_formed"
    architecture: str
    model: str
    agents: list[AgentInfo]
    #: The roles that use another model than `model`, and which; see `FlowOptions.models`.
    models: dict[str, str] = Field(default_factory=dict)


class StepStarted(EventModel):
    """An agent began a step (a happening)."""

    type: Literal["step_started"] = "step_started"
    step: str
    kind: Literal["model", "tool", "choice"]
    agent: str
    role: str | None = None
    #: What people read, e.g. "Plan the work".
    label: str
    #: The subtask it works for, where there is one.
    subtask: str | None = None
    model: str | None = None
    attempt: int = 1


class StepFailed(EventModel):
    """One attempt at a step failed (a happening); it is tried again after `retry_in_seconds`, or given up."""

    type: Literal["step_failed"] = "step_failed"
    step: str
    agent: str
    attempt: int
    error: str
    retry_in_seconds: float | None = None


class StepFinished(EventModel):
    """A step is committed and never runs again."""

    type: Literal["step_finished"] = "step_finished"
    step: str
    agent: str
    #: The complete text of the step, as the token deltas built it up.
    text: str
    prompt_tokens: int = 0
    output_tokens: int = 0
    duration_seconds: float = 0.0
    #: From its start to the first piece of its text; None where it wrote none.
    first_token_seconds: float | None = None
    #: The model stopped at its limit of tokens, so that the text may lack its end.
    cut_off: bool = False


class PlanMade(EventModel):
    """A queen or sub-queen divided its work."""

    type: Literal["plan_made"] = "plan_made"
    step: str
    agent: str
    subtasks: list[SubtaskInfo]


class PlanRepaired(EventModel):
    """What was wrong in a plan's meaning was mended by rule."""

    type: Literal["plan_repaired"] = "plan_repaired"
    step: str
    agent: str
    #: A sentence for each repair.
    repairs: list[str]


class SubtaskFinished(EventModel):
    """A subtask has its result."""

    type: Literal["subtask_finished"] = "subtask_finished"
    subtask: str
    agent: str


class MessageSent(EventModel):
    """An agent passed text to another one."""

    type: Literal["message_sent"] = "message_sent"
    sender: str
    recipient: str
    #: What it was about, shortened to 200 characters.
    summary: str
    subtask: str | None = None


class ReviewMade(EventModel):
    """A queen or sub-queen judged the results of its drones."""

    type: Literal["review_made"] = "review_made"
    step: str
    agent: str
    approved: bool
    comment: str
    #: Ids of the subtasks that go back to a drone, once at most.
    returned: list[str] = Field(default_factory=list)


class VoteCast(EventModel):
    """A drone voted for a proposal."""

    type: Literal["vote_cast"] = "vote_cast"
    step: str
    agent: str
    #: The drone whose proposal it prefers.
    choice: str
    reason: str


class VoteDecided(EventModel):
    """The debate is over; `tally` counts the votes of each proposal."""

    type: Literal["vote_decided"] = "vote_decided"
    winner: str
    tally: dict[str, int]


class ContextCut(EventModel):
    """Something was left out of a prompt so that it fits the model's context."""

    type: Literal["context_cut"] = "context_cut"
    step: str
    agent: str
    #: What was left out, a phrase each, and about how many tokens in all.
    cut: list[str]
    tokens: int


class ArtifactWritten(EventModel):
    """A file came out of a step."""

    type: Literal["artifact_written"] = "artifact_written"
    step: str
    agent: str
    path: str
    sha256: str
    #: In bytes.
    size: int
    #: The step of the model call that wrote it: `step` itself, or the turn that asked for the tool.
    call: str | None = None
    #: Whether it was parsed: Python, JSON, TOML and YAML are.
    checked: bool = False
    #: What is wrong with it, a sentence, where it could not be parsed.
    problem: str | None = None


class FileConflict(EventModel):
    """A step replaced a file by an agent whose version it did not build on; the earlier version is kept beside it."""

    type: Literal["file_conflict"] = "file_conflict"
    path: str
    #: The step that wrote the newest version, and its agent.
    step: str
    agent: str
    #: The step that wrote the version before it.
    earlier_step: str
    earlier_agent: str


class Claim(EventModel):
    """Something that the answer claims to be done, and whether a recorded check backs it."""

    kind: Literal["file", "command", "subtask"]
    #: A path, a command line, or the id of a subtask.
    subject: str
    #: What the answer says of it, in the words of its model; empty where a rule added what the journal knows.
    statement: str = ""
    #: By the journal alone, never by what a model says: *verified*, or else only *claimed*.
    verified: bool
    #: A sentence: what backs it, or why nothing does.
    evidence: str
    #: The step that did it, where the journal knows one.
    step: str | None = None


class ClaimsMade(EventModel):
    """The answer stands, and this is what it claims."""

    type: Literal["claims_made"] = "claims_made"
    step: str
    agent: str
    claims: list[Claim]


class Notice(EventModel):
    """Something that people should know and that has no event of its own."""

    type: Literal["notice"] = "notice"
    level: Literal["info", "warning", "error"] = "info"
    message: str


DurableEvent = (
    SessionMoved
    | SessionWanted
    | SwarmFormed
    | StepStarted
    | StepFailed
    | StepFinished
    | PlanMade
    | PlanRepaired
    | SubtaskFinished
    | MessageSent
    | ReviewMade
    | VoteCast
    | VoteDecided
    | ContextCut
    | ArtifactWritten
    | FileConflict
    | ClaimsMade
    | Notice
)


class TokenDelta(EventModel):
    """Text that a running step just produced; not durable."""

    type: Literal["token"] = "token"
    step: str
    agent: str
    attempt: int = 1
    #: Where `text` begins in the step's text, in characters.
    offset: int
    text: str


FlowEvent = DurableEvent | TokenDelta

#: Reads and writes one durable event, told apart by `type`.
durable_event: TypeAdapter[DurableEvent] = TypeAdapter(Annotated[DurableEvent, Field(discriminator="type")])


class LoggedEvent(BaseModel):
    """A durable event as stored and sent: numbered and dated."""

    session_id: str
    seq: int
    at: dt.datetime
    event: Annotated[DurableEvent, Field(discriminator="type")]


class LiveTokens(BaseModel):
    """A `token` message to browsers: a coalesced delta with the epoch of the worker that sent it."""

    session_id: str
    step: str
    agent: str
    epoch: int
    attempt: int
    offset: int
    text: str
