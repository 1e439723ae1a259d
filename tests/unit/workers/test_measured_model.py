"""Every call of the model is measured, by how it ended; none is made once the lease is over."""

from __future__ import annotations

import asyncio

import pytest
from prometheus_client import REGISTRY

from common.errors import LeaseLost, ModelUnavailable
from tests.support.leases import hold_session
from workers.flow.model import ChatRequest, Message
from workers.flow.testing import ScriptedModel
from workers.measured_model import MeasuredModel

_REQUEST = ChatRequest(model="tiny", messages=(Message(role="user", content="Say hello."),))


def _count(outcome: str) -> float:
    return REGISTRY.get_sample_value("ollama_flow_model_call_seconds_count", {"outcome": outcome}) or 0.0


async def _read(model: MeasuredModel) -> None:
    async with model.chat(_REQUEST) as chunks:
        async for _ in chunks:
            pass


async def test_a_call_that_ends_well_is_counted_as_ok_and_carries_the_session() -> None:
    before, scripted = _count("ok"), ScriptedModel()
    model = MeasuredModel(scripted, hold_session())
    await _read(model)
    assert _count("ok") == before + 1
    assert (model.calls_cut, model.streams_closed) == (0, 0)
    assert scripted.calls[0].request.session_id == "s1"


async def test_a_call_that_fails_is_counted_as_failed() -> None:
    def fail(request: ChatRequest) -> str:
        raise ModelUnavailable("The server is away.")

    before = _count("failed")
    with pytest.raises(ModelUnavailable):
        await _read(MeasuredModel(ScriptedModel(script=fail), hold_session()))
    assert _count("failed") == before + 1


async def test_a_call_that_is_cut_short_is_counted_as_cancelled() -> None:
    before, begun = _count("cancelled"), asyncio.Event()

    async def wait(request: ChatRequest) -> str:
        begun.set()
        await asyncio.Event().wait()
        return ""

    model = MeasuredModel(ScriptedModel(script=wait), hold_session())
    call = asyncio.create_task(_read(model))
    await begun.wait()
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert _count("cancelled") == before + 1
    assert (model.calls_cut, model.streams_closed) == (1, 1)


async def test_no_call_is_made_once_the_lease_is_over() -> None:
    scripted = ScriptedModel()
    with pytest.raises(LeaseLost):
        await _read(MeasuredModel(scripted, hold_session(seconds=-1)))
    assert scripted.calls == []
