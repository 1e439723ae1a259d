"""`run`: one task or template for a swarm, on a running dashboard or, with --local, in this process."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer
from pydantic import JsonValue

from cli.options import TOKEN, URL, as_bad_parameter, read_models
from common.errors import InvalidInput
from common.options import FlowOptions
from common.settings import load_settings
from common.states import Architecture


def run(
    task: Annotated[
        str | None, typer.Argument(help="What the swarm shall do; a template brings it.", show_default=False)
    ] = None,
    template: Annotated[
        str | None, typer.Option(help="Begin with a template: its name, or its id.", show_default=False)
    ] = None,
    var: Annotated[
        list[str] | None,
        typer.Option(metavar="KEY=VALUE", help="A variable of the template; once for each.", show_default=False),
    ] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, max=16, help="How many drones it has.", show_default="4")
    ] = None,
    arch: Annotated[
        Architecture | None,
        typer.Option(case_sensitive=False, help="How it is organised.", show_default="HIERARCHICAL"),
    ] = None,
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
    url: Annotated[str | None, URL] = None,
    token: Annotated[str | None, TOKEN] = None,
) -> None:
    """Let a swarm do a task or a template and wait for its answer; 0 when it completed, 1 when it failed or stopped."""
    settings = load_settings()
    folder = Path(os.path.abspath(project_folder)) if project_folder is not None else None  # noqa: PTH100 - keeps links
    if (task is None) == (template is None):
        raise typer.BadParameter("Give either a task, in quotation marks, or --template.")
    variables = _read_variables(var or [])
    if variables and template is None:
        raise typer.BadParameter("--var belongs to --template.")
    try:
        options = FlowOptions(models=read_models(models), commands=commands)
        if local:
            if task is None:
                raise typer.BadParameter("Templates are kept by a dashboard; --local has none.")
            from cli.local import run_local

            raise SystemExit(
                run_local(
                    settings,
                    task,
                    workers=workers or 4,
                    architecture=arch or Architecture.HIERARCHICAL,
                    model=model,
                    folder=folder,
                    options=options,
                )
            )
        from cli.remote import open_dashboard, run_remote

        chosen: dict[str, JsonValue] = {
            "task": task,
            "workers": workers,
            "architecture": arch and str(arch),
            "model": model,
            "project_folder": str(folder) if folder else None,
            "name": name,
            "options": options.model_dump(mode="json", exclude_defaults=True),
            "variables": dict(variables),
        }
        body = {key: value for key, value in chosen.items() if value}
        with open_dashboard(url, token) as dashboard:
            raise SystemExit(run_remote(dashboard, body, template=template))
    except InvalidInput as error:
        raise as_bad_parameter(error) from error


def _read_variables(pairs: list[str]) -> dict[str, str]:
    """Return the values of `KEY=VALUE` pairs. Raises BadParameter."""
    wrong = [pair for pair in pairs if "=" not in pair]
    if wrong:
        raise typer.BadParameter(f"--var takes KEY=VALUE; this is {wrong[0]!r}.")
    return dict(pair.split("=", 1) for pair in pairs)
