"""Steps, events and artifacts as rows, on both databases."""

from __future__ import annotations

import hashlib
import threading

import pytest

from common.database import Database
from common.errors import LeaseLost, NotFound
from common.events import ArtifactWritten, Notice
from common.models import FlowSession
from common.queries import claims, events, steps
from common.queries.sessions import find_session
from common.queries.steps import NewArtifact, NewStep
from common.states import State
from tests.support.data import make_session, make_user


@pytest.fixture
def session(database: Database) -> FlowSession:
    created = make_session(database, make_user(database))
    with database.write() as db:
        claimed = claims.claim_session(db, created.id, worker="w1", lease_seconds=30, flow_version=1)
        assert claimed is not None
        return claimed[0]


def new_step(key: str, *, content: bytes | None = None) -> NewStep:
    artifacts = []
    told: list[Notice | ArtifactWritten] = [Notice(message=f"after {key}")]
    if content is not None:
        sha256 = hashlib.sha256(content).hexdigest()
        artifacts = [NewArtifact(path="a/b.txt", content=content, sha256=sha256)]
        told.append(ArtifactWritten(step=key, agent="drone-1", path="a/b.txt", sha256=sha256, size=len(content)))
    return NewStep(
        key=key,
        kind="model",
        agent="drone-1",
        role="developer",
        model="tiny",
        input_hash="0",
        request={"messages": ["hello"]},
        output={"text": "ok"},
        prompt_tokens=7,
        output_tokens=3,
        duration_seconds=0.5,
        events=told,
        artifacts=artifacts,
    )


def test_a_step_is_committed_with_its_events_artifacts_and_totals(database: Database, session: FlowSession) -> None:
    with database.write() as db:
        position, logged = steps.commit_step(db, session.id, new_step("1", content=b"hello"), epoch=1)
    with database.read() as db:
        stored = find_session(db, session.id)
        assert (position, stored.steps_done, stored.calls) == (1, 1, 1)
        assert (stored.prompt_tokens, stored.output_tokens) == (7, 3)
        assert [event.seq for event in logged] == [3, 4]
        assert [event.seq for event in events.read_events(db, session.id)] == [1, 2, 3, 4]
        assert [step.key for step in steps.list_steps(db, session.id)] == ["1"]
        assert steps.find_artifact(db, session.id, "a/b.txt").content == b"hello"


def test_a_step_of_a_lost_claim_leaves_nothing_behind(database: Database, session: FlowSession) -> None:
    with database.write() as db:
        claims.release_session(db, session.id, epoch=1, state=State.QUEUED, reason=None)
    with pytest.raises(LeaseLost), database.write() as db:
        steps.commit_step(db, session.id, new_step("1", content=b"hello"), epoch=1)
    with database.read() as db:
        assert steps.list_steps(db, session.id) == []
        assert steps.list_artifacts(db, session.id) == []
        assert find_session(db, session.id).steps_done == 0


def test_events_stay_gapless_when_many_append_at_once(database: Database, session: FlowSession) -> None:
    def append(number: int) -> None:
        for turn in range(5):
            with database.write() as db:
                events.append_events(db, session.id, [Notice(message=f"{number} {turn}")] * 2, epoch=1)

    threads = [threading.Thread(target=append, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.read() as db:
        logged = events.read_events(db, session.id)
        assert [event.seq for event in logged] == list(range(1, 43))
        assert events.read_last_seqs(db, [session.id]) == {session.id: 42}


def test_events_come_in_pages(database: Database, session: FlowSession) -> None:
    with database.write() as db:
        events.append_events(db, session.id, [Notice(message=str(number)) for number in range(10)], epoch=1)
    with database.read() as db:
        assert [event.seq for event in events.read_events(db, session.id, after=4, limit=3)] == [5, 6, 7]


def test_the_newest_version_of_a_file_counts(database: Database, session: FlowSession) -> None:
    for number, content in enumerate([b"first", b"second"]):
        with database.write() as db:
            steps.commit_step(db, session.id, new_step(str(number), content=content), epoch=1)
    with database.read() as db:
        [listed] = steps.list_artifacts(db, session.id, with_content=True)
        assert listed.content == b"second"
        assert steps.find_artifact(db, session.id, "a/b.txt").content == b"second"
        with pytest.raises(NotFound):
            steps.find_artifact(db, session.id, "other.txt")
