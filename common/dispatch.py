"""The dispatcher and the reconciler: which sessions get a doorbell, and what happens to those left behind."""

from __future__ import annotations

import os
import socket
import threading

import structlog
from celery import Celery
from sqlalchemy.orm import Session

from common.bus import Bus
from common.clock import utc_now
from common.database import Database
from common.errors import DatabaseUnavailable, StorageFull
from common.events import LoggedEvent, Receipt
from common.history import QueueSample
from common.ids import new_id
from common.metrics import RESCUES
from common.models import FlowSession
from common.queries import claims, model_orders, queue, workers
from common.queries.revision import read_installation
from common.queries.sessions import end_session
from common.queue import ring_doorbell
from common.settings import Settings
from common.states import Desired, State

log = structlog.get_logger(__name__)


class Dispatcher:
    """Rings doorbells for free seats, in fair order, and returns what was left behind to the queue.

    Every process has one; the reconciling is done by the one that has the turn. No method here waits for Redis.
    """

    def __init__(
        self, settings: Settings, database: Database, bus: Bus, celery: Celery, *, leads: bool = False
    ) -> None:
        """Take the parts; the dashboard `leads`: its database is the one that counts."""
        self._settings = settings
        self._leads = leads
        self._installation: str | None = None
        self._database = database
        self._bus = bus
        self._celery = celery
        self._holder = f"{socket.gethostname()}:{os.getpid()}:{new_id()[-8:]}"
        self._wake = threading.Event()
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def alive_seconds(self) -> float:
        """How long a worker process counts as alive after it was last seen."""
        return self._settings.lease_seconds

    def start(self) -> None:
        """Start the background thread that rings and reconciles."""
        self._thread = threading.Thread(target=self._work, name="dispatcher", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the background thread."""
        self._ended.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join(timeout=5)

    def soon(self) -> None:
        """Ask for doorbells now rather than at the next turn: a session was queued, or a seat became free."""
        self._wake.set()

    def ring(self) -> list[str]:
        """Ring the doorbells that are due; return the ids of their sessions."""
        with self._database.write() as db:
            due = queue.take_doorbells(
                db, alive_seconds=self.alive_seconds, ring_again_seconds=self._settings.ring_again_seconds
            )
        for session_id in due:
            if not ring_doorbell(self._celery, session_id):
                log.warning("doorbell not rung, the broker does not answer", session=session_id)
                break
        return due

    def _tell_database(self) -> None:
        """Keep said, also in a Redis that was emptied, which database is worked on: other processes compare."""
        if self._installation is None:
            with self._database.read() as db:
                self._installation = read_installation(db)
            self._bus.tell_database(self._installation, anew=self._leads)
        self._bus.tell_database(self._installation)

    def reconcile(self) -> None:
        """Return expired leases to the queue and wake who waited for trouble to end, if it is this process's turn."""
        with self._database.write() as db:
            if not queue.take_turn(db, "reconcile", holder=self._holder, seconds=self._settings.reconcile_seconds * 3):
                return
        with self._database.write() as db:
            events = [event for session in queue.lock_expired(db) for event in self._rescue(db, session)]
            for session in queue.lock_wakeable(db, alive_seconds=self.alive_seconds):
                log.info("session woken", session=session.id, waited_for=session.waits_for)
                events += claims.give_up(db, session, State.QUEUED, reason=None)
            model_orders.reclaim_orders(db)
            workers.forget_lost_workers(db, lost_seconds=self.alive_seconds * 10)
            figures = queue.read_queue_figures(db, alive_seconds=self.alive_seconds)
        self._bus.publish_events(events)
        self._bus.keep_queue(
            QueueSample(at=utc_now(), queued=figures.queued, running=figures.running, seats=figures.seats)
        )

    def _rescue(self, db: Session, session: FlowSession) -> list[LoggedEvent]:
        RESCUES.inc()
        log.warning("lease expired", session=session.id, epoch=session.epoch, worker=session.worker)
        session.crashes += 1
        receipt = Receipt(steps_kept=session.steps_done)
        if session.desired == Desired.STOP:
            sentence = "Stopped; its worker process was gone."
            return end_session(db, session, State.STOPPED, reason=sentence, receipt=receipt)
        if session.desired == Desired.PAUSE:
            sentence = "Paused; its worker process was gone."
            return claims.give_up(db, session, State.PAUSED, reason=sentence, receipt=receipt)
        if session.crashes >= self._settings.crash_limit:
            sentence = f"Its worker process died {session.crashes} times in a row without a new step."
            return end_session(db, session, State.FAILED, error=sentence)
        return claims.give_up(db, session, State.QUEUED, reason="Its worker process was lost; it goes on elsewhere.")

    def _work(self) -> None:
        while not self._ended.is_set():
            self._wake.clear()
            try:
                self._tell_database()
                self.reconcile()
                self.ring()
            except (DatabaseUnavailable, StorageFull) as error:
                log.warning("the dispatcher waits for the database", error=str(error))
            except Exception:  # the edge of this thread: it must outlive whatever goes wrong in one turn
                log.exception("the dispatcher's turn failed")
            self._wake.wait(self._settings.reconcile_seconds)
