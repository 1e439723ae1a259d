"""Brings the database to where every process may use it."""

from __future__ import annotations

from cli.terminal import tell
from common.errors import DatabaseUnavailable, FlowError
from common.settings import Settings


def prepare_database(settings: Settings) -> str | None:
    """Bring the tables up to date and make the first admin; return, and print, the first password made for them."""
    from sqlalchemy.engine import make_url

    from common.database import Database
    from common.migrations import upgrade
    from common.queries.accounts import ensure_admin

    database = Database(settings.database)
    try:
        upgrade(settings.database)
        with database.write() as db:
            password = ensure_admin(db, settings)
    except DatabaseUnavailable as error:
        where = make_url(settings.database).render_as_string(hide_password=True)
        raise FlowError(f"The database at {where}, which DATABASE_URL names, cannot be used: {error}") from error
    finally:
        database.dispose()
    if password:
        # At once, whatever comes after: it is kept nowhere else.
        tell(f"First sign-in: {settings.admin_email} with the first password {password}")
    return password
