"""`sessions`: find, delete and export sessions of a running dashboard."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from cli.options import TOKEN, URL, given
from cli.terminal import complain, tell

sessions = typer.Typer(help="Sessions of a running dashboard.", no_args_is_help=True)

_QUERY = typer.Argument(help="Words that the name, the task or the result holds.", show_default=False)
_STATUS = typer.Option("--status", help="Only these states, separated by commas.", show_default=False)


@sessions.command("list")
def list_sessions(
    query: Annotated[str | None, _QUERY] = None,
    status: Annotated[str | None, _STATUS] = None,
    limit: Annotated[int, typer.Option(min=1, max=200, help="So many ended ones at most.")] = 20,
    url: Annotated[str | None, URL] = None,
    token: Annotated[str | None, TOKEN] = None,
) -> None:
    """List or search sessions, the active ones first: id, state, time of the end, name."""
    from cli.remote import open_dashboard

    with open_dashboard(url, token) as dashboard:
        found = dashboard.list_sessions(given(q=query, status=status, limit=limit))
    for session in found:
        tell("\t".join([session.id, session.status, session.ended_at or "-", " ".join(session.name.split())]))


@sessions.command("delete")
def delete_sessions(
    ids: Annotated[list[str], typer.Argument(help="Ids of ended sessions.")],
    url: Annotated[str | None, URL] = None,
    token: Annotated[str | None, TOKEN] = None,
) -> None:
    """Delete ended sessions; 1 where one of them stays."""
    from cli.remote import open_dashboard

    with open_dashboard(url, token) as dashboard:
        stays = [result for result in dashboard.delete_sessions(ids) if not result.deleted]
    for result in stays:
        complain(f"{result.id}: {result.error}")
    if stays:
        sys.exit(1)


@sessions.command("export")
def export_sessions(
    output: Annotated[Path, typer.Argument(help="The file to write: a .zip with all, or .jsonl with a line for each.")],
    ids: Annotated[list[str] | None, typer.Option("--id", help="This session; may be named often.")] = None,
    query: Annotated[str | None, typer.Option("--query", help="Else the ended ones with these words.")] = None,
    status: Annotated[str | None, _STATUS] = None,
    url: Annotated[str | None, URL] = None,
    token: Annotated[str | None, TOKEN] = None,
) -> None:
    """Export sessions into a file."""
    from cli.remote import open_dashboard

    kind = output.suffix.lower().removeprefix(".")
    if kind not in {"zip", "jsonl"}:
        raise typer.BadParameter("The file's name ends in .zip or .jsonl.")
    asked = given(q=query, status=status, format=kind, ids=",".join(ids) if ids else None)
    with open_dashboard(url, token) as dashboard:
        dashboard.export_sessions(asked, output)
    complain(f"Wrote {output}.")
