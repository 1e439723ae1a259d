"""`ollama-flow`: puts the commands together and turns our errors into sentences."""

from __future__ import annotations

import sys

import typer

from cli import accounts, run, serve, sessions
from cli.flower import flower
from cli.templates import templates
from cli.terminal import complain, tell
from cli.up import up
from common.errors import FlowError, SettingsError

app = typer.Typer(
    name="ollama-flow",
    help="A dashboard and job queue for swarms of local LLM agents.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.command()(up)
app.command("dashboard", help="The same as up.")(up)
app.command()(serve.web)
app.command()(serve.worker)
app.command()(serve.migrate)
app.command("model-server")(serve.model_server)
app.command()(flower)
app.command()(run.run)
app.add_typer(sessions.sessions, name="sessions")
app.add_typer(accounts.tokens, name="tokens")
app.add_typer(accounts.users, name="users")
app.add_typer(templates, name="templates")


@app.command()
def version() -> None:
    """Print the version."""
    from importlib.metadata import version as find_version

    tell(find_version("ollama-flow"))


def main() -> None:
    """Run the command line; an error of ours is one sentence on standard error, 2 for settings, 1 for the rest."""
    try:
        app()
    except FlowError as error:
        complain(str(error))
        sys.exit(2 if isinstance(error, SettingsError) else 1)
