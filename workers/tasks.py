"""The one Celery task: a doorbell rings, a seat takes the session."""

from __future__ import annotations

from celery import Celery

from common.queue import RUN_SESSION
from workers.process import WorkerProcess


def register_tasks(app: Celery, process: WorkerProcess) -> None:
    """Give Celery the task, bound to this process."""

    @app.task(name=RUN_SESSION)
    def run_session(session_id: str) -> None:
        process.run_session(session_id)
