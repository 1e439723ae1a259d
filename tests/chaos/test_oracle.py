"""The oracle is worth what it notices: each lie that is told to it here shows."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

import pytest
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from common.models import Artifact, EventRecord, FlowSession, Step
from tests.chaos.faults import Chaos
from tests.chaos.oracle import Fault
from tests.support.call_log import Call

pytestmark = pytest.mark.timeout(150)


def drop_an_event(db: Session, session_id: str) -> None:
    db.execute(delete(EventRecord).where(EventRecord.session_id == session_id, EventRecord.seq == 3))


def drop_a_step(db: Session, session_id: str) -> None:
    last = select(func.max(Step.position)).where(Step.session_id == session_id).scalar_subquery()
    db.execute(delete(Step).where(Step.session_id == session_id, Step.position == last))


def change_a_step(db: Session, session_id: str) -> None:
    db.execute(update(Step).where(Step.session_id == session_id, Step.position == 1).values(output={"text": "else"}))


def change_a_file(db: Session, session_id: str) -> None:
    db.execute(update(Artifact).where(Artifact.session_id == session_id).values(content=b"else"))


def run_it_again(db: Session, session_id: str) -> None:
    db.execute(update(FlowSession).where(FlowSession.id == session_id).values(state="running"))


@pytest.mark.parametrize(
    ("lie", "told"),
    [
        (drop_an_event, "has a gap"),
        (drop_a_step, "is gone"),
        (change_a_step, "changed"),
        (change_a_file, "is not as it was journaled"),
        (run_it_again, "was completed and became running"),
    ],
)
def test_what_is_wrong_in_the_database_is_a_breach(
    chaos: Chaos, lie: Callable[[Session, str], None], told: str
) -> None:
    session = chaos.system.create(architecture="CENTRALIZED")
    chaos.oracle.watch(session)
    chaos.oracle.check_final()
    assert chaos.oracle.breaches == []
    with chaos.system.installation.database.write() as db:
        lie(db, session.id)
    chaos.oracle.check_final(seconds=0)
    assert any(told in breach for breach in chaos.oracle.breaches), chaos.oracle.breaches
    with chaos.system.installation.database.write() as db:  # what follows has nothing to do with it
        db.execute(delete(FlowSession).where(FlowSession.id == session.id))


def test_a_call_of_a_committed_step_is_a_breach_whoever_made_it(chaos: Chaos) -> None:
    session = chaos.system.create(architecture="CENTRALIZED")
    chaos.oracle.watch(session)
    chaos.oracle.check_final()
    assert chaos.oracle.breaches == []
    call = {"call": "again", "what": "started", "key": "plan", "line": "worker-1", "session": session.id}
    with chaos.system.model.calls.path.open("a") as log:
        log.write(json.dumps(call | {"at": time.time()}) + "\n")
    figures = chaos.oracle.check_final()
    assert (figures.repeated, figures.extra_calls) == (1, 1)
    assert any("after its commit was seen" in breach for breach in chaos.oracle.breaches)
    assert any("though no fault cost it" in breach for breach in chaos.oracle.breaches)


@pytest.mark.parametrize(
    ("line", "after", "may"), [("worker-1", 0.2, True), ("worker-1", 1.0, False), ("worker-2", 0.2, False)]
)
def test_only_a_process_that_was_stopped_may_send_late_what_it_was_about_to_send(
    line: str, after: float, may: bool
) -> None:
    fault = Fault(kind="stop", began_at=100, ended_at=105, costs_calls_of=frozenset({"worker-1"}), delays_calls=True)
    assert fault.may_delay(Call(session="s1", key="plan", line=line, started_at=105 + after)) is may
