"""The sessions that have not ended: a small part of a long table, and the index that knows them."""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, literal_column

from common.models import FlowSession
from common.states import ACTIVE_STATES, State


def is_active(*states: State) -> ColumnElement[bool]:
    """Return the condition that a session has not ended, and is in one of `states` where some are named.

    It holds the index's own condition word by word, without parameters: by nothing else SQLite sees that the index will
    do, and would read the whole table instead.
    """
    condition = FlowSession.state.in_([literal_column(f"'{state}'") for state in sorted(ACTIVE_STATES)])
    return and_(condition, FlowSession.state.in_(states)) if states else condition
