"""One session on a worker process: claim it, replay its journal, run the framework, end it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path

import structlog
from sqlalchemy.orm import Session

from common.bus import Bus
from common.clock import utc_now
from common.database import Database
from common.errors import FlowError, LeaseLost, ModelNotFound, ModelUnavailable, StorageFull, WorkspaceError
from common.events import LoggedEvent
from common.logging import log_context
from common.metrics import QUEUE_WAIT
from common.models import Artifact, FlowSession, Step
from common.options import FlowOptions
from common.queries import claims
from common.queries import steps as step_queries
from common.settings import Settings
from common.states import Architecture, State, WaitsFor
from workers.flow import (
    FLOW_VERSION,
    FlowResult,
    ModelClient,
    OllamaFlowFramework,
    Prompts,
    Sandbox,
    Workspace,
    spread_retries,
)
from workers.journal import DatabaseJournal, Written
from workers.lease import Ending, LeaseKeeper, RunningSession, now_seconds
from workers.loop import in_thread
from workers.measured_model import MeasuredModel
from workers.model_watch import ModelWatch

log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True)
class _Work:
    """One claim of a session."""

    session: FlowSession
    running: RunningSession
    journal: DatabaseJournal
    calls: MeasuredModel

    @property
    def cost(self) -> claims.Cost:
        """What was under way when it was cut short."""
        return claims.Cost(calls_cut=self.calls.calls_cut, streams_closed=self.calls.streams_closed)


class SessionRunner:
    """Runs sessions, each as a task of the sessions' loop."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        bus: Bus,
        leases: LeaseKeeper,
        models: ModelWatch,
        client: ModelClient,
        worker: str,
        prompts: Prompts,
    ) -> None:
        self._settings = settings
        self._database = database
        self._bus = bus
        self._leases = leases
        self._models = models
        self._client = client
        self._worker = worker
        self._prompts = prompts
        self._sandbox = Sandbox() if settings.commands else None

    async def run(self, session_id: str) -> None:
        """Claim a session and work on it until it ends, is handed back or is lost; leave it to another that has it."""
        if session_id in self._leases.sessions:
            return  # a doorbell that rang twice
        if not (self._models.server.reachable or (await self._models.ask()).reachable):
            await in_thread(self._say_why_it_waits, session_id)
            return
        claimed_at = now_seconds()
        claimed = await in_thread(self._claim, session_id)
        if claimed is None:
            return
        session, steps, artifacts, events = claimed
        self._bus.publish_events(events)
        if session.epoch == 1:
            QUEUE_WAIT.observe((utc_now() - session.created_at).total_seconds())
        task = asyncio.current_task()
        assert task is not None
        running = RunningSession(
            session_id=session.id, epoch=session.epoch, task=task, holds_until=self._leases.holds_until(claimed_at)
        )
        journal = DatabaseJournal(
            self._database,
            self._bus,
            running,
            steps,
            artifacts,
            FlowOptions.model_validate(session.options),
            same_version=session.flow_version == FLOW_VERSION,
        )
        work = _Work(session=session, running=running, journal=journal, calls=MeasuredModel(self._client, running))
        self._leases.sessions[session.id] = running
        with log_context(session=session.id, epoch=session.epoch):
            log.info("session claimed", architecture=session.architecture, replayed_steps=len(steps))
            try:
                await self._work(work, artifacts)
            except LeaseLost as error:
                log.warning("session lost", reason=str(error))
            except asyncio.CancelledError:
                if running.ending is not Ending.LOST:
                    raise
                log.warning("session lost while it was cut short")
            finally:
                del self._leases.sessions[session.id]
                running.idle.set()
                journal.close()

    async def _work(self, work: _Work, artifacts: list[Artifact]) -> None:
        running = work.running
        try:
            result = await self._run_flow(work, artifacts)
        except asyncio.CancelledError:
            if running.ending is None:
                raise  # the process ends, without a drain: the lease will tell
            running.task.uncancel()
            await self._cut_short(work)
        except (ModelUnavailable, ModelNotFound) as error:
            await self._wait_for(work, WaitsFor.MODEL_SERVER, f"Model server unavailable: {error}")
        except StorageFull as error:
            await self._wait_for(work, WaitsFor.DISK, str(error))
        except LeaseLost:
            raise
        except FlowError as error:
            log.warning("session failed", error=str(error))
            await self._finish(work, State.FAILED, error=str(error))
        except Exception as error:  # the edge of a session: a bug of ours must not look like a lost worker
            log.exception("session failed by a bug")
            sentence = f"An error inside ollama-flow ended this session ({type(error).__name__}). The log tells more."
            await self._finish(work, State.FAILED, error=sentence)
        else:
            log.info("session completed", steps=result.steps, output_tokens=result.output_tokens)
            await self._finish(work, State.COMPLETED, result=result.answer)

    async def _run_flow(self, work: _Work, artifacts: list[Artifact]) -> FlowResult:
        session = work.session
        workspace = self._open_workspace(work)
        for artifact in artifacts:  # an earlier owner may have died before it wrote them
            try:
                await in_thread(workspace.write, artifact.path, artifact.content, artifact.position)
            except WorkspaceError as error:  # it is safe in the database
                log.warning("a file was not written again", error=str(error))
        framework = OllamaFlowFramework(
            client=work.calls,
            model=session.model or await self._choose_model(work),
            workers=session.workers,
            architecture=Architecture(session.architecture),
            journal=work.journal,
            workspace=workspace,
            emit=work.journal.emit,
            options=FlowOptions.model_validate(session.options),
            retry_delays=spread_retries(self._settings.model_retry_seconds),
            prompts=self._prompts,
            sandbox=self._sandbox,
        )
        return await framework.run_task(session.task)

    def _open_workspace(self, work: _Work) -> Workspace:
        """Return the session's project folder, or one of its own on this host where it was given none."""
        if work.session.project_folder:
            folder = Path(work.session.project_folder)
            below = next((root for root in self._settings.roots if folder.is_relative_to(root)), None)
            return Workspace(folder, before_write=work.running.check, below=below)
        private = self._settings.private_folders / work.session.id
        return Workspace(private, before_write=work.running.check, makes_root=True)

    async def _choose_model(self, work: _Work) -> str:
        """Choose for a session that was created while nobody could tell what models there are, once and for all."""
        names = [card.name for card in self._models.server.models]
        wanted = self._settings.default_model
        if not names and not wanted:
            raise ModelNotFound("The model server has no model yet. Pull one, for example: ollama pull llama3")
        model = wanted or names[0]

        def choose(db: Session) -> Written[None]:
            claims.set_model(db, work.session.id, epoch=work.running.epoch, model=model)
            return None, []

        await work.journal.write(choose, _nothing)
        return model

    async def _cut_short(self, work: _Work) -> None:
        log.info("session cut short", by=work.running.ending)
        match work.running.ending:
            case Ending.STOP:
                await self._finish(work, State.STOPPED)
            case Ending.PAUSE:
                # Where the pause was taken back meanwhile, it waits in the queue.
                await self._release(work, State.QUEUED)
            case Ending.DRAIN:
                await self._release(work, State.QUEUED, "Its worker process ended; it goes on elsewhere.")
            case Ending.LOST | None:
                raise LeaseLost("The lease was lost.")

    async def _finish(self, work: _Work, state: State, *, result: str | None = None, error: str | None = None) -> None:
        def finish(db: Session) -> Written[None]:
            cost = work.cost if state is State.STOPPED else None
            return None, claims.finish_session(
                db, work.session.id, epoch=work.running.epoch, state=state, result=result, error=error, cost=cost
            )

        await work.journal.write(finish, _nothing, is_last=True)

    async def _wait_for(self, work: _Work, what: WaitsFor, reason: str) -> None:
        log.warning("session paused", reason=reason)
        await self._release(
            work, State.PAUSED, reason, claims.Trouble(waits_for=what, first_seconds=self._settings.wake_seconds)
        )

    async def _release(
        self, work: _Work, state: State, reason: str | None = None, trouble: claims.Trouble | None = None
    ) -> None:
        def release(db: Session) -> Written[None]:
            return None, claims.release_session(
                db,
                work.session.id,
                epoch=work.running.epoch,
                state=state,
                reason=reason,
                cost=work.cost,
                trouble=trouble,
            )

        await work.journal.write(release, _nothing, is_last=True)

    def _claim(self, session_id: str) -> tuple[FlowSession, list[Step], list[Artifact], list[LoggedEvent]] | None:
        with self._database.write() as db:
            claimed = claims.claim_session(
                db,
                session_id,
                worker=self._worker,
                lease_seconds=self._settings.lease_seconds,
                flow_version=FLOW_VERSION,
            )
            if claimed is None:
                return None
            session, events = claimed
            steps = step_queries.list_steps(db, session_id, limit=1_000_000)
            artifacts = step_queries.list_artifacts(db, session_id, with_content=True)
            return session, steps, artifacts, events

    def _say_why_it_waits(self, session_id: str) -> None:
        with self._database.write() as db:
            claims.set_waiting_reason(db, session_id, "Waits for the model server, which does not answer.")


def _nothing(db: Session) -> None:
    """Find what a write came to that came to nothing but its events."""
