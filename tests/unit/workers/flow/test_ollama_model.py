"""The client of a real HTTP server that speaks Ollama's protocol."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace

import pytest

from common.errors import ModelError, ModelNotFound, ModelUnavailable
from common.states import Architecture
from tests.support.ollama_server import OllamaServer
from workers.flow import ChatRequest, Message, OllamaFlowFramework, OllamaModel, ToolCall, ToolSpec
from workers.flow.ollama_model import base_url


@pytest.fixture
def server() -> Iterator[OllamaServer]:
    with OllamaServer() as running:
        yield running


@pytest.fixture
async def model(server: OllamaServer) -> AsyncIterator[OllamaModel]:
    client = OllamaModel(server.url)
    yield client
    await client.aclose()


def ask(model: str = "scripted", key: str = "work/1", **options: int) -> ChatRequest:
    return ChatRequest(
        model=model, messages=(Message(role="user", content="Say something."),), options=options, step_key=key
    )


async def read(model: OllamaModel, request: ChatRequest) -> str:
    async with model.chat(request) as chunks:
        return "".join([chunk.text async for chunk in chunks])


async def wait_for(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not condition():  # the server lives in another thread
            await asyncio.sleep(0.01)


async def test_an_answer_is_streamed_with_its_counts(model: OllamaModel, server: OllamaServer) -> None:
    async with model.chat(ask(num_predict=100, num_ctx=2048)) as chunks:
        pieces = [chunk async for chunk in chunks]
    assert len(pieces) > 2
    assert "".join(piece.text for piece in pieces).startswith("Scripted answer")
    assert [piece.done for piece in pieces] == [False] * (len(pieces) - 1) + [True]
    assert pieces[-1].done_reason == "stop"
    assert pieces[-1].prompt_tokens > 0
    assert pieces[-1].output_tokens == len(pieces) - 1
    assert server.requests[0]["options"] == {"num_predict": 100, "num_ctx": 2048}


async def test_the_steps_key_is_sent_along_with_each_call(model: OllamaModel, server: OllamaServer) -> None:
    await asyncio.gather(*(read(model, ask(key=f"sub-queen-{number}/plan")) for number in range(5)))
    assert set(server.calls) == {f"sub-queen-{number}/plan" for number in range(5)}
    assert all(call["started"] == call["finished"] == 1 for call in server.calls.values())


async def test_calls_one_after_the_other_use_one_connection(model: OllamaModel, server: OllamaServer) -> None:
    for _ in range(5):
        await read(model, ask())
    assert len(server.peers) == 1


async def test_leaving_the_answer_closes_the_stream_at_once(model: OllamaModel, server: OllamaServer) -> None:
    server.output_tokens, server.tokens_per_second = 10_000, 100
    async with model.chat(ask()) as chunks:
        await anext(chunks)
        assert server.active == 1
    await wait_for(lambda: server.active == 0)
    assert server.calls["work/1"]["cancelled"] == 1


@pytest.mark.parametrize("mode", ["slow", "hang"])
async def test_cancelling_closes_the_stream_at_once(model: OllamaModel, server: OllamaServer, mode: str) -> None:
    if mode == "hang":
        server.mode = "hang"
    else:
        server.output_tokens, server.tokens_per_second = 10_000, 100
    running = asyncio.create_task(read(model, ask()))
    await wait_for(lambda: server.active == 1)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    await wait_for(lambda: server.active == 0)
    assert server.calls["work/1"] == {"started": 1, "finished": 0, "cancelled": 1, "failed": 0}


@pytest.mark.parametrize("mode", ["error500", "busy503", "cut"])
async def test_a_server_in_trouble_is_unavailable(model: OllamaModel, server: OllamaServer, mode: str) -> None:
    server.mode = mode  # type: ignore[assignment] # one of its modes
    with pytest.raises(ModelUnavailable):
        await read(model, ask())
    server.mode = "ok"
    assert await read(model, ask())


async def test_an_unknown_model_is_not_found(model: OllamaModel) -> None:
    with pytest.raises(ModelNotFound, match="'nosuch'"):
        await read(model, ask("nosuch"))
    with pytest.raises(ModelNotFound):
        await model.describe("nosuch")


async def test_nobody_at_the_address_is_unavailable() -> None:
    with socket.socket() as unused:  # bound, but it does not listen
        unused.bind(("127.0.0.1", 0))
        model = OllamaModel(f"127.0.0.1:{unused.getsockname()[1]}")
        with pytest.raises(ModelUnavailable, match="is away"):
            await read(model, ask())
        with pytest.raises(ModelUnavailable):
            await model.list_models()
        await model.aclose()


async def test_a_silent_server_is_unavailable_after_the_time_allowed(server: OllamaServer) -> None:
    server.mode = "hang"
    model = OllamaModel(server.url, first_token_seconds=0.05)
    with pytest.raises(ModelUnavailable, match=r"silent for 0\.05 s"):
        await read(model, ask())
    await wait_for(lambda: server.active == 0)
    await model.aclose()


async def test_a_pause_between_tokens_counts_by_its_own_limit(server: OllamaServer) -> None:
    server.output_tokens, server.tokens_per_second = 100, 0.5
    model = OllamaModel(server.url, next_token_seconds=0.05)
    with pytest.raises(ModelUnavailable, match="silent"):
        await read(model, ask())
    await model.aclose()


async def test_never_more_calls_at_once_than_allowed(server: OllamaServer) -> None:
    server.delay_seconds = 0.02
    model = OllamaModel(server.url, max_concurrent_calls=3)
    await asyncio.gather(*(read(model, ask()) for _ in range(9)))
    assert server.max_active == 3
    await model.aclose()


async def test_models_are_listed_and_described(model: OllamaModel) -> None:
    listed = await model.list_models()
    assert [item.name for item in listed] == ["llama3:latest", "scripted:latest"]
    assert listed[0].size_bytes == 1000
    assert listed[0].details["family"] == "llama"
    info = await model.describe("scripted")
    assert (info.context_length, info.capabilities) == (8192, frozenset({"completion"}))
    assert await model.version() == "0.0.0-scripted"


@pytest.mark.parametrize(
    ("parameters", "limit"),
    [
        ("", None),
        ("num_predict                    320", 320),
        ('temperature 0.6\nnum_predict 64\nstop "num_predict 7"', 64),
        ("num_predict -1", None),
        ("num_predict 0", None),
        ("not_num_predict 5", None),
    ],
)
async def test_a_model_tells_how_long_its_answers_may_be(
    model: OllamaModel, server: OllamaServer, parameters: str, limit: int | None
) -> None:
    server.parameters = parameters
    assert (await model.describe("scripted")).max_output_tokens == limit


async def test_what_is_not_ollama_is_told(server: OllamaServer) -> None:
    model = OllamaModel(f"{server.url}/control")
    with pytest.raises(ModelError):
        await model.version()
    await model.aclose()


async def test_it_may_be_used_again_after_closing(model: OllamaModel) -> None:
    assert await read(model, ask())
    await model.aclose()
    assert await read(model, ask())


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("", "http://127.0.0.1:11434"),
        (":5", "http://127.0.0.1:5"),
        ("0.0.0.0", "http://127.0.0.1:11434"),
        ("box", "http://box:11434"),
        ("http://box", "http://box:80"),
        ("https://box/ollama/", "https://box:443/ollama"),
        ("http://[::1]:7", "http://[::1]:7"),
    ],
)
def test_a_host_is_read_in_all_of_ollamas_ways(host: str, url: str) -> None:
    assert base_url(host) == url


@pytest.mark.parametrize("architecture", Architecture)
async def test_a_whole_flow_runs_over_http(
    architecture: Architecture, model: OllamaModel, server: OllamaServer
) -> None:
    result = await OllamaFlowFramework(model, "scripted", 4, architecture).run_task("Explain the tides.")
    assert result.answer.startswith("Scripted answer")
    assert all(call["started"] == call["finished"] == 1 for call in server.calls.values())


async def test_cancelling_a_flow_leaves_the_server_idle(model: OllamaModel, server: OllamaServer) -> None:
    server.output_tokens, server.tokens_per_second = 10_000, 100
    framework = OllamaFlowFramework(model, "scripted", 4, Architecture.FULLY_CONNECTED)
    running = asyncio.create_task(framework.run_task("Explain the tides."))
    await wait_for(lambda: server.active == 4)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    await wait_for(lambda: server.active == 0)


# --- tools --------------------------------------------------------------------------------------------------------

LOOK = ToolSpec(
    name="read_file",
    description="Return a file.",
    parameters={
        "type": "object",
        "properties": {"path": {"type": "string", "description": "Where it is."}},
        "required": ["path"],
    },
)


def ask_with_tools(*messages: Message) -> ChatRequest:
    return replace(ask(), messages=(*ask().messages, *messages), tools=(LOOK,))


async def read_calls(model: OllamaModel, request: ChatRequest) -> list[ToolCall]:
    async with model.chat(request) as chunks:
        return [call async for chunk in chunks for call in chunk.tool_calls]


async def test_a_model_tells_whether_it_can_call_tools(model: OllamaModel, server: OllamaServer) -> None:
    assert not (await model.describe("scripted")).can_call_tools
    server.capabilities = ("completion", "tools")
    assert (await model.describe("scripted")).can_call_tools


@pytest.mark.parametrize("at_once", [False, True], ids=["streamed", "in one piece"])
async def test_tools_are_offered_in_ollamas_form_and_calls_are_read(
    model: OllamaModel, server: OllamaServer, at_once: bool
) -> None:
    server.capabilities, server.at_once = ("completion", "tools"), at_once
    server.tool_calls = {
        "work/1": [{"name": "read_file", "arguments": {"path": path}} for path in ("a.py", "b.py")],
    }
    calls = await read_calls(model, ask_with_tools())
    assert calls == [ToolCall(name="read_file", arguments={"path": path}) for path in ("a.py", "b.py")]
    (tool,) = server.requests[0]["tools"]
    assert tool["type"] == "function"
    assert tool["function"]["name"] == "read_file"
    assert tool["function"]["parameters"]["properties"]["path"] == {"type": "string", "description": "Where it is."}
    assert tool["function"]["parameters"]["required"] == ["path"]


async def test_without_tools_nothing_is_said_of_them(model: OllamaModel, server: OllamaServer) -> None:
    await read(model, ask())
    assert server.requests[0]["tools"] == []
    assert server.requests[0]["messages"] == [{"role": "user", "content": "Say something."}]


async def test_calls_and_results_go_back_in_ollamas_form(model: OllamaModel, server: OllamaServer) -> None:
    server.capabilities = ("completion", "tools")
    asked = (ToolCall(name="read_file", arguments={"path": "a.py"}), ToolCall(name="", arguments="no JSON"))
    request = ask_with_tools(
        Message(role="assistant", content="", tool_calls=asked),
        Message(role="tool", content="x = 1", tool_name="read_file"),
    )
    assert (await read(model, request)).startswith("Scripted answer")
    assert server.requests[0]["messages"][1:] == [
        {
            "role": "assistant",
            "tool_calls": [
                {"function": {"name": "read_file", "arguments": {"path": "a.py"}}},
                {"function": {"name": "", "arguments": {"unreadable": "no JSON"}}},
            ],
        },
        {"role": "tool", "content": "x = 1", "tool_name": "read_file"},
    ]


@pytest.mark.parametrize(
    "sent",
    [
        {"error": "error parsing tool call: raw='{\"path\": ', err=unexpected end of JSON input"},
        {"name": "read_file", "arguments": '{"path": '},
    ],
    ids=["as Ollama tells it", "as others send it"],
)
async def test_a_call_that_nobody_can_read_is_a_call_and_no_failure(
    model: OllamaModel, server: OllamaServer, sent: dict[str, str]
) -> None:
    server.capabilities, server.tool_calls = ("completion", "tools"), {"work/1": [sent]}
    (call,) = await read_calls(model, ask_with_tools())
    assert call.name == ""
    assert isinstance(call.arguments, str)
    assert '{"path": ' in call.arguments
    assert await read(model, ask(key="work/2"))


async def test_a_model_that_cannot_call_tools_refuses_them(model: OllamaModel) -> None:
    with pytest.raises(ModelError, match="does not support tools"):
        await read(model, ask_with_tools())
