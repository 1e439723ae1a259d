"""`run --local`: the framework as a library in this process; no dashboard, no database, no Redis."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Iterator
from contextlib import aclosing, contextmanager
from pathlib import Path

from cli.claims import show_claims
from cli.probe import free_port, ollama_version
from cli.progress import Progress
from cli.run_file import prepare_home
from cli.supervisor import Supervisor
from cli.terminal import complain, tell, without_commands
from cli.up import own_child
from common.errors import FlowError
from common.events import FlowEvent
from common.options import FlowOptions
from common.settings import Settings
from common.states import Architecture
from workers.flow import FlowResult, OllamaFlowFramework, OllamaModel, Sandbox, Workspace
from workers.prompts import read_prompts

#: How long the embedded server may take to load its model.
_SERVER_SECONDS = 60.0


def run_local(
    settings: Settings,
    task: str,
    *,
    workers: int,
    architecture: Architecture,
    model: str | None,
    folder: Path | None,
    options: FlowOptions,
) -> int:
    """Run the task here and print the answer; return the exit code."""
    if options.commands and folder is None:
        raise FlowError("Commands need a project folder: name one with --project-folder.")
    if folder is not None and not folder.is_dir():
        raise FlowError(f"There is no folder {folder}.")
    try:
        with _model_server(settings) as host:
            result = asyncio.run(_work(settings, host, task, workers, architecture, model, folder, options))
    except KeyboardInterrupt:
        complain("Stopped.")
        return 1
    tell(without_commands(result.answer))
    show_claims(result.claims)
    return 0


async def _work(
    settings: Settings,
    host: str,
    task: str,
    workers: int,
    architecture: Architecture,
    model: str | None,
    folder: Path | None,
    options: FlowOptions,
) -> FlowResult:
    with Progress() as progress:

        async def show(event: FlowEvent) -> None:
            progress.show(event)

        async with aclosing(OllamaModel(host, max_concurrent_calls=settings.model_calls)) as client:
            chosen = model or settings.default_model or await _first_model(client)
            framework = OllamaFlowFramework(
                client,
                chosen,
                workers=workers,
                architecture=architecture,
                workspace=Workspace(folder) if folder is not None else None,
                emit=show,
                options=options,
                # Whoever starts it here is who allows it here.
                sandbox=Sandbox() if options.commands else None,
                prompts=read_prompts(settings),
            )
            return await framework.run_task(task)


async def _first_model(client: OllamaModel) -> str:
    models = await client.list_models()
    if not models:
        raise FlowError(f"The model server at {client.url} has no model; pull one, e.g. `ollama pull llama3`.")
    return models[0].name


@contextmanager
def _model_server(settings: Settings) -> Iterator[str]:
    """Give the address of a model server: the one that is named, else an embedded one for the time of this run."""
    if ollama_version(settings.ollama_host) is not None:
        yield settings.ollama_host
        return
    complain(f"No Ollama answers at {settings.ollama_host}; starting the embedded SmolLM2 135M, a tiny model.")
    with embedded_model_server(settings) as host:
        yield host


@contextmanager
def embedded_model_server(settings: Settings) -> Iterator[str]:
    """Run an embedded model server and give its address."""
    prepare_home(settings)
    port = free_port()
    host = f"http://127.0.0.1:{port}"
    supervisor = Supervisor(log_folder=settings.home / "logs", tell=complain)
    words = ["model-server", "--host", "127.0.0.1", "--port", str(port)]
    try:
        supervisor.start(own_child("model-server-local", words, os.environ, stage=0, stop_by_seconds=2))
        deadline = time.monotonic() + _SERVER_SECONDS
        while ollama_version(host) is None:
            if time.monotonic() > deadline:
                raise FlowError(f"The embedded model server does not answer; see {supervisor.log_folder}.")
            time.sleep(0.1)
        yield host
    finally:
        supervisor.kill()
