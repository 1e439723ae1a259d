"""Each fault alone: a handful of sessions is at work when it hits, and every promise holds.

The oracle lets no call be made again that no fault explains, and faults of web, browsers and Redis explain none.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from common.events import SessionMoved
from common.models import FlowSession
from common.states import WaitsFor
from tests.chaos.faults import LINE_FAULTS, LOST_COMMITS, Chaos
from tests.chaos.oracle import Figures
from tests.chaos.system import Part, find_faketime
from tests.chaos.viewers import ChaosViewer
from tests.support.servers import miss
from tests.support.waiting import wait_until

pytestmark = pytest.mark.timeout(150)

_SESSIONS = 6
_SESSIONS_A_LINE = 4
_LINE_SECONDS = 1.2


class Work:
    """Sessions that are at work, and two viewers who watch them."""

    def __init__(self, chaos: Chaos) -> None:
        self._chaos = chaos
        self.sessions: list[FlowSession] = []
        self.viewers: list[ChaosViewer] = []

    def begin(self, count: int = _SESSIONS, *, until_steps: int = 4) -> None:
        """Create sessions, and wait until the swarms have committed some steps."""
        system = self._chaos.system
        self.sessions += (new := [system.create() for _ in range(count)])
        self._chaos.oracle.watch(*new)
        for viewer in self.viewers:
            for session in new:
                viewer.watch(session)
        before = self.steps_done()
        wait_until(lambda: self.steps_done() >= before + until_steps, "the swarms are at work", 30)

    def steps_done(self) -> int:
        return sum(self._chaos.system.installation.read(session).steps_done for session in self.sessions)

    def finish(self) -> Figures:
        """Wait for the end of all, and check every promise."""
        self._chaos.oracle.check()
        figures = self._chaos.oracle.check_final()
        assert not self._chaos.oracle.breaches, "\n".join(self._chaos.oracle.breaches)
        assert figures.completed == len(self.sessions), figures
        assert (figures.lost, figures.repeated, figures.gaps) == (0, 0, 0)
        assert figures.extra_calls <= figures.in_flight
        for viewer in self.viewers:
            viewer.wait_complete()
        return figures


@pytest.fixture
def work(chaos: Chaos) -> Iterator[Work]:
    made = Work(chaos)
    with ChaosViewer(chaos.system) as one, ChaosViewer(chaos.system) as two:
        made.viewers = [one, two]
        yield made


def test_without_a_fault_every_step_is_asked_once(work: Work) -> None:
    work.begin()
    assert work.finish().artifacts > 0


def test_a_killed_worker_process_costs_only_what_was_in_flight(chaos: Chaos, work: Work) -> None:
    work.begin()
    chaos.kill_worker(chaos.system.workers[0])
    work.finish()


def test_both_worker_processes_killed_at_once_lose_nothing(chaos: Chaos, work: Work) -> None:
    work.begin()
    for slot in chaos.system.workers:
        chaos.kill_worker(slot)
    work.finish()


def test_a_killed_child_of_the_web_server_costs_no_call(chaos: Chaos, work: Work) -> None:
    work.begin()
    chaos.kill_child()
    work.finish()


def test_a_killed_web_process_costs_no_call(chaos: Chaos, work: Work) -> None:
    work.begin()
    chaos.kill_web()
    work.finish()
    assert all(viewer.connects >= 2 for viewer in work.viewers)


def test_a_killed_valkey_costs_no_call(chaos: Chaos, work: Work) -> None:
    work.begin()
    chaos.kill_valkey(1.0)
    work.finish()


def test_a_killed_model_server_costs_only_what_was_in_flight(chaos: Chaos, work: Work) -> None:
    work.begin()
    chaos.kill_model(0.5)
    work.finish()


def test_a_model_server_that_stays_away_lets_the_sessions_wait_and_wakes_them(chaos: Chaos, work: Work) -> None:
    work.begin()
    chaos.kill_model(4.0)
    work.finish()
    moves = [event.event for session in work.sessions for event in chaos.system.installation.read_events(session)]
    assert any(isinstance(move, SessionMoved) and move.waits_for == WaitsFor.MODEL_SERVER for move in moves)


def test_a_worker_process_that_is_stopped_for_longer_than_its_lease_and_goes_on_does_no_harm(
    chaos: Chaos, work: Work
) -> None:
    work.begin()
    chaos.freeze_worker(chaos.system.workers[0])
    work.finish()


def test_an_emptied_redis_costs_no_call(chaos: Chaos, work: Work) -> None:
    work.begin()
    chaos.flush()
    work.finish()


def test_an_emptied_redis_keeps_no_later_session_waiting(chaos: Chaos, work: Work) -> None:
    chaos.flush()
    work.begin()
    work.finish()


def test_doorbells_that_are_delivered_fifty_times_run_nothing_twice(chaos: Chaos, work: Work) -> None:
    work.begin()
    for _ in range(3):
        chaos.ring_many_times()
    work.finish()
    chaos.ring_many_times()
    work.finish()


def test_a_dropped_doorbell_is_rung_again(chaos: Chaos, work: Work) -> None:
    work.begin(until_steps=0)
    chaos.drop_doorbells()
    work.finish()


def test_a_restarted_postgresql_loses_nothing(chaos: Chaos, work: Work) -> None:
    work.begin()
    chaos.restart_postgresql(0.5)
    work.finish()


@pytest.mark.parametrize("seconds", [3600, -3600], ids=["ahead", "behind"])
def test_a_worker_process_whose_clock_is_an_hour_off_does_no_harm(chaos: Chaos, work: Work, seconds: int) -> None:
    if find_faketime() is None:
        miss("libfaketime")
    work.begin()
    chaos.skew_clock(chaos.system.workers[0], seconds)
    work.begin()
    work.finish()


def test_a_rolling_deploy_costs_no_call(chaos: Chaos, work: Work) -> None:
    work.begin()
    chaos.deploy()
    work.finish()


def test_worker_processes_whose_lines_to_redis_fell_silent_end_when_they_are_told_to(chaos: Chaos, work: Work) -> None:
    work.begin()
    for slot in chaos.system.workers:
        chaos.disturb_slot(slot, "redis", "half_open", _LINE_SECONDS)
    chaos.deploy()
    work.finish()


@pytest.mark.parametrize("part", ["database", "redis", "model"])
def test_a_bad_line_between_a_worker_process_and_a_server_does_no_harm(chaos: Chaos, work: Work, part: Part) -> None:
    for how in (*LINE_FAULTS, LOST_COMMITS) if part == "database" else LINE_FAULTS:
        work.begin(_SESSIONS_A_LINE)
        chaos.disturb_slot(chaos.system.workers[0], part, how, _LINE_SECONDS)
        chaos.oracle.check()
    work.finish()


@pytest.mark.parametrize("part", ["database", "redis"])
def test_a_bad_line_between_web_and_a_server_costs_no_call(chaos: Chaos, work: Work, part: Part) -> None:
    for how in LINE_FAULTS:
        work.begin(_SESSIONS_A_LINE)
        chaos.disturb_slot(chaos.system.web, part, how, _LINE_SECONDS)
        chaos.oracle.check()
    work.finish()


def test_a_bad_line_between_browsers_and_web_costs_no_call(chaos: Chaos, work: Work) -> None:
    for how in LINE_FAULTS:
        work.begin(_SESSIONS_A_LINE)
        chaos.disturb_browsers(how, _LINE_SECONDS)
        chaos.oracle.check()
    # A browser tells a silent line after three quarters of a minute; here somebody pulls the plug before.
    chaos.system.front.pass_on(reset=True)
    work.finish()
