"""The texts of running steps in a real Redis: whole for whoever comes later, also after Redis forgot them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import redis

from common.bus import Bus
from common.events import TokenDelta
from tests.support.servers import Valkey
from workers import tokens
from workers.tokens import TokenStream


@pytest.fixture
async def stream(own_valkey: Valkey, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[TokenStream, Bus]]:
    monkeypatch.setattr(tokens, "_WHOLE_SECONDS", 0.2)
    bus = Bus(own_valkey.url, "texts:")
    made = TokenStream(bus, "s1", 3)
    yield made, bus
    made.close(["plan"])
    bus.close()


def say(text: str, offset: int, attempt: int = 1) -> TokenDelta:
    return TokenDelta(step="plan", agent="queen", attempt=attempt, offset=offset, text=text)


async def read_text(bus: Bus, wanted: str) -> None:
    """Wait until a viewer who comes now gets this text."""
    async with asyncio.timeout(10):
        while [item.text for item in await asyncio.to_thread(bus.read_partials, "s1")] != [wanted]:
            await asyncio.sleep(0.02)


async def test_a_late_viewer_reads_what_a_running_step_said_so_far(stream: tuple[TokenStream, Bus]) -> None:
    told, bus = stream
    told.add(say("One ", 0))
    told.add(say("two ", 4))
    await read_text(bus, "One two ")
    (found,) = bus.read_partials("s1")
    assert (found.step, found.agent, found.epoch, found.attempt, found.offset) == ("plan", "queen", 3, 1, 0)


async def test_a_text_that_redis_forgot_is_whole_again_soon(
    stream: tuple[TokenStream, Bus], own_valkey: Valkey
) -> None:
    told, bus = stream
    told.add(say("One ", 0))
    await read_text(bus, "One ")
    with redis.Redis.from_url(own_valkey.url) as client:
        client.flushall()
    assert bus.read_partials("s1") == []
    told.add(say("two ", 4))
    await read_text(bus, "One two ")


async def test_a_new_attempt_begins_its_text_anew(stream: tuple[TokenStream, Bus]) -> None:
    told, bus = stream
    told.add(say("A first try", 0))
    await read_text(bus, "A first try")
    told.add(say("Again", 0, attempt=2))
    await read_text(bus, "Again")


async def test_nothing_is_left_of_a_step_that_ended(stream: tuple[TokenStream, Bus], own_valkey: Valkey) -> None:
    told, bus = stream
    told.add(say("One ", 0))
    await read_text(bus, "One ")
    told.finish("plan")
    with redis.Redis.from_url(own_valkey.url) as client:
        async with asyncio.timeout(10):
            while client.keys("*"):
                await asyncio.sleep(0.02)
        await asyncio.sleep(0.3)  # longer than texts take to be told again
        assert client.keys("*") == []
