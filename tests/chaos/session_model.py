"""What sessions and worker processes have to be like, in plain Python: the other opinion beside the database's."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from common.states import Desired, State, WaitsFor


@dataclass(eq=False)
class Process:
    """A worker process as the queue sees it."""

    name: str
    seats: int
    model_server_up: bool = False
    draining: bool = False
    is_lost: bool = False
    is_forgotten: bool = False

    @property
    def offers_seats(self) -> bool:
        """Whether its seats count."""
        return not (self.is_lost or self.is_forgotten or self.draining)


@dataclass(eq=False)
class Claim:
    """One claim of a session, as the worker process remembers it that made it."""

    session_id: str
    epoch: int
    worker: str
    #: The number of its last write, and of the last one that was committed.
    number: int = 0
    written: int = 0
    #: Whether the worker process was lost, so that nobody renews it or writes under it.
    is_dead: bool = False


@dataclass(eq=False)
class Life:
    """One session."""

    id: str
    owner_id: str
    #: Among all sessions, by age.
    age: int
    state: State = State.QUEUED
    desired: Desired = Desired.RUN
    epoch: int = 0
    #: The claim that owns it; None unless it is running.
    claim: Claim | None = None
    lease_is_over: bool = False
    is_ringing: bool = False
    was_rung: bool = False
    crashes: int = 0
    setbacks: int = 0
    waits_for: WaitsFor | None = None
    wake_is_due: bool = False
    receipt: dict[str, int] | None = None
    #: The keys of its steps, in the order of their commits.
    steps: list[str] = field(default_factory=list)
    #: Each move as the log has to tell it: status and epoch.
    moves: list[tuple[State, int]] = field(default_factory=lambda: [(State.QUEUED, 0)])
    last_seq: int = 1

    @property
    def is_final(self) -> bool:
        """Whether nothing may change any more."""
        return self.state in {State.COMPLETED, State.FAILED, State.STOPPED}

    @property
    def is_waking(self) -> bool:
        """Whether it goes on once its trouble is over."""
        return self.state is State.PAUSED and self.desired is Desired.RUN and self.waits_for is not None

    def take(self, worker: str) -> Claim:
        """Become running."""
        self.epoch += 1
        self.claim = Claim(self.id, self.epoch, worker)
        self.lease_is_over = False
        self._move(State.RUNNING)
        return self.claim

    def commit(self, key: str, *, told: int) -> None:
        """Take a step."""
        self.steps.append(key)
        self.last_seq += told
        self.crashes = self.setbacks = 0

    def want(self, desired: Desired) -> None:
        """Take what people want of a session that does not move by it."""
        if self.desired is not desired:
            self.desired = desired
            self.waits_for = None
            self.last_seq += 1

    def leave(self, state: State, *, receipt: dict[str, int] | None = None, waits_for: WaitsFor | None = None) -> None:
        """Leave a state for one in which nobody owns it."""
        self.claim = None
        self.waits_for = waits_for
        if waits_for is not None:
            self.setbacks += 1
            self.wake_is_due = False
        if receipt is not None:
            self.receipt = receipt
        self._move(state)

    def release(self, state: State, *, calls_cut: int, waits_for: WaitsFor | None = None) -> None:
        """Be given up by its worker process: what is wanted by now outranks what that had in mind."""
        receipt = self.make_receipt(calls_cut)
        if self.desired is Desired.STOP:
            self.leave(State.STOPPED, receipt=receipt)
        elif self.desired is Desired.PAUSE:
            self.leave(State.PAUSED, receipt=receipt)
        else:
            self.leave(state, receipt=receipt if state is State.PAUSED else None, waits_for=waits_for)

    def rescue(self, crash_limit: int) -> None:
        """Be found with a lease that is over."""
        self.crashes += 1
        if self.desired is Desired.STOP:
            self.leave(State.STOPPED, receipt=self.make_receipt())
        elif self.desired is Desired.PAUSE:
            self.leave(State.PAUSED, receipt=self.make_receipt())
        else:
            self.leave(State.FAILED if self.crashes >= crash_limit else State.QUEUED)

    def make_receipt(self, calls_cut: int = 0) -> dict[str, int]:
        """Return what a pause or a stop costs now."""
        return {"steps_kept": len(self.steps), "calls_cut": calls_cut, "streams_closed": calls_cut}

    def _move(self, state: State) -> None:
        self.state = state
        self.is_ringing = self.was_rung = False
        self.moves.append((state, self.epoch))
        self.last_seq += 1

    def to_row(self) -> dict[str, Any]:
        """Return what the database has to say of it."""
        return {
            "state": self.state,
            "desired": self.desired,
            "epoch": self.epoch,
            "has_lease": self.state is State.RUNNING,
            "lease_is_over": self.state is State.RUNNING and self.lease_is_over,
            "was_rung": self.was_rung,
            "crashes": self.crashes,
            "setbacks": self.setbacks,
            "waits_for": self.waits_for,
            "has_ended": self.is_final,
            "receipt": self.receipt,
            "steps_done": len(self.steps),
            "calls": len(self.steps),
            "last_seq": self.last_seq,
        }


def order_queue(lives: list[Life]) -> list[Life]:
    """Return the queue in fair order: rescued first, then whose owner has the fewest ahead of it, then by age."""
    running = [life.owner_id for life in lives if life.state is State.RUNNING]
    waiting = sorted(
        (life for life in lives if life.state is State.QUEUED), key=lambda life: (life.epoch == 0, life.age)
    )
    turns: dict[str, int] = {}
    ranked = []
    for life in sorted(waiting, key=lambda life: (life.epoch == 0, life.age)):
        turns[life.owner_id] = turns.get(life.owner_id, 0) + 1
        ahead = running.count(life.owner_id) + turns[life.owner_id]
        ranked.append(((life.epoch == 0, ahead, life.age), life))
    return [life for _, life in sorted(ranked, key=lambda item: item[0])]
