"""The gate lets requests through in order, as far as slots and context go."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from workers.model_server.errors import Refusal
from workers.model_server.gate import Gate


class Visitor:
    """Somebody who goes through the gate and stays until told to leave."""

    def __init__(self, gate: Gate, tokens: int) -> None:
        self.inside = False
        self._leave = asyncio.Event()
        self._task = asyncio.create_task(self._visit(gate, tokens))

    async def _visit(self, gate: Gate, tokens: int) -> None:
        async with gate.room(tokens):
            self.inside = True
            try:
                await self._leave.wait()
            finally:
                self.inside = False

    async def leave(self) -> None:
        self._leave.set()
        await self._task

    def give_up(self) -> None:
        self._task.cancel()


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def who_is_inside(visitors: list[Visitor]) -> list[int]:
    await settle()
    return [number for number, visitor in enumerate(visitors) if visitor.inside]


@pytest.fixture
def make_gate() -> Callable[..., Gate]:
    def make(slots: int = 2, tokens: int = 100, most_waiting: int = 10) -> Gate:
        return Gate(slots=slots, tokens=tokens, most_waiting=most_waiting)

    return make


async def test_no_more_than_the_slots_are_inside(make_gate: Callable[..., Gate]) -> None:
    gate = make_gate()
    visitors = [Visitor(gate, 1) for _ in range(4)]
    assert await who_is_inside(visitors) == [0, 1]
    await visitors[1].leave()
    assert await who_is_inside(visitors) == [0, 2]


async def test_a_large_one_is_not_overtaken_by_small_ones(make_gate: Callable[..., Gate]) -> None:
    gate = make_gate(slots=4)
    visitors = [Visitor(gate, tokens) for tokens in (60, 60, 10)]
    assert await who_is_inside(visitors) == [0]
    await visitors[0].leave()
    assert await who_is_inside(visitors) == [1, 2]


async def test_who_gives_up_makes_way(make_gate: Callable[..., Gate]) -> None:
    gate = make_gate(slots=1)
    visitors = [Visitor(gate, 1) for _ in range(4)]
    assert await who_is_inside(visitors) == [0]
    visitors[1].give_up()
    visitors[0].give_up()  # at the same moment: the turn must not be lost on the one that has gone
    visitors[2].give_up()
    assert await who_is_inside(visitors) == [3]
    await visitors[3].leave()
    assert await who_is_inside([*visitors, Visitor(gate, 100)]) == [4]


async def test_who_is_called_and_leaves_at_once_gives_the_room_back(make_gate: Callable[..., Gate]) -> None:
    gate = make_gate(slots=1)
    first, second = Visitor(gate, 1), Visitor(gate, 1)
    await settle()
    first.give_up()
    await asyncio.sleep(0)  # the first is gone and the second's turn is set, but it has not run yet
    second.give_up()
    assert await who_is_inside([first, second, Visitor(gate, 100)]) == [2]


async def test_beyond_its_length_the_queue_refuses(make_gate: Callable[..., Gate]) -> None:
    gate = make_gate(slots=1, most_waiting=2)
    visitors = [Visitor(gate, 1) for _ in range(3)]
    await settle()
    with pytest.raises(Refusal, match="server busy") as caught:
        async with gate.room(1):
            pytest.fail("nobody may pass")
    assert caught.value.status == 503
    for visitor in visitors:
        visitor.give_up()
    await settle()
