"""The states of a session, the moves between them, and what may be wanted of one."""

from __future__ import annotations

import enum

from common.errors import ForbiddenMove


class State(enum.StrEnum):
    """Where a session is."""

    QUEUED = "queued"
    RUNNING = "running"
    PAUSED = "paused"
    COMPLETED = "completed"
    FAILED = "failed"
    STOPPED = "stopped"

    @property
    def is_final(self) -> bool:
        """Final states are never rewritten."""
        return not MOVES[self]


class Desired(enum.StrEnum):
    """What people want of a session; the worker works towards it."""

    RUN = "run"
    PAUSE = "pause"
    STOP = "stop"


class WaitsFor(enum.StrEnum):
    """What a paused session waits for that nobody wants paused: it goes on by itself once that is there again."""

    MODEL_SERVER = "model_server"
    DISK = "disk"


#: Every allowed move. Claiming is queued → running; drain and rescue are running → queued.
MOVES: dict[State, frozenset[State]] = {
    State.QUEUED: frozenset({State.RUNNING, State.PAUSED, State.STOPPED, State.FAILED}),
    State.RUNNING: frozenset({State.QUEUED, State.PAUSED, State.COMPLETED, State.FAILED, State.STOPPED}),
    State.PAUSED: frozenset({State.QUEUED, State.STOPPED}),
    State.COMPLETED: frozenset(),
    State.FAILED: frozenset(),
    State.STOPPED: frozenset(),
}

FINAL_STATES = frozenset(state for state in State if not MOVES[state])
ACTIVE_STATES = frozenset(State) - FINAL_STATES


def check_move(present: State, target: State) -> None:
    """Raise ForbiddenMove unless a session may go from `present` to `target`."""
    if target not in MOVES[present]:
        raise ForbiddenMove(f"This session is {present}; it cannot become {target}.")


class Architecture(enum.StrEnum):
    """How a swarm is organised."""

    HIERARCHICAL = "HIERARCHICAL"
    CENTRALIZED = "CENTRALIZED"
    FULLY_CONNECTED = "FULLY_CONNECTED"


class OrderState(enum.StrEnum):
    """Where a model order is."""

    QUEUED = "queued"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"
