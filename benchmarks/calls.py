"""What a journaled model call costs: ours, each committed to SQLite, against the bare official client.

Both ask the same scripted Ollama, a process of its own that answers at once, 16 calls at a time.
"""

from __future__ import annotations

import asyncio
import itertools
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path

import ollama

from benchmarks.ratio import compare
from benchmarks.servers import scripted_ollama
from common.bus import Bus
from common.database import Database
from common.migrations import upgrade
from common.options import FlowOptions
from common.queries import accounts, claims
from common.queries.sessions import NewSession, create_session
from workers.flow import OllamaModel
from workers.flow.journal import StepRequest, StepResult
from workers.flow.model import ChatRequest, Message
from workers.journal import DatabaseJournal
from workers.lease import RunningSession, now_seconds

_AT_A_TIME = 16
_CALLS = 160
_ROUNDS = 7
_MODEL = "llama3:latest"
_PROMPT = "Say something about bees."


async def run() -> str:
    """Measure, and return a sentence."""
    with tempfile.TemporaryDirectory() as folder, scripted_ollama() as url:
        database = Database(f"sqlite:///{Path(folder) / 'benchmark.db'}")
        try:
            return await _measure(database, url)
        finally:
            database.dispose()


async def _measure(database: Database, url: str) -> str:
    bare = ollama.AsyncClient(host=url, trust_env=False)
    ours = OllamaModel(url, max_concurrent_calls=_AT_A_TIME)
    journal = _make_journal(database)
    numbers = itertools.count()

    async def call_bare() -> None:
        parts = await bare.chat(model=_MODEL, messages=[{"role": "user", "content": _PROMPT}], stream=True)
        async for _ in parts:
            pass

    async def call_journaled() -> None:
        key = f"work/{next(numbers)}"

        async def execute() -> StepResult:
            request = ChatRequest(model=_MODEL, messages=(Message(role="user", content=_PROMPT),), step_key=key)
            text = ""
            async with ours.chat(request) as chunks:
                async for chunk in chunks:
                    text += chunk.text
            return StepResult(output={"text": text})

        request = StepRequest(key=key, kind="model", agent="drone-1", input={"prompt": _PROMPT}, model=_MODEL)
        await journal.run_step(request, execute)

    async def all_of(call: Callable[[], Awaitable[None]]) -> None:
        waiting = iter(range(_CALLS))

        async def work() -> None:
            for _ in waiting:
                await call()

        await asyncio.gather(*(work() for _ in range(_AT_A_TIME)))

    ratio = await compare(lambda: all_of(call_journaled), lambda: all_of(call_bare), rounds=_ROUNDS)
    await ours.aclose()
    await bare.close()  # type: ignore[no-untyped-call] # untyped there
    return ratio.describe(f"{_CALLS} journaled calls", f"{_CALLS} bare calls")


def _make_journal(database: Database) -> DatabaseJournal:
    """Claim a session, as a worker process does."""
    upgrade(database.engine.url.render_as_string(hide_password=False))
    with database.write() as db:
        owner = accounts.create_user(db, "bench@example.org", "correct horse battery")
        new = NewSession(
            owner_id=owner.id, name="calls", task=_PROMPT, workers=4, architecture="CENTRALIZED", model=_MODEL
        )
        session, _ = create_session(db, new)
        claimed = claims.claim_session(db, session.id, worker="benchmark", lease_seconds=3600, flow_version=1)
    assert claimed is not None
    task = asyncio.current_task()
    assert task is not None
    running = RunningSession(session_id=session.id, epoch=claimed[0].epoch, task=task, holds_until=now_seconds() + 3600)
    return DatabaseJournal(database, Bus("", "bench:"), running, [], [], FlowOptions(), same_version=True)
