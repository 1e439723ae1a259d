"""Ownership of sessions, on both databases."""

from __future__ import annotations

import threading

import pytest

from common.database import Database
from common.errors import ForbiddenMove, LeaseLost
from common.events import Notice
from common.models import FlowSession, User
from common.queries import claims, events
from common.queries.sessions import end_session, find_session
from common.states import Desired, State
from tests.support.data import make_session, make_user


@pytest.fixture
def owner(database: Database) -> User:
    return make_user(database)


def claim(database: Database, session: FlowSession, worker: str = "w1", seconds: float = 30) -> FlowSession | None:
    with database.write() as db:
        claimed = claims.claim_session(db, session.id, worker=worker, lease_seconds=seconds, flow_version=1)
        return claimed[0] if claimed else None


def reload(database: Database, session: FlowSession) -> FlowSession:
    with database.read() as db:
        return find_session(db, session.id)


def test_a_claim_raises_the_epoch_and_sets_owner_lease_and_start(database: Database, owner: User) -> None:
    claimed = claim(database, make_session(database, owner))
    assert claimed is not None
    assert (claimed.state, claimed.epoch, claimed.worker) == (State.RUNNING, 1, "w1")
    assert claimed.lease_until is not None
    assert claimed.started_at is not None
    assert 25 < (claimed.lease_until - claimed.started_at).total_seconds() < 35


def test_a_running_session_cannot_be_claimed_again(database: Database, owner: User) -> None:
    session = make_session(database, owner)
    assert claim(database, session) is not None
    assert claim(database, session, "w2") is None


def test_of_many_claims_at_once_one_wins(database: Database, owner: User) -> None:
    session = make_session(database, owner)
    start, won = threading.Barrier(8), []

    def try_it(name: str) -> None:
        start.wait()
        if claim(database, session, name) is not None:
            won.append(name)

    threads = [threading.Thread(target=try_it, args=(f"w{number}",)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1
    assert reload(database, session).worker == won[0]
    assert reload(database, session).epoch == 1


def test_a_stopped_session_cannot_be_claimed(database: Database, owner: User) -> None:
    session = make_session(database, owner)
    with database.write() as db:
        end_session(db, find_session(db, session.id), State.STOPPED)
    assert claim(database, session) is None


def test_writes_of_an_older_epoch_find_the_lease_lost(database: Database, owner: User) -> None:
    session = make_session(database, owner)
    claim(database, session)
    with database.write() as db:
        claims.release_session(db, session.id, epoch=1, state=State.QUEUED, reason="handed back")
    claim(database, session, "w2")
    with database.write() as db, pytest.raises(LeaseLost):
        events.append_events(db, session.id, [Notice(message="too late")], epoch=1)
    with database.write() as db, pytest.raises(LeaseLost):
        claims.finish_session(db, session.id, epoch=1, state=State.COMPLETED, result="too late")
    assert reload(database, session).state == State.RUNNING
    assert reload(database, session).epoch == 2


def test_a_renewal_reports_what_is_wanted_and_leaves_out_what_is_lost(database: Database, owner: User) -> None:
    mine, stopping, lost = (make_session(database, owner) for _ in range(3))
    for session in (mine, stopping, lost):
        claim(database, session)
    with database.write() as db:
        find_session(db, stopping.id).desired = Desired.STOP
        claims.release_session(db, lost.id, epoch=1, state=State.QUEUED, reason=None)
    claim(database, lost, "w2")
    epochs = {mine.id: 1, stopping.id: 1, lost.id: 1}
    with database.write() as db:
        wanted = claims.renew_leases(db, epochs, worker="w1", lease_seconds=30)
    assert wanted == {mine.id: Desired.RUN, stopping.id: Desired.STOP}


def test_the_first_start_stays_when_a_session_is_claimed_again(database: Database, owner: User) -> None:
    session = make_session(database, owner)
    first = claim(database, session)
    with database.write() as db:
        claims.release_session(db, session.id, epoch=1, state=State.QUEUED, reason=None)
    second = claim(database, session)
    assert first is not None
    assert second is not None
    assert second.started_at == first.started_at


@pytest.mark.parametrize("final", [State.COMPLETED, State.FAILED, State.STOPPED])
def test_final_states_are_final(database: Database, owner: User, final: State) -> None:
    session = make_session(database, owner)
    claim(database, session)
    with database.write() as db:
        claims.finish_session(db, session.id, epoch=1, state=final, result="done")
    assert claim(database, session) is None
    with database.write() as db, pytest.raises(LeaseLost):
        claims.finish_session(db, session.id, epoch=1, state=State.FAILED)
    for target in State:
        with database.write() as db, pytest.raises(ForbiddenMove):
            end_session(db, find_session(db, session.id), target)
    assert reload(database, session).state == final
