"""The storm in its short form: many faults of all kinds, several at once, while sessions keep coming."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, get_args

import pytest

from tests.chaos.plan import Blow, plan_storm
from tests.chaos.storm import PACE, Storm
from tests.chaos.system import CHAOS, System


@pytest.mark.timeout(420)
@pytest.mark.parametrize(("kind", "sessions", "faults"), [("postgresql", 50, 24), ("sqlite", 12, 8)])
def test_a_storm_loses_nothing_repeats_nothing_and_leaves_no_gap(
    tmp_path: Path, kind: Literal["postgresql", "sqlite"], sessions: int, faults: int
) -> None:
    with System(tmp_path, kind, workers=2, seats=4, **PACE, **CHAOS) as system:
        outcome = Storm(system, seed=1, sessions=sessions, faults=faults, say=print).run()
    print(outcome)
    assert not outcome.breaches, "\n".join(outcome.breaches)
    figures = outcome.figures
    assert figures.completed == figures.sessions == sessions
    assert (figures.lost, figures.repeated, figures.gaps) == (0, 0, 0)
    assert figures.extra_calls <= figures.in_flight


def test_the_same_seed_brings_the_same_faults_and_all_kinds_of_them() -> None:
    one, same, other = (plan_storm(seed, 24, workers=2, has_postgresql=True) for seed in (7, 7, 8))
    assert one == same != other
    assert set(get_args(Blow)) - {"skew clock"} <= {planned.what for planned in one}
