"""The queue's order and its doorbells, on both databases."""

from __future__ import annotations

from common.database import Database
from common.models import FlowSession
from common.queries import claims, queue
from common.states import State
from tests.support.data import make_session, make_user, make_worker


def positions(database: Database, *sessions: FlowSession) -> list[int | None]:
    with database.read() as db:
        found = queue.read_positions(db)
    return [found.get(session.id) for session in sessions]


def take(database: Database, *, ring_again: float = 10) -> list[str]:
    with database.write() as db:
        return queue.take_doorbells(db, alive_seconds=30, ring_again_seconds=ring_again)


def claim(database: Database, session: FlowSession, *, seconds: float = 30) -> None:
    with database.write() as db:
        assert claims.claim_session(db, session.id, worker="worker-1", lease_seconds=seconds, flow_version=1)


def test_owners_take_turns_whoever_came_first(database: Database) -> None:
    ada, bob = make_user(database), make_user(database, "bob@example.org")
    a1, a2, a3 = (make_session(database, ada) for _ in range(3))
    b1 = make_session(database, bob)
    assert positions(database, a1, b1, a2, a3) == [1, 2, 3, 4]


def test_whoever_has_fewer_running_goes_first(database: Database) -> None:
    ada, bob = make_user(database), make_user(database, "bob@example.org")
    running = make_session(database, ada)
    claim(database, running)
    a1 = make_session(database, ada)
    b1 = make_session(database, bob)
    assert positions(database, running, b1, a1) == [None, 1, 2]


def test_a_rescued_session_goes_ahead_of_new_ones(database: Database) -> None:
    ada, bob = make_user(database), make_user(database, "bob@example.org")
    new = make_session(database, bob)
    rescued = make_session(database, ada)
    claim(database, rescued)
    with database.write() as db:
        claims.release_session(db, rescued.id, epoch=1, state=State.QUEUED, reason="rescued")
    assert positions(database, rescued, new) == [1, 2]


def test_doorbells_ring_for_free_seats_only_and_in_order(database: Database) -> None:
    ada = make_user(database)
    make_worker(database, seats=2)
    sessions = [make_session(database, ada) for _ in range(4)]
    assert take(database) == [sessions[0].id, sessions[1].id]
    assert take(database) == []
    claim(database, sessions[0])
    assert take(database) == []
    with database.write() as db:
        claims.finish_session(db, sessions[0].id, epoch=1, state=State.COMPLETED)
    assert take(database) == [sessions[2].id]


def test_an_unanswered_doorbell_rings_again(database: Database) -> None:
    session = make_session(database, make_user(database))
    make_worker(database, seats=1)
    assert take(database) == [session.id]
    assert take(database, ring_again=0) == [session.id]


def test_no_worker_process_no_doorbell(database: Database) -> None:
    make_session(database, make_user(database))
    assert take(database) == []


def test_a_draining_worker_process_has_no_free_seats(database: Database) -> None:
    make_session(database, make_user(database))
    make_worker(database, draining=True)
    assert take(database) == []


def test_only_expired_leases_are_found(database: Database) -> None:
    ada = make_user(database)
    expired, alive = make_session(database, ada), make_session(database, ada)
    claim(database, expired, seconds=-1)
    claim(database, alive)
    with database.write() as db:
        assert [session.id for session in queue.lock_expired(db)] == [expired.id]


def test_one_process_has_the_turn_until_it_lets_it_lapse(database: Database) -> None:
    with database.write() as db:
        assert queue.take_turn(db, "reconcile", holder="a", seconds=60)
    with database.write() as db:
        assert not queue.take_turn(db, "reconcile", holder="b", seconds=60)
        assert queue.take_turn(db, "reconcile", holder="a", seconds=-1)
    with database.write() as db:
        assert queue.take_turn(db, "reconcile", holder="b", seconds=60)
