"""The record of a worker process in the database: made at its start, renewed while it lives, removed at its end."""

from __future__ import annotations

import os
import socket
import threading
from importlib.metadata import version

from common.database import Database
from common.models import Worker
from common.queries import workers
from common.settings import Settings


class WorkerRecord:
    """One process's record; its methods block, and may be called by any thread.

    Each raises DatabaseUnavailable, and StorageFull.
    """

    def __init__(self, settings: Settings, database: Database, name: str) -> None:
        self._seats = settings.seats
        self._database = database
        self._name = name
        self._is_removed = False
        #: Held while it is written: a renewal that is under way must not bring back what was removed meanwhile.
        self._lock = threading.Lock()

    def register(self, *, draining: bool, model_server_up: bool) -> None:
        """Make the record."""
        worker = Worker(
            name=self._name,
            host=socket.gethostname(),
            pid=os.getpid(),
            version=version("ollama-flow"),
            seats=self._seats,
            draining=draining,
            model_server_up=model_server_up,
        )
        with self._database.write() as db:
            workers.register_worker(db, worker)

    def renew(self, *, draining: bool, model_server_up: bool) -> bool:
        """Say that the process lives; return whether it is asked to drain. A record that was lost is made again."""
        with self._lock:
            if self._is_removed:
                return False
            with self._database.write() as db:
                is_unwanted = workers.touch_worker(db, self._name, draining=draining, model_server_up=model_server_up)
            if is_unwanted is None:
                self.register(draining=draining, model_server_up=model_server_up)
            return bool(is_unwanted)

    def remove(self) -> None:
        """Remove the record for good."""
        with self._lock:
            self._is_removed = True
            with self._database.write() as db:
                workers.forget_worker(db, self._name)
