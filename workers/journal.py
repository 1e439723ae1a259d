"""The journal on the database: each step, its artifacts, its events and the totals in one fenced transaction."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

import structlog
from sqlalchemy.orm import Session

from common.bus import Bus
from common.clock import elapsed_clock
from common.database import Database
from common.errors import DatabaseUnavailable, JournalMismatch, StorageFull
from common.events import DurableEvent, FlowEvent, LoggedEvent, Notice, StepStarted, TokenDelta, durable_event
from common.logging import log_context
from common.metrics import STEP_SECONDS, TOKENS
from common.models import Artifact, Step
from common.options import FlowOptions
from common.queries import claims
from common.queries import events as event_queries
from common.queries import steps as step_queries
from workers.flow.journal import ArtifactDraft, StepRequest, StepResult, has_other_prompts
from workers.flow.progress import count_expected
from workers.lease import RunningSession
from workers.loop import in_thread
from workers.tokens import TokenStream

log = structlog.get_logger(__name__)

T = TypeVar("T")
#: What a write came to, and the events that it appended.
Written = tuple[T, list[LoggedEvent]]

_DATABASE_PAUSE_SECONDS = 0.5


class DatabaseJournal:
    """One claim's journal of one session; see `workers.flow.journal.Journal`."""

    def __init__(
        self,
        database: Database,
        bus: Bus,
        running: RunningSession,
        committed: Sequence[Step],
        artifacts: Sequence[Artifact],
        options: FlowOptions,
        *,
        same_version: bool,
    ) -> None:
        """Take the steps that are `committed` already, with their files, and whether it was by this very framework."""
        self._database = database
        self._bus = bus
        self._running = running
        self._committed = {step.key: step for step in committed}
        self._drafts: dict[str, list[ArtifactDraft]] = defaultdict(list)
        for artifact in artifacts:
            self._drafts[artifact.step_key].append(ArtifactDraft(path=artifact.path, content=artifact.content))
        self._options = options
        self._same_version = same_version
        self._told_mismatch = False
        #: The number of this claim's last write.
        self._writes = 0
        self._tokens = TokenStream(bus, running.session_id, running.epoch)
        #: One write at a time; it spans commit and publish, so that live events come in order.
        self._lock = asyncio.Lock()
        self._started: set[str] = set()
        self._in_flight = 0

    async def run_step(self, request: StepRequest, execute: Callable[[], Awaitable[StepResult]]) -> StepResult:
        """Return the committed result of `request.key`, or execute, commit and return it."""
        known = self._committed.get(request.key)
        if known is not None:
            if known.input_hash != request.input_hash:
                await self._take_mismatch(request.key, by_prompts=has_other_prompts(request, known.request))
            return _replay(known, self._drafts[request.key])
        if self._running.closing.is_set():
            self._mark_idle()
            await asyncio.Event().wait()  # until the drain cancels the session
        self._in_flight += 1
        try:
            began = elapsed_clock()
            with log_context(step=request.key):
                result = await execute()
                committed = await self._commit(_to_step(request, result, elapsed_clock() - began))
                log.debug("step committed", kind=request.kind, agent=request.agent)
        finally:
            self._in_flight -= 1
            self._mark_idle()
        STEP_SECONDS.labels(request.kind).observe(elapsed_clock() - began)
        TOKENS.labels("prompt").inc(result.prompt_tokens)
        TOKENS.labels("output").inc(result.output_tokens)
        return StepResult(
            output=result.output,
            prompt_tokens=result.prompt_tokens,
            output_tokens=result.output_tokens,
            artifacts=result.artifacts,
            position=committed,
        )

    async def emit(self, event: FlowEvent) -> None:
        """Take what happens while a step runs: deltas go to the bus, the rest into the log."""
        if isinstance(event, TokenDelta):
            self._running.check()
            self._tokens.add(event)
            return
        if isinstance(event, StepStarted):
            self._started.add(event.step)
        await self.record([event])

    async def record(self, events: Sequence[DurableEvent]) -> None:
        """Append events to the log and publish them. Raises LeaseLost."""
        running, clean = self._running, [_clean_event(event) for event in events]

        def append(db: Session) -> Written[None]:
            return None, event_queries.append_events(db, running.session_id, clean, epoch=running.epoch)

        await self.write(append, lambda db: None)

    async def write(
        self, work: Callable[[Session], Written[T]], find: Callable[[Session], T], *, is_last: bool = False
    ) -> T:
        """Run `work` exactly once, in a transaction of its own off the loop, and publish the events that it returns.

        While the database is away it is tried again for as long as the lease holds. `find` returns what `work` came to
        where it was committed, but the answer got lost; its events are then left to whoever looks into the log. Raises
        LeaseLost; and StorageFull where the database has no room, which the last write of a claim waits for too.
        """
        running = self._running

        def act(number: int) -> Written[T]:
            with self._database.write() as db:
                if claims.begin_write(db, running.session_id, epoch=running.epoch, number=number):
                    return work(db)
                return find(db), []

        async with self._lock:
            self._writes += 1
            while True:
                running.check()
                try:
                    value, events = await in_thread(act, self._writes)
                    break
                except (DatabaseUnavailable, StorageFull) as error:
                    if isinstance(error, StorageFull) and not is_last:
                        raise
                    log.warning("a write waits for the database", error=str(error))
                    await asyncio.sleep(_DATABASE_PAUSE_SECONDS)
            self._bus.publish_events(events)
        return value

    def close(self) -> None:
        """Forget the partial texts of this claim."""
        self._tokens.close(sorted(self._started))

    async def _commit(self, step: step_queries.NewStep) -> int:
        running, planned = self._running, count_expected(step.events, self._options)

        def commit(db: Session) -> Written[int]:
            return step_queries.commit_step(db, running.session_id, step, epoch=running.epoch, planned=planned)

        position = await self.write(commit, lambda db: step_queries.find_position(db, running.session_id, step.key))
        self._tokens.finish(step.key)
        self._started.discard(step.key)
        return position

    async def _take_mismatch(self, key: str, *, by_prompts: bool) -> None:
        """Let the journal win: after an upgrade or with other prompts that is worth a word, once a claim.

        Else it is a bug of ours.
        """
        if self._same_version and not by_prompts:
            raise JournalMismatch(f"Step {key} was journaled with another input.")
        if not self._told_mismatch:
            self._told_mismatch = True
            how = "with other prompts" if self._same_version else "differently by an earlier version of ollama-flow"
            await self.record([Notice(message=f"Step {key} was asked {how}; what it came to is kept.")])

    def _mark_idle(self) -> None:
        if self._in_flight == 0 and self._running.closing.is_set():
            self._running.idle.set()


def _to_step(request: StepRequest, result: StepResult, duration_seconds: float) -> step_queries.NewStep:
    return step_queries.NewStep(
        key=request.key,
        kind=request.kind,
        agent=request.agent,
        role=request.role,
        model=request.model,
        input_hash=request.input_hash,
        request=_clean(dict(request.input)),
        output=_clean(dict(result.output)),
        prompt_tokens=result.prompt_tokens,
        output_tokens=result.output_tokens,
        duration_seconds=duration_seconds,
        events=[_clean_event(event) for event in result.events],
        artifacts=[
            step_queries.NewArtifact(path=draft.path, content=draft.content, sha256=draft.sha256)
            for draft in result.artifacts
        ],
    )


def _replay(step: Step, drafts: Sequence[ArtifactDraft]) -> StepResult:
    return StepResult(
        output=step.output,
        prompt_tokens=step.prompt_tokens,
        output_tokens=step.output_tokens,
        artifacts=tuple(drafts),
        position=step.position,
        replayed=True,
    )


def _clean_event(event: DurableEvent) -> DurableEvent:
    return durable_event.validate_python(_clean(event.model_dump(mode="json")))


def _clean(value: Any) -> Any:
    """Replace what no database stores in JSON: NUL, and halves of surrogate pairs."""
    if isinstance(value, str):
        if "\x00" in value or not value.isascii():
            return value.replace("\x00", "\ufffd").encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        return value
    if isinstance(value, dict):
        return {_clean(key): _clean(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_clean(item) for item in value]
    return value
