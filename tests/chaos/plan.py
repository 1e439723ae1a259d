"""The plan of a storm: which faults hit whom, when and for how long, all of it decided by the seed."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Literal, get_args

from tests.chaos.faults import LINE_FAULTS, LOST_COMMITS, Chaos
from tests.chaos.system import Part, Slot, find_faketime

#: What hits processes, servers and what is in Redis.
Blow = Literal[
    "kill worker",
    "freeze worker",
    "skew clock",
    "deploy",
    "kill web",
    "kill child",
    "kill valkey",
    "kill model",
    "restart postgresql",
    "flush",
    "ring many times",
    "drop doorbells",
]
#: Whose line to what is disturbed.
Line = tuple[Literal["worker", "web", "browser"], Part | Literal["web"]]

_LINES: tuple[Line, ...] = (
    ("worker", "database"),
    ("worker", "redis"),
    ("worker", "model"),
    ("web", "database"),
    ("web", "redis"),
    ("browser", "web"),
)
_CLOCKS = (-3600, 3600)


@dataclass(frozen=True, kw_only=True)
class Planned:
    """One fault of a storm."""

    #: A blow, or a line and what happens to it.
    what: Blow | tuple[Line, str]
    #: How long the storm waits before it.
    pause_seconds: float
    #: How long it lasts, where that is not in its nature.
    seconds: float
    #: Which worker process it hits, where it hits one.
    worker: int
    #: By how much a clock is wrong.
    skew_seconds: int

    @property
    def name(self) -> str:
        """What it is called."""
        if isinstance(self.what, str):
            return self.what
        (whose, part), how = self.what
        return f"{whose} to {part}: {how.replace('_', ' ')}"

    def victims(self, workers: int) -> set[str]:
        """Return what it needs for itself while it lasts; others may go on beside it."""
        one, everyone = {f"worker-{self.worker}"}, {f"worker-{number}" for number in range(workers)}
        if isinstance(self.what, tuple):
            (whose, _), _ = self.what
            return one if whose == "worker" else {whose}
        match self.what:
            case "kill worker" | "freeze worker" | "skew clock":
                return one
            case "deploy":
                return everyone
            case "kill web" | "kill child":
                return {"web"}
            case "kill model":
                return {"model"}
            case "restart postgresql":
                return {"database"}
            case "kill valkey" | "flush" | "ring many times" | "drop doorbells":
                return {"redis"}

    def perform(self, chaos: Chaos) -> None:
        """Do it, and return when it is over."""
        slot = chaos.system.workers[self.worker]
        if isinstance(self.what, tuple):
            self._disturb(chaos, slot, *self.what)
            return
        match self.what:
            case "kill worker":
                chaos.kill_worker(slot)
            case "freeze worker":
                chaos.freeze_worker(slot)
            case "skew clock":
                chaos.skew_clock(slot, self.skew_seconds)
            case "deploy":
                chaos.deploy()
            case "kill web":
                chaos.kill_web()
            case "kill child":
                chaos.kill_child()
            case "kill valkey":
                chaos.kill_valkey(self.seconds)
            case "kill model":
                chaos.kill_model(self.seconds)
            case "restart postgresql":
                chaos.restart_postgresql(self.seconds)
            case "flush":
                chaos.flush()
            case "ring many times":
                chaos.ring_many_times()
            case "drop doorbells":
                chaos.drop_doorbells()

    def _disturb(self, chaos: Chaos, worker: Slot, line: Line, how: str) -> None:
        whose, part = line
        if part == "web":
            chaos.disturb_browsers(how, self.seconds)
        else:
            chaos.disturb_slot(worker if whose == "worker" else chaos.system.web, part, how, self.seconds)


def plan_storm(seed: int, count: int, *, workers: int, has_postgresql: bool) -> list[Planned]:
    """Return the faults of a storm, the same for the same arguments on the same machine.

    They come in rounds: every blow once, and as many faults of lines, all mixed.
    """
    chance = random.Random(seed)  # noqa: S311 - a storm that can be repeated is the point
    blows: list[Blow] = [blow for blow in get_args(Blow) if has_postgresql or blow != "restart postgresql"]
    if not has_postgresql or find_faketime() is None:  # SQLite has the clock of whoever asks
        blows.remove("skew clock")
    lines = [(line, how) for line in _LINES if has_postgresql or "database" not in line for how in LINE_FAULTS]
    if has_postgresql:
        lines.append((("worker", "database"), LOST_COMMITS))
    chosen: list[Blow | tuple[Line, str]] = []
    while len(chosen) < count:
        together = [*blows, *chance.sample(lines, min(len(blows), len(lines)))]
        chance.shuffle(together)
        chosen += together
    return [
        Planned(
            what=what,
            pause_seconds=round(chance.uniform(0.2, 1.5), 2),
            seconds=round(chance.uniform(0.2, 2.5), 2),
            worker=chance.randrange(workers),
            skew_seconds=chance.choice(_CLOCKS),
        )
        for what in chosen[:count]
    ]
