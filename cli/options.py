"""Options that several commands share."""

from __future__ import annotations

from typing import Any, Literal

import typer
from pydantic import ValidationError

from common.errors import InvalidInput
from common.options import FlowOptions

HOST = typer.Option("--host", help="The address to listen on; HOST, else 127.0.0.1.", show_default=False)
PORT = typer.Option("--port", min=1, max=65535, help="The port; PORT, else 5000.", show_default=False)
URL = typer.Option(
    "--url", envvar="OLLAMA_FLOW_URL", help="The dashboard; else the one on this machine.", show_default=False
)
TOKEN = typer.Option(
    "--token", envvar="OLLAMA_FLOW_TOKEN", help="Your API token; better in the variable.", show_default=False
)


def given(**options: Any) -> dict[str, Any]:
    """Return the options that were given on the command line; they win over the environment."""
    return {name: value for name, value in options.items() if value is not None}


def read_models(text: str | None) -> Literal["auto"] | dict[str, str] | None:
    """Return what `--models` says: `auto`, or pairs of role and model; raises InvalidInput."""
    if text is None or text == "auto":
        return text  # type: ignore[return-value]  # mypy does not narrow a str to a literal
    pairs = [pair.partition("=") for pair in text.split(",") if pair.strip()]
    if not pairs or not all(sign for _, sign, _ in pairs):
        raise InvalidInput(f"--models takes auto, or role=model pairs with commas between them; not {text!r}.")
    named = {role.strip().lower().replace("-", "_"): name.strip() for role, _, name in pairs}
    try:
        FlowOptions(models=named)
    except ValidationError as error:
        sentence = error.errors(include_url=False)[0]["msg"].removeprefix("Value error, ")
        raise InvalidInput(f"--models: {sentence}") from error
    return named


def as_bad_parameter(error: InvalidInput) -> typer.BadParameter:
    """Turn what a dashboard refused into a complaint that names each field at fault."""
    said = [detail for detail in error.details if detail.message not in str(error)]
    details = "".join(f"\n  {detail.field}: {detail.message}" for detail in said)
    return typer.BadParameter(f"{error}{details}")
