"""Whoever leaves stops the engine: while it generates, while it reads a long prompt, and while it has not begun."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import ollama
import pytest

from tests.integration.model_server.conftest import MODEL, ModelServerProcess
from tests.support.waiting import wait_until

pytestmark = pytest.mark.xdist_group("model_server")
STORY = [{"role": "user", "content": "Tell me a very long story about a ship."}]
#: A text that the model cannot end for many seconds.
ENDLESS = {"type": "string", "minLength": 3500}
#: Takes many seconds to read.
LONG = [{"role": "user", "content": "A storm came up, and the ship turned round. " * 600}]


@pytest.fixture
async def client(model_server: ModelServerProcess) -> AsyncIterator[ollama.AsyncClient]:
    async with ollama.AsyncClient(host=model_server.url, trust_env=False, timeout=120) as client:
        yield client


async def wait_for_active(server: ModelServerProcess, wanted: int, seconds: float = 20) -> None:
    await asyncio.to_thread(wait_until, lambda: server.active() == wanted, f"{wanted} generations are active", seconds)


async def leave(task: asyncio.Task[object]) -> None:
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def test_closing_a_stream_stops_the_engine(model_server: ModelServerProcess, client: ollama.AsyncClient) -> None:
    parts = await client.chat(MODEL, STORY, stream=True, format=ENDLESS)
    await anext(parts)
    assert await asyncio.to_thread(model_server.active) == 1
    await parts.aclose()  # type: ignore[attr-defined] # the client calls its generator an iterator
    await wait_for_active(model_server, 0, 3)


async def test_leaving_stops_the_engine_though_nothing_was_to_be_streamed(
    model_server: ModelServerProcess, client: ollama.AsyncClient
) -> None:
    asked = asyncio.create_task(client.chat(MODEL, STORY, format=ENDLESS))
    await wait_for_active(model_server, 1)
    await leave(asked)
    await wait_for_active(model_server, 0, 3)


async def test_leaving_stops_the_reading_of_a_long_prompt(
    model_server: ModelServerProcess, client: ollama.AsyncClient
) -> None:
    asked = asyncio.create_task(client.chat(MODEL, LONG))
    await wait_for_active(model_server, 1)
    await leave(asked)
    await wait_for_active(model_server, 0, 4)


async def test_who_leaves_while_waiting_never_reaches_the_engine(
    model_server: ModelServerProcess, client: ollama.AsyncClient
) -> None:
    running = [asyncio.create_task(client.chat(MODEL, STORY, format=ENDLESS)) for _ in range(4)]
    await wait_for_active(model_server, 4)
    waiting = asyncio.create_task(client.chat(MODEL, STORY, format=ENDLESS))
    behind = asyncio.create_task(client.chat(MODEL, STORY, options={"num_predict": 4}))
    done, _ = await asyncio.wait([waiting, behind], timeout=0.5)
    assert not done
    assert await asyncio.to_thread(model_server.active) == 4
    await leave(waiting)
    await leave(running.pop())
    assert (await behind).eval_count == 4
    assert await asyncio.to_thread(model_server.active) == 3
    for task in running:
        await leave(task)
    await wait_for_active(model_server, 0, 3)


async def test_six_chats_at_once_all_finish(client: ollama.AsyncClient) -> None:
    answers = await asyncio.gather(*(client.chat(MODEL, STORY, options={"num_predict": 8}) for _ in range(6)))
    assert [answer.eval_count for answer in answers] == [8] * 6
