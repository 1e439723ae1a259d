"""Commands that are one process each: web, worker, migrate and model-server."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from cli.database import prepare_database
from cli.options import HOST, PORT, given
from cli.probe import check_listening
from cli.run_file import keep_secret, prepare_home
from cli.terminal import tell
from common.errors import FlowError
from common.settings import Settings, load_settings


def web(host: Annotated[str | None, HOST] = None, port: Annotated[int | None, PORT] = None) -> None:
    """Run the dashboard alone; it needs a database that `migrate` prepared, a Redis and worker processes elsewhere."""
    settings = load_settings(**given(host=host, port=port))
    prepare_home(settings)
    check_listening(settings.host, settings.port)
    environment = {**os.environ, "OLLAMA_FLOW_HOST": settings.host, "OLLAMA_FLOW_PORT": str(settings.port)}
    environment["OLLAMA_FLOW_SECRET_KEY"] = settings.secret_key or keep_secret(settings.run_file, "secret_key")
    address = f"[{settings.host}]" if ":" in settings.host else settings.host
    words = ["-P", "-m", "cli.gunicorn", f"{address}:{settings.port}", settings.log_level]
    # A fresh interpreter: gevent has to patch it before anything of ours is imported.
    os.execve(sys.executable, [sys.executable, *words], environment)  # noqa: S606 - no shell is wanted


def worker(
    seats: Annotated[
        int | None, typer.Option(min=1, max=500, help="Sessions at a time; else OLLAMA_FLOW_SEATS.", show_default=False)
    ] = None,
    name: Annotated[
        str | None, typer.Option(help="The name it is listed by; else made up.", show_default=False)
    ] = None,
    drain: Annotated[
        bool,
        typer.Option(
            "--drain", help="End this host's running worker processes, or the one of --name; their sessions go on."
        ),
    ] = False,
) -> None:
    """Run a worker process; start as many as you like, on any host that reaches the database and Redis."""
    settings = load_settings(**given(seats=seats))
    prepare_home(settings)
    if drain:
        from cli.drain import drain_workers

        raise SystemExit(drain_workers(settings, name))
    need_redis(settings)
    from workers.app import start

    raise SystemExit(start(settings, seats=seats or settings.seats, name=name))


def migrate() -> None:
    """Bring the database's tables up to date, and make the first admin where nobody may sign in yet."""
    settings = load_settings()
    prepare_home(settings)
    prepare_database(settings)
    from common.migrations import HEAD

    tell(f"The database is at revision {HEAD}.")


def model_server(
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="The port.")] = 11434,
) -> None:
    """Run the embedded Ollama-compatible server on a tiny model."""
    settings = load_settings()
    check_listening(host, port)
    from common.logging import set_up_logging
    from workers.model_server import serve

    set_up_logging(settings, "model-server")
    serve(host=host, port=port)


def need_redis(settings: Settings) -> None:
    """Raise FlowError where nothing names a Redis."""
    if not settings.broker:
        raise FlowError("No Redis is known: set REDIS_URL, or start `ollama-flow up`, which brings one.")
