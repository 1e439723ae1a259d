"""`up`: everything on one machine. It uses what the environment names, brings the rest, and keeps it all running."""

from __future__ import annotations

import fcntl
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import typer

from cli.database import prepare_database
from cli.flower import fits_socket
from cli.options import HOST, PORT, given
from cli.probe import check_listening, fetch, free_port, local_url, ollama_version
from cli.readiness import Readiness, announce_when_ready
from cli.run_file import forget_addresses, keep_secret, prepare_home, update_run_file
from cli.supervisor import ChildSpec, Supervisor
from cli.terminal import tell
from cli.valkey import find_valkey, wait_for_valkey, write_valkey_settings
from common.errors import FlowError
from common.settings import Settings, load_settings, read_run_file

#: How long worker processes drain when a person at the terminal waits for the end.
_DRAIN_SECONDS = 5.0
#: How long the other children wait for the dashboard at most.
_PAGE_SECONDS = 5.0
#: When each stage of the end is over, in seconds since it began; all of it takes less than 10.
_FLOWER_BY, _WORKERS_BY, _WEB_BY, _MODEL_BY, _VALKEY_BY = 4.0, 5.7, 8.9, 9.3, 9.7
#: Flower, which nobody waits for, comes when all the rest has, or after so long.
_FLOWER_AFTER = 30.0


def up(
    host: Annotated[str | None, HOST] = None,
    port: Annotated[int | None, PORT] = None,
    flower: Annotated[bool, typer.Option(help="Run Flower, which shows admins what Celery does.")] = True,
) -> None:
    """Start everything on this machine: dashboard, workers and whatever the environment does not name."""
    # An old file of a run that was killed would name servers that are gone.
    settings = load_settings(use_run_file=False, **given(host=host, port=port))
    if settings.prompts is not None:  # else each worker process would say so in its log, again and again
        from workers.prompts import read_prompts

        read_prompts(settings)
    prepare_home(settings)
    with _only_one(settings):
        check_listening(settings.host, settings.port)
        raise SystemExit(_run(settings, with_flower=flower))


def _run(settings: Settings, *, with_flower: bool) -> int:
    supervisor = Supervisor(log_folder=settings.home / "logs", tell=tell)
    supervisor.handle_signals()
    ended = threading.Event()
    try:
        environment = {**os.environ, "OLLAMA_FLOW_HOME": str(settings.home)}
        environment |= {"OLLAMA_FLOW_HOST": settings.host, "OLLAMA_FLOW_PORT": str(settings.port)}
        environment["OLLAMA_FLOW_SECRET_KEY"] = settings.secret_key or keep_secret(settings.run_file, "secret_key")
        environment["OLLAMA_FLOW_REDIS_URL"] = settings.redis_url or _start_valkey(settings, supervisor)
        password = prepare_database(settings)
        supervisor.start(own_child("web", ["web"], environment, stage=2, stop_by_seconds=_WEB_BY))
        _wait_for_page(settings)
        environment["OLLAMA_FLOW_OLLAMA_HOST"], model_server, embedded = _find_model_server(
            settings, supervisor, environment
        )
        update_run_file(
            settings.run_file,
            {
                "redis_url": environment["OLLAMA_FLOW_REDIS_URL"],
                "ollama_host": environment["OLLAMA_FLOW_OLLAMA_HOST"],
                "url": local_url(settings.host, settings.port),
                "pid": str(os.getpid()),
                "embedded_model": "true" if embedded else "",
            },
        )
        workers = [_worker(settings, number, environment) for number in range(1, settings.worker_processes + 1)]
        for worker in workers:
            supervisor.start(worker)
        readiness = Readiness(
            url=local_url(settings.host, settings.port),
            ollama_host=environment["OLLAMA_FLOW_OLLAMA_HOST"],
            alive_files={worker.name: worker.alive_file for worker in workers if worker.alive_file},
            facts=_describe(settings, environment, model_server, password),
            log_folder=supervisor.log_folder,
        )
        announcer = threading.Thread(target=announce_when_ready, args=(readiness, ended), daemon=True)
        announcer.start()
        if with_flower and not settings.flower_url:
            _start_flower(settings, supervisor, environment, announcer)
        return supervisor.run()
    finally:
        ended.set()
        supervisor.kill()
        forget_addresses(settings.run_file)


@contextmanager
def _only_one(settings: Settings) -> Iterator[None]:
    """Hold the data folder for this `up` alone; the kernel lets go of it however we end."""
    with (settings.home / "up.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            url = read_run_file(settings.run_file).get("url")
            at = f", at {url}" if url else ""
            raise FlowError(
                f"ollama-flow already runs on the data folder {settings.home}{at}. "
                "End it first, or name another folder by OLLAMA_FLOW_HOME and another port with --port."
            ) from None
        yield


# --- what it brings ------------------------------------------------------------------------------------------------


def own_child(
    name: str,
    words: list[str],
    environment: Mapping[str, str],
    *,
    stage: int,
    stop_by_seconds: float,
    alive_file: Path | None = None,
    after: Callable[[], bool] | None = None,
    is_needed: bool = True,
) -> ChildSpec:
    """Describe a child that is a command of ours. `-P`: a folder named like ours, where we were called, is not it."""
    return ChildSpec(
        name=name,
        command=[sys.executable, "-P", "-m", "cli", *words],
        environment=environment,
        stage=stage,
        stop_by_seconds=stop_by_seconds,
        alive_file=alive_file,
        after=after,
        is_needed=is_needed,
    )


def _wait_for_page(settings: Settings) -> None:
    """Let the dashboard come first, because people wait for it; the others would take its processor time."""
    deadline = time.monotonic() + _PAGE_SECONDS
    while fetch(f"{local_url(settings.host, settings.port)}/healthz", timeout_seconds=0.5) is None:
        if time.monotonic() > deadline:
            return
        time.sleep(0.05)


def _worker(settings: Settings, number: int, environment: Mapping[str, str]) -> ChildSpec:
    name = f"worker-{number}"
    folder = settings.home / "run"
    folder.mkdir(mode=0o700, exist_ok=True)
    alive_file = folder / f"{name}.alive"
    drain = settings.drain_seconds if "drain_seconds" in settings.model_fields_set else _DRAIN_SECONDS
    own = {"OLLAMA_FLOW_ALIVE_FILE": str(alive_file), "OLLAMA_FLOW_DRAIN_SECONDS": str(drain)}
    return own_child(
        name,
        ["worker"],
        {**environment, **own},
        stage=3,
        stop_by_seconds=_WORKERS_BY + drain - _DRAIN_SECONDS,
        alive_file=alive_file,
    )


def _start_flower(
    settings: Settings, supervisor: Supervisor, environment: Mapping[str, str], announcer: threading.Thread
) -> None:
    """Start Flower last: nobody waits for it, and nothing needs it."""
    if not fits_socket(settings):
        tell(f"Flower is left out: the path of the data folder {settings.home} is too long for its socket.")
        return
    patience_ends = time.monotonic() + _FLOWER_AFTER
    supervisor.start(
        own_child(
            "flower",
            ["flower"],
            environment,
            stage=3,
            stop_by_seconds=_FLOWER_BY,
            after=lambda: not announcer.is_alive() or time.monotonic() > patience_ends,
            is_needed=False,
        )
    )


def _start_valkey(settings: Settings, supervisor: Supervisor) -> str:
    """Start the private Valkey and return its URL; port and password stay the same over restarts where they can."""
    binary = find_valkey()
    password = keep_secret(settings.run_file, "redis_password")
    port = free_port(_known_port(settings, "redis_port"))
    update_run_file(settings.run_file, {"redis_port": str(port)})
    config = write_valkey_settings(settings.home / "valkey", port=port, password=password)
    supervisor.start(
        ChildSpec(
            name="valkey",
            command=[str(binary), str(config)],
            environment=dict(os.environ),
            stage=0,
            stop_by_seconds=_VALKEY_BY,
        )
    )
    if not wait_for_valkey(port=port, password=password, seconds=10):
        raise FlowError(f"The private Valkey does not answer; see {supervisor.log_folder / 'valkey.log'}.")
    return f"redis://:{password}@127.0.0.1:{port}/0"


def _known_port(settings: Settings, key: str) -> int | None:
    known = read_run_file(settings.run_file).get(key, "")
    return int(known) if known.isdecimal() else None


def _find_model_server(
    settings: Settings, supervisor: Supervisor, environment: Mapping[str, str]
) -> tuple[str, str, bool]:
    """Return the model server's address, what to say of it, and whether it is ours, which is then started."""
    version = ollama_version(settings.ollama_host)
    if version is not None:
        return settings.ollama_host, f"Ollama {version} at {settings.ollama_host}", False
    port = free_port(_known_port(settings, "model_port"))
    update_run_file(settings.run_file, {"model_port": str(port)})
    words = ["model-server", "--host", "127.0.0.1", "--port", str(port)]
    supervisor.start(own_child("model-server", words, environment, stage=1, stop_by_seconds=_MODEL_BY))
    sentence = (
        f"embedded SmolLM2 135M, because no Ollama answers at {settings.ollama_host}: a tiny model that shows the "
        "machinery; install Ollama and set OLLAMA_HOST for real work"
    )
    return f"http://127.0.0.1:{port}", sentence, True


def _describe(
    settings: Settings, environment: Mapping[str, str], model_server: str, password: str | None
) -> dict[str, str]:
    """Return what people should know about this run, a phrase for each subject."""
    redis = urlsplit(environment["OLLAMA_FLOW_REDIS_URL"])
    database = urlsplit(settings.database)
    seats = settings.seats * settings.worker_processes
    return {
        "Sign in": f"{settings.admin_email} with the first password {password}"
        if password
        else "with your email address and password",
        "Redis": f"at {redis.hostname}:{redis.port or 6379}, from REDIS_URL"
        if settings.redis_url
        else f"a private Valkey on 127.0.0.1:{redis.port}",
        "Database": f"PostgreSQL at {database.hostname}"
        if database.scheme.startswith("postgresql")
        else f"SQLite, {database.path[1:]}",
        "Model server": model_server,
        "Workers": f"{settings.worker_processes} worker process{'es' if settings.worker_processes > 1 else ''}, "
        f"{seats} session{'s' if seats > 1 else ''} at a time",
        "Data and logs": str(settings.home),
    }
