"""The start and the end of a worker process."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from types import FrameType

import structlog
from celery.signals import worker_shutting_down

from common.errors import SettingsError
from common.logging import set_up_logging
from common.queue import create_celery
from common.settings import Settings
from workers.process import WorkerProcess, make_name
from workers.tasks import register_tasks

log = structlog.get_logger(__name__)


def start(settings: Settings, *, seats: int | None = None, name: str | None = None) -> int:
    """Run a worker process until it is told to end; return its exit code.

    A first SIGTERM or SIGINT drains it, a second one ends it at once. Raises SettingsError without a broker.
    """
    if not settings.broker or not settings.redis_url:
        raise SettingsError("A worker needs Redis: set REDIS_URL, or start `ollama-flow up` on this host first.")
    if seats is not None:
        settings = settings.model_copy(update={"seats": seats})
    set_up_logging(settings, "worker")
    celery = create_celery(settings)
    alive_file = os.environ.get("OLLAMA_FLOW_ALIVE_FILE")
    process = WorkerProcess(settings, name=name or make_name(), alive_file=Path(alive_file) if alive_file else None)
    register_tasks(celery, process)

    def drain(**kwargs: object) -> None:
        process.drain()

    worker_shutting_down.connect(drain, weak=False)
    signal.signal(signal.SIGTERM, _leave)  # until Celery has a handler of its own, which drains
    process.start()
    try:
        log.info("worker process ready", worker=process.name, seats=settings.seats)
        worker = celery.Worker(
            hostname=f"{process.name}@ollama-flow",
            concurrency=settings.seats,
            pool="threads",
            without_mingle=True,
            without_gossip=True,
            loglevel=settings.log_level,
            task_events=True,
            quiet=True,
        )
        worker.start()
    finally:
        process.stop()
    return int(worker.exitcode or 0)


def _leave(number: int, frame: FrameType | None) -> None:
    raise SystemExit(0)
