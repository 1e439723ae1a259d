"""What is not as it should be, by rule from what the overview knows; each with what to do about it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from common.heartbeat import Heartbeat, ModelServer, Resources
from common.models import FlowSession, Worker
from common.queries.queue import QueueFigures
from common.queries.workers import WorkerSeats
from web.api.system_schemas import ProblemView

_NEARLY_FULL_PERCENT = 90.0
_FULL_PERCENT = 97.0
#: A worker process tells its figures every few seconds, the first time soon after its start.
_FIRST_BEAT_SECONDS = 15.0
_MOST_ERROR_LENGTH = 300


def find_problems(
    *,
    now: datetime,
    has_redis: bool,
    workers: Sequence[WorkerSeats],
    silent: Sequence[Worker],
    heartbeats: dict[str, Heartbeat],
    server: ModelServer | None,
    figures: QueueFigures,
    own_host: tuple[str, Resources],
    failed: Iterable[FlowSession],
) -> list[ProblemView]:
    """Return the problems, the errors first."""
    working = [item.worker for item in workers]
    hosts = {beat.host: beat.resources for beat in heartbeats.values()} | {own_host[0]: own_host[1]}
    found = [
        *_redis(has_redis=has_redis),
        *_workers(working, silent, set(heartbeats), now=now, has_redis=has_redis),
        *_model_server(server),
        *_seats(figures),
        *_disks(hosts),
        *(_failed(session) for session in failed),
    ]
    return sorted(found, key=lambda problem: problem.severity != "error")


def _redis(*, has_redis: bool) -> Iterator[ProblemView]:
    if not has_redis:
        yield _problem(
            "redis_away",
            "Redis does not answer",
            "Start it again, or correct REDIS_URL. Running sessions go on meanwhile; new ones wait, and pages learn of "
            "changes later.",
        )


def _workers(
    working: Sequence[Worker], silent: Sequence[Worker], beating: set[str], *, now: datetime, has_redis: bool
) -> Iterator[ProblemView]:
    if not working:
        yield _problem(
            "no_workers",
            "No worker process is here",
            "Start one with `ollama-flow worker`, on this host or on any that reaches the database and Redis. Sessions "
            "wait until then.",
        )
    for worker in silent:
        yield _problem(
            "worker_silent",
            f"Worker process {worker.name} is gone",
            f"It ended without a word on {worker.host}: look at its log there and start it again. Its sessions go on "
            "elsewhere by themselves.",
            "warning",
            at=worker.last_seen,
        )
    for worker in working:
        is_new = now - worker.started_at < timedelta(seconds=_FIRST_BEAT_SECONDS)
        if worker.draining:
            yield _problem(
                "worker_draining",
                f"Worker process {worker.name} is draining",
                "It was told to end and takes no new sessions. Start another one unless that is meant to be.",
                "warning",
            )
        elif has_redis and worker.name not in beating and not is_new:
            yield _problem(
                "worker_silent",
                f"Worker process {worker.name} tells no figures",
                f"It reaches the database but not this Redis: check REDIS_URL on {worker.host}, and its log.",
                "warning",
            )


def _model_server(server: ModelServer | None) -> Iterator[ProblemView]:
    if server is None:
        return  # no worker process tells of one, which is a problem of its own
    if not server.reachable:
        yield _problem(
            "model_server_away",
            f"The model server at {server.url} does not answer",
            "Start it there, e.g. with `ollama serve`, or correct OLLAMA_HOST of the worker processes. Sessions pause "
            "and go on by themselves once it is back.",
        )
    elif not server.models:
        yield _problem(
            "no_models", f"The model server at {server.url} has no models", "Pull one, e.g. llama3, on the Models page."
        )


def _seats(figures: QueueFigures) -> Iterator[ProblemView]:
    if figures.queued and figures.seats and not figures.free_seats:
        waiting = "1 session waits" if figures.queued == 1 else f"{figures.queued} sessions wait"
        yield _problem(
            "no_free_seats",
            f"{waiting} for a free seat",
            "They start as others end. For more at a time start another worker process, or raise OLLAMA_FLOW_SEATS.",
            "warning",
        )


def _disks(hosts: dict[str, Resources]) -> Iterator[ProblemView]:
    for host, resources in sorted(hosts.items()):
        if resources.disk_percent >= _NEARLY_FULL_PERCENT:
            yield _problem(
                "disk_nearly_full",
                f"The disk of {host} is {resources.disk_percent:.0f}% full",
                "Make room on it: delete old sessions or models that nobody uses. Sessions pause once it is full.",
                "error" if resources.disk_percent >= _FULL_PERCENT else "warning",
            )


def _failed(session: FlowSession) -> ProblemView:
    error = (session.error or session.reason or "It left no reason.")[:_MOST_ERROR_LENGTH]
    return ProblemView(
        kind="session_failed",
        severity="warning",
        title=f"{session.name} failed: {error}",
        advice="Open it to see its log; run it again once the cause is gone.",
        session_id=session.id,
        at=session.ended_at,
    )


def _problem(kind: str, title: str, advice: str, severity: str = "error", *, at: datetime | None = None) -> ProblemView:
    return ProblemView.model_validate({"kind": kind, "severity": severity, "title": title, "advice": advice, "at": at})
