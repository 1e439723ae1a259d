"""Brings the database to where every process may use it."""

from __future__ import annotations

from cli.terminal import tell
from common.settings import Settings


def prepare_database(settings: Settings) -> str | None:
    """Bring the tables up to date and make the first admin; return, and print, the one-time password made for them."""
    from common.database import Database
    from common.migrations import upgrade
    from common.queries.accounts import ensure_admin

    upgrade(settings.database)
    database = Database(settings.database)
    try:
        with database.write() as db:
            password = ensure_admin(db, settings)
    finally:
        database.dispose()
    if password:
        # At once, whatever comes after: it is kept nowhere else.
        tell(f"First sign-in: {settings.admin_email} with the one-time password {password}")
    return password
