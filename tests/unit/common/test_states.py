from __future__ import annotations

import pytest

from common.errors import ForbiddenMove
from common.states import ACTIVE_STATES, FINAL_STATES, MOVES, State, check_move


def test_final_states_have_no_way_out() -> None:
    assert {State.COMPLETED, State.FAILED, State.STOPPED} == FINAL_STATES
    assert {State.QUEUED, State.RUNNING, State.PAUSED} == ACTIVE_STATES
    assert all(state.is_final == (state in FINAL_STATES) for state in State)


@pytest.mark.parametrize("present", State)
@pytest.mark.parametrize("target", State)
def test_a_move_that_no_table_names_is_forbidden(present: State, target: State) -> None:
    if target in MOVES[present]:
        check_move(present, target)
    else:
        with pytest.raises(ForbiddenMove, match=f"is {present}; it cannot become {target}"):
            check_move(present, target)
