"""`users` and `tokens`: accounts from the command line, straight in the database."""

from __future__ import annotations

import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from cli.run_file import prepare_home
from cli.terminal import complain, tell
from common.settings import load_settings

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

users = typer.Typer(help="People who may sign in.", no_args_is_help=True)
tokens = typer.Typer(help="Keys of programs that use the API.", no_args_is_help=True)

_EMAIL = typer.Option("--user", metavar="EMAIL", help="Whose token it is.")


@users.command("create")
def create_user(
    email: Annotated[str, typer.Argument(help="The email address.")],
    admin: Annotated[bool, typer.Option("--admin", help="May see and act on every session.")] = False,
    password_stdin: Annotated[bool, typer.Option("--password-stdin", help="Read it from standard input.")] = False,
) -> None:
    """Make an account; without --password-stdin it asks for a password, or prints one where nobody can be asked."""
    from common.queries import accounts

    made_up = None
    if password_stdin:
        password = sys.stdin.readline().rstrip("\n")
    elif sys.stdin.isatty():
        password = typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    else:
        password = made_up = secrets.token_urlsafe(12)
    with _transaction() as db:
        user = accounts.create_user(db, email, password, admin=admin)
    complain(f"Made the {'admin' if admin else 'account'} {user.email}.")
    if made_up is not None:
        tell(made_up)


@users.command("list")
def list_users() -> None:
    """List everybody: email address, admin or member, whether active."""
    from common.queries import accounts

    with _transaction(write=False) as db:
        for user in accounts.list_users(db):
            tell(
                "\t".join([user.email, "admin" if user.is_admin else "member", "active" if user.active else "inactive"])
            )


@tokens.command("create")
def create_token(
    user: Annotated[str, _EMAIL],
    name: Annotated[str, typer.Option(help="What it is for.")],
) -> None:
    """Make a token and print it alone; it cannot be shown again."""
    from common.queries import accounts

    with _transaction() as db:
        token = accounts.create_token(db, user, name)
    tell(token)


@tokens.command("list")
def list_tokens(user: Annotated[str | None, _EMAIL] = None) -> None:
    """List the tokens: id, owner, name, when made, when last used."""
    from common.clock import format_time
    from common.queries import accounts

    with _transaction(write=False) as db:
        for token in accounts.list_tokens(db, user):
            used = format_time(token.last_used_at) if token.last_used_at else "never used"
            tell("\t".join([token.id, token.user.email, token.name, format_time(token.created_at), used]))


@tokens.command("revoke")
def revoke_token(token_id: Annotated[str, typer.Argument(metavar="ID", help="As `tokens list` shows it.")]) -> None:
    """Delete a token; it stops working at once."""
    from common.queries import accounts

    with _transaction() as db:
        accounts.revoke_token(db, token_id)
    complain("The token is revoked.")


@contextmanager
def _transaction(*, write: bool = True) -> Iterator[Session]:
    """Open a transaction on a database that is up to date."""
    settings = load_settings()
    prepare_home(settings)
    from common.database import Database
    from common.migrations import upgrade

    upgrade(settings.database)
    database = Database(settings.database)
    try:
        with database.write() if write else database.read() as db:
            yield db
    finally:
        database.dispose()
