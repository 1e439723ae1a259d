"""The journal of a claim on both databases: exactly once, fenced, and right after an upgrade."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy.orm import Session

from common.bus import Bus
from common.database import Database
from common.errors import DatabaseUnavailable, JournalMismatch, LeaseLost, StorageFull
from common.events import LoggedEvent, Notice, TokenDelta
from common.models import FlowSession
from common.options import FlowOptions
from common.queries import claims, events, sessions, steps
from common.settings import Settings
from common.states import State, WaitsFor
from tests.support.data import make_session, make_user
from workers.flow import ArtifactDraft, StepRequest, StepResult
from workers.journal import DatabaseJournal
from workers.lease import Ending, LeaseKeeper, RunningSession, now_seconds


class Forgetful(Database):
    """A database in trouble: it commits, and then loses so many of the answers; or it has no room."""

    answers_to_lose = 0
    #: So many of the next writes find no room.
    full_for = 0

    @contextmanager
    def write(self) -> Iterator[Session]:
        if self.full_for:
            self.full_for -= 1
            raise StorageFull("The disk of the database is full; make room on it.")
        with super().write() as db:
            yield db
        if self.answers_to_lose:
            self.answers_to_lose -= 1
            raise DatabaseUnavailable("The answer got lost.")


@pytest.fixture
def forgetful(database_url: str) -> Iterator[Forgetful]:
    opened = Forgetful(database_url)
    yield opened
    opened.dispose()


@pytest.fixture
def session(forgetful: Forgetful) -> FlowSession:
    return make_session(forgetful, make_user(forgetful))


def take(database: Database, session: FlowSession, *, same_version: bool = True) -> DatabaseJournal:
    """Claim a session, or take over its claim, and open its journal."""
    with database.write() as db:
        owned = sessions.find_session(db, session.id)
        if owned.state == "running":
            claims.release_session(db, session.id, epoch=owned.epoch, state=State.QUEUED, reason=None)
        claimed = claims.claim_session(db, session.id, worker="w1", lease_seconds=30, flow_version=1)
    assert claimed is not None
    task = asyncio.current_task()
    assert task is not None
    running = RunningSession(session_id=session.id, epoch=claimed[0].epoch, task=task, holds_until=now_seconds() + 25)
    with database.read() as db:
        committed = steps.list_steps(db, session.id)
        artifacts = steps.list_artifacts(db, session.id, with_content=True)
    return DatabaseJournal(
        database, Bus("", "t:"), running, committed, artifacts, FlowOptions(), same_version=same_version
    )


def request(key: str = "plan", text: str = "Plan.") -> StepRequest:
    return StepRequest(key=key, kind="choice", agent="queen", input={"text": text})


async def execute() -> StepResult:
    return StepResult(
        output={"text": "done"},
        events=(Notice(message="It is done."),),
        artifacts=(ArtifactDraft(path="notes.md", content=b"# Notes"),),
    )


async def never() -> StepResult:
    raise AssertionError("a committed step ran again")


def read_log(database: Database, session: FlowSession) -> list[str]:
    with database.read() as db:
        logged = events.read_events(db, session.id)
        assert [event.seq for event in logged] == list(range(1, sessions.find_session(db, session.id).last_seq + 1))
        return [event.event.type for event in logged]


async def test_a_commit_whose_answer_got_lost_is_found_and_not_done_twice(
    forgetful: Forgetful, session: FlowSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workers.journal._DATABASE_PAUSE_SECONDS", 0.01)
    journal = take(forgetful, session)
    forgetful.answers_to_lose = 2
    assert (await journal.run_step(request(), execute)).position == 1
    forgetful.answers_to_lose = 1
    await journal.record([Notice(message="Once.")])
    assert (await journal.run_step(request("answer"), execute)).position == 2
    with forgetful.read() as db:
        assert [step.key for step in steps.list_steps(db, session.id)] == ["plan", "answer"]
        assert sessions.find_session(db, session.id).steps_done == 2
    assert read_log(forgetful, session) == ["session_moved", "session_moved", "notice", "notice", "notice"]


async def test_a_replay_returns_the_stored_output_with_its_files_and_runs_nothing(
    forgetful: Forgetful, session: FlowSession
) -> None:
    await take(forgetful, session).run_step(request(), execute)
    result = await take(forgetful, session).run_step(request(), never)
    assert (result.output, result.position, result.replayed) == ({"text": "done"}, 1, True)
    assert [(draft.path, draft.content) for draft in result.artifacts] == [("notes.md", b"# Notes")]


async def test_another_input_under_the_same_version_is_a_bug_of_ours(
    forgetful: Forgetful, session: FlowSession
) -> None:
    await take(forgetful, session).run_step(request(), execute)
    with pytest.raises(JournalMismatch, match="plan"):
        await take(forgetful, session).run_step(request(text="Plan otherwise."), never)


async def test_after_an_upgrade_the_journal_wins_and_says_so_once(forgetful: Forgetful, session: FlowSession) -> None:
    first = take(forgetful, session)
    await first.run_step(request(), execute)
    await first.run_step(request("answer"), execute)
    upgraded = take(forgetful, session, same_version=False)
    for key in ("plan", "answer"):
        assert (await upgraded.run_step(request(key, "Asked otherwise."), never)).output == {"text": "done"}
    assert read_log(forgetful, session)[-2:] == ["session_moved", "notice"]


async def test_with_other_prompts_in_use_the_journal_wins_too(forgetful: Forgetful, session: FlowSession) -> None:
    def asked(prompts: str, text: str = "Plan.") -> StepRequest:
        return StepRequest(key="plan", kind="model", agent="queen", input={"text": text, "prompts": prompts})

    await take(forgetful, session).run_step(asked("one"), execute)
    other = take(forgetful, session)
    for _ in range(2):
        assert (await other.run_step(asked("two", "Plan well."), never)).output == {"text": "done"}
    assert read_log(forgetful, session)[-2:] == ["session_moved", "notice"]
    with pytest.raises(JournalMismatch):
        await take(forgetful, session).run_step(asked("one", "Plan well."), never)


async def test_a_claim_that_may_be_over_writes_nothing_more(forgetful: Forgetful, session: FlowSession) -> None:
    journal = take(forgetful, session)
    before = read_log(forgetful, session)
    journal._running.holds_until = now_seconds() - 1
    delta = TokenDelta(step="plan", agent="queen", offset=0, text="late")
    tries: list[Callable[[], object]] = [
        lambda: journal.run_step(request(), execute),
        lambda: journal.record([Notice(message="late")]),
        lambda: journal.emit(delta),
    ]
    for attempt in tries:
        with pytest.raises(LeaseLost):
            await attempt()  # type: ignore[misc]  # each gives something to await
    assert read_log(forgetful, session) == before
    with forgetful.read() as db:
        assert steps.list_steps(db, session.id) == []


async def test_a_write_waits_for_the_database_no_longer_than_the_lease_holds(
    forgetful: Forgetful, session: FlowSession
) -> None:
    journal = take(forgetful, session)
    forgetful.dispose()
    forgetful.answers_to_lose = 10**6
    journal._running.holds_until = now_seconds() + 0.8
    with pytest.raises(LeaseLost):
        await journal.record([Notice(message="It is kept for a while.")])


async def test_a_full_disk_ends_a_step_but_the_last_write_of_a_claim_waits_for_room(
    forgetful: Forgetful, session: FlowSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workers.journal._DATABASE_PAUSE_SECONDS", 0.01)
    journal = take(forgetful, session)
    forgetful.full_for = 1
    with pytest.raises(StorageFull):
        await journal.run_step(request(), execute)
    forgetful.full_for = 3
    trouble = claims.Trouble(waits_for=WaitsFor.DISK, first_seconds=10)

    def release(db: Session) -> tuple[None, list[LoggedEvent]]:
        return None, claims.release_session(
            db, session.id, epoch=1, state=State.PAUSED, reason="It is full.", trouble=trouble
        )

    await journal.write(release, lambda db: None, is_last=True)
    with forgetful.read() as db:
        paused = sessions.find_session(db, session.id)
        assert (paused.state, paused.waits_for, paused.steps_done) == ("paused", "disk", 0)


async def test_a_session_ends_in_time_although_its_renewal_hangs(
    make_settings: Callable[..., Settings], sqlite_url: str
) -> None:
    class Hanging(Database):
        @contextmanager
        def write(self) -> Iterator[Session]:
            release.wait()
            with super().write() as db:
                yield db

    release = threading.Event()
    database = Hanging(sqlite_url)
    settings = make_settings(database_url=sqlite_url)
    keeper = LeaseKeeper(settings, database, "w1")
    work = asyncio.create_task(asyncio.Event().wait())
    running = RunningSession(
        session_id="s1",
        epoch=1,
        task=work,  # type: ignore[arg-type]  # what it returns does not matter
        holds_until=keeper.holds_until(now_seconds()),
    )
    keeper.sessions["s1"] = running
    keeping = [asyncio.create_task(keeper.keep()), asyncio.create_task(keeper.watch())]
    began = now_seconds()
    with pytest.raises(asyncio.CancelledError):
        async with asyncio.timeout(20):
            await work
    assert running.ending is Ending.LOST
    assert now_seconds() - began < settings.lease_seconds
    release.set()
    for task in keeping:
        task.cancel()
    await asyncio.wait(keeping)
    database.dispose()
