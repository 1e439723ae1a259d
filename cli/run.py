"""`run`: one task for a swarm, on a running dashboard or, with --local, in this process."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer
from pydantic import JsonValue

from cli.options import read_models
from common.errors import InvalidInput
from common.options import FlowOptions
from common.settings import load_settings
from common.states import Architecture


def run(
    task: Annotated[str, typer.Argument(help="What the swarm shall do.")],
    workers: Annotated[int, typer.Option(min=1, max=16, help="How many drones it has.")] = 4,
    arch: Annotated[Architecture, typer.Option(case_sensitive=False, help="How it is organised.")] = (
        Architecture.HIERARCHICAL
    ),
    model: Annotated[str | None, typer.Option(help="The model; else the server's default.", show_default=False)] = None,
    models: Annotated[
        str | None,
        typer.Option(
            help="Models by role, e.g. developer=codellama:7b,queen=llama3; or auto: chosen from what the server has.",
            show_default=False,
        ),
    ] = None,
    project_folder: Annotated[
        Path | None,
        typer.Option(help="What the swarm sees, and where it writes its files.", show_default=False),
    ] = None,
    name: Annotated[
        str | None, typer.Option(help="The session's name; else from the task.", show_default=False)
    ] = None,
    commands: Annotated[
        bool, typer.Option("--commands", help="Let its drones run commands, in bubblewrap; the server has to allow it.")
    ] = False,
    local: Annotated[
        bool, typer.Option("--local", help="Run the framework in this process: no dashboard, no database, no Redis.")
    ] = False,
    url: Annotated[
        str | None,
        typer.Option(envvar="OLLAMA_FLOW_URL", help="The dashboard; else the one on this machine.", show_default=False),
    ] = None,
    token: Annotated[
        str | None,
        typer.Option(envvar="OLLAMA_FLOW_TOKEN", help="Your API token; better in the variable.", show_default=False),
    ] = None,
) -> None:
    """Give a task to a swarm and wait for its answer; 0 when it completed, 1 when it failed or was stopped."""
    settings = load_settings()
    folder = Path(os.path.abspath(project_folder)) if project_folder is not None else None  # noqa: PTH100 - keeps links
    try:
        options = FlowOptions(models=read_models(models), commands=commands)
        if local:
            from cli.local import run_local

            raise SystemExit(
                run_local(
                    settings, task, workers=workers, architecture=arch, model=model, folder=folder, options=options
                )
            )
        from cli.remote import open_dashboard, run_remote

        body: dict[str, JsonValue] = {"task": task, "workers": workers, "architecture": str(arch)}
        chosen = {"model": model, "project_folder": str(folder) if folder else None, "name": name}
        body |= {key: value for key, value in chosen.items() if value}
        if given := options.model_dump(mode="json", exclude_defaults=True):
            body["options"] = given
        with open_dashboard(url, token) as dashboard:
            raise SystemExit(run_remote(dashboard, body))
    except InvalidInput as error:
        said = [detail for detail in error.details if detail.message not in str(error)]
        details = "".join(f"\n  {detail.field}: {detail.message}" for detail in said)
        raise typer.BadParameter(f"{error}{details}") from error
