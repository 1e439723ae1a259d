"""Options that several commands share."""

from __future__ import annotations

from typing import Any

import typer

HOST = typer.Option("--host", help="The address to listen on; HOST, else 127.0.0.1.", show_default=False)
PORT = typer.Option("--port", min=1, max=65535, help="The port; PORT, else 5000.", show_default=False)


def given(**options: Any) -> dict[str, Any]:
    """Return the options that were given on the command line; they win over the environment."""
    return {name: value for name, value in options.items() if value is not None}
