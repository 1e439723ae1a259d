"""What can be done to a system. Each fault begins, lasts, and ends by itself; the oracle is told of all of it."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager

import redis

from common.errors import DatabaseUnavailable
from common.queries import queue
from common.queue import create_doorbell, ring_doorbell
from tests.chaos.oracle import Fault, Oracle
from tests.chaos.system import NotEnded, Part, Slot, System, find_faketime
from tests.support.line_proxy import LineProxy

LINE_FAULTS = ("cut", "delay", "half_open", "truncate")
#: What only a database's line knows: transactions are committed, and nobody hears of it.
LOST_COMMITS = "lose_commits"
#: How often a doorbell is delivered that is delivered too often.
MANY_TIMES = 50
#: Until a dead connection is noticed by a time-out, its session is given up, and another process has claimed it.
_NOTICE_SECONDS = 20.0


class Chaos:
    """Does things to a system and keeps a record of them."""

    def __init__(self, system: System, oracle: Oracle) -> None:
        self.system = system
        self.oracle = oracle

    @contextmanager
    def record(
        self, kind: str, *victims: Slot, tail_seconds: float = 1.0, delays_calls: bool = False
    ) -> Iterator[None]:
        """Tell the oracle of a fault from its begin to its end, and which worker processes' calls it may cost."""
        costs_calls_of = frozenset(slot.name for slot in victims)
        fault = Fault(
            kind=kind,
            began_at=time.time(),
            costs_calls_of=costs_calls_of,
            tail_seconds=tail_seconds,
            delays_calls=delays_calls,
        )
        self.oracle.faults.append(fault)
        try:
            yield
        finally:
            fault.ended_at = time.time()

    # --- processes and servers -----------------------------------------------------------------------------------

    def kill_worker(self, slot: Slot) -> None:
        """`kill -9` a worker process; the keeper starts another."""
        with self.record("kill -9 of a worker process", slot), slot.lock:
            slot.kill()

    def kill_web(self) -> None:
        """`kill -9` the web server with its child."""
        with self.record("kill -9 of the web process"), self.system.web.lock:
            self.system.web.kill()

    def kill_child(self) -> None:
        """`kill -9` the web server's child, which serves the browsers; the server itself starts another."""
        with self.record("kill -9 of the web server's child"), self.system.web.lock:
            for pid in self.system.web.pids()[:-1]:
                _kill(pid)

    def kill_valkey(self, seconds: float) -> None:
        """`kill -9` Valkey, and start it again, empty."""
        with self.record("kill -9 of valkey"):
            self.system.valkey.kill()
            time.sleep(seconds)
            self.system.valkey.start()

    def kill_model(self, seconds: float) -> None:
        """`kill -9` the model server, and start it again."""
        with self.record("kill -9 of the model server", *self.system.workers):
            self.system.model.kill()
            time.sleep(seconds)
            self.system.model.start()

    def restart_postgresql(self, seconds: float) -> None:
        """Restart PostgreSQL; who stays without it for most of a lease has to give its sessions up."""
        assert self.system.postgresql is not None
        with self.record("restart of PostgreSQL", *self.system.workers, tail_seconds=self._lease_tail):
            self.system.postgresql.stop()
            time.sleep(seconds)
            self.system.postgresql.start()

    def freeze_worker(self, slot: Slot) -> None:
        """SIGSTOP a worker process for longer than its leases last, then CONT."""
        with (
            self.record(
                "SIGSTOP of a worker process, then CONT", slot, tail_seconds=self._lease_tail, delays_calls=True
            ),
            slot.lock,
        ):
            slot.signal(signal.SIGSTOP)
            time.sleep(self.system.settings.lease_seconds * 1.5)
            slot.signal(signal.SIGCONT)

    def deploy(self) -> None:
        """Roll all worker processes over, one after the other; a drain costs nothing."""
        for slot in self.system.workers:
            with self.record("SIGTERM deploy of a worker process"):
                self._replace(slot)

    def skew_clock(self, slot: Slot, seconds: int) -> None:
        """Go on with a worker process whose clock is wrong, until the slot gets another one."""
        library = find_faketime()
        assert library is not None
        skewed = {"LD_PRELOAD": library, "FAKETIME": f"{seconds:+d}", "DONT_FAKE_MONOTONIC": "1"}
        with self.record("clock of a worker process an hour off"):
            self._replace(slot, **skewed)

    def _replace(self, slot: Slot, **environment: str) -> None:
        try:
            self.system.replace(slot, **environment)
        except NotEnded as error:
            self.oracle.report(str(error))

    # --- Redis and its doorbells ---------------------------------------------------------------------------------

    def flush(self) -> None:
        """FLUSHALL."""
        with self.record("FLUSHALL"), redis.Redis.from_url(self.system.valkey.url) as client:
            client.flushall()

    def ring_many_times(self) -> None:
        """Deliver the doorbell of every session 50 times, whatever state it is in."""
        app = create_doorbell(self.system.settings)
        with self.record(f"each doorbell {MANY_TIMES} times"):
            for session_id in self.oracle.session_ids[-20:]:
                for _ in range(MANY_TIMES):
                    ring_doorbell(app, session_id)
        app.close()

    def drop_doorbells(self) -> None:
        """Drop the doorbells that are on their way, and those that are due just now."""
        settings = self.system.settings
        with self.record("a doorbell dropped"):
            with redis.Redis.from_url(self.system.valkey.url) as client:
                client.delete("chaos:sessions")
            try:
                with self.system.installation.database.write() as db:  # marked as rung, and never sent
                    queue.take_doorbells(
                        db, alive_seconds=settings.lease_seconds, ring_again_seconds=settings.ring_again_seconds
                    )
            except DatabaseUnavailable:
                pass  # another fault is at work; the others are dropped all the same

    # --- lines ---------------------------------------------------------------------------------------------------

    def disturb(self, line: LineProxy, how: str, seconds: float, *victims: Slot, name: str) -> None:
        """Cut, delay, silence or truncate what two parts say to each other, for a time.

        Connections that were silenced stay so: only time-outs of those who wait tell them.
        """
        tail = _NOTICE_SECONDS if how == "half_open" else self._lease_tail
        with self.record(f"{name}: {how.replace('_', ' ')}", *victims, tail_seconds=tail):
            match how:
                case "cut":
                    line.cut()
                case "delay":
                    line.delay(0.15)
                case "half_open":
                    line.half_open()
                case "truncate":
                    line.truncate(700)
                case "lose_commits":
                    line.lose_answers_to(b"COMMIT")
                case _:
                    raise ValueError(how)
            time.sleep(seconds)
            line.pass_on()

    def disturb_slot(self, slot: Slot, part: Part, how: str, seconds: float) -> None:
        """Disturb the line of one process to one server."""
        victims = [slot] if slot.command == "worker" and part != "redis" else []
        self.disturb(slot.lines[part], how, seconds, *victims, name=f"{slot.command} to {part}")

    def disturb_browsers(self, how: str, seconds: float) -> None:
        """Disturb the line of all browsers to the web process."""
        self.disturb(self.system.front, how, seconds, name="browser to web")

    @property
    def _lease_tail(self) -> float:
        return self.system.settings.lease_seconds + 2


def _kill(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
