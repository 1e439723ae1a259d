"""Whose sessions, and which of them, somebody may ask for."""

from __future__ import annotations

from sqlalchemy.orm import Session

from common.errors import NotFound
from common.models import User
from common.queries import accounts
from common.queries.sessions import SessionFilter
from web.api.inputs import FilterSessions

#: An owner that nobody is.
_NOBODY = ""


def read_filter(db: Session, user: User, query: FilterSessions) -> SessionFilter:
    """Return the filter that a query asks for, within what this person may see; its states are left out."""
    owner_id = None if user.is_admin else user.id
    if query.owner is not None:
        owner_id = _find_owner_id(db, user, query.owner)
    return SessionFilter(
        owner_id=owner_id,
        architecture=query.architecture,
        model=query.model,
        q=query.q,
        since=query.since,
        until=query.until,
    )


def _find_owner_id(db: Session, user: User, email: str) -> str:
    """Return whose sessions to list; a member finds nobody but themselves."""
    if email.strip().lower() == user.email:
        return user.id
    if not user.is_admin:
        return _NOBODY
    try:
        return accounts.find_user(db, email).id
    except NotFound:
        return _NOBODY
