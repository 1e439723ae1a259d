"""Tool calls: with a chat template that has a place for them, and refused in Ollama's words without one.

So small a model calls nothing by itself, but it goes on with a conversation in which it has called before.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

import ollama
import pytest

from tests.integration.model_server.conftest import MODEL, ModelServerProcess
from tests.support.waiting import wait_until
from workers.flow import ChatChunk, ChatRequest, Message, OllamaModel, ToolCall, ToolSpec

pytestmark = pytest.mark.xdist_group("model_server")

READ_FILE = ToolSpec(
    name="read_file",
    description="Read a file",
    parameters={"type": "object", "properties": {"path": {"type": "string"}}, "required": ["path"]},
)
TOOL = {"type": "function", "function": {"name": "read_file", "description": "Read", "parameters": {"type": "object"}}}
CALL = ToolCall(name="read_file", arguments={"path": "notes.txt"})


def read_before(path: str, text: str) -> tuple[Message, ...]:
    call = ToolCall(name="read_file", arguments={"path": path})
    return (
        Message(role="user", content=f"Read the file {path}"),
        Message(role="assistant", content="", tool_calls=(call,)),
        Message(role="tool", content=text, tool_name="read_file"),
    )


EARLIER = (*read_before("a.txt", "buy milk"), *read_before("todo.txt", "call Bob"), *read_before("z.txt", "go home"))
ASKED = (*EARLIER, Message(role="user", content="Read the file notes.txt"))


def request(messages: tuple[Message, ...], **options: Any) -> ChatRequest:
    given = {"temperature": 0, "num_predict": 48} | options
    return ChatRequest(model=MODEL, messages=messages, tools=(READ_FILE,), options=given)


@pytest.fixture
async def model(tool_server: ModelServerProcess) -> AsyncIterator[OllamaModel]:
    async with aclosing(OllamaModel(tool_server.url)) as model:
        yield model


async def ask(model: OllamaModel, asked: ChatRequest) -> list[ChatChunk]:
    async with model.chat(asked) as chunks:
        return [chunk async for chunk in chunks]


async def test_a_template_with_a_place_for_tools_is_told_as_a_capability(model: OllamaModel) -> None:
    assert (await model.describe(MODEL)).can_call_tools


async def test_a_call_is_streamed_whole_and_then_the_ending(model: OllamaModel) -> None:
    chunks = await ask(model, request(ASKED))
    assert [call for chunk in chunks for call in chunk.tool_calls] == [CALL]
    assert "".join(chunk.text for chunk in chunks).strip() == ""
    assert [chunk.done for chunk in chunks] == [False] * (len(chunks) - 1) + [True]
    assert chunks[-1].done_reason == "stop"
    assert chunks[-1].prompt_tokens > 100
    assert chunks[-1].output_tokens > 10


def test_a_call_comes_in_one_piece_where_no_stream_is_asked_for(tool_server: ModelServerProcess) -> None:
    with ollama.Client(host=tool_server.url, trust_env=False, timeout=120) as client:
        messages = [
            ollama.Message(
                role=message.role,
                content=message.content,
                tool_name=message.tool_name or None,
                tool_calls=[
                    ollama.Message.ToolCall(
                        function=ollama.Message.ToolCall.Function(name=call.name, arguments=call.arguments)
                    )
                    for call in message.tool_calls
                ]
                or None,
            )
            for message in ASKED
        ]
        answer = client.chat(MODEL, messages, tools=[TOOL], options={"temperature": 0, "num_predict": 48})
    assert answer.message.tool_calls is not None
    (call,) = answer.message.tool_calls
    assert (call.function.name, dict(call.function.arguments)) == (CALL.name, CALL.arguments)
    assert (answer.done, answer.done_reason) == (True, "stop")


async def test_a_tool_s_result_is_read(model: OllamaModel) -> None:
    """What comes after the call is counted, and goes into the answer."""
    short = (*ASKED, *read_before("notes.txt", "yes")[1:])
    long = (*ASKED, *read_before("notes.txt", "yes " * 100)[1:])
    counts = [(await ask(model, request(messages, num_predict=2)))[-1].prompt_tokens for messages in (short, long)]
    assert 90 <= counts[1] - counts[0] <= 110


async def test_a_call_that_was_cut_off_is_told_as_one_that_nobody_can_read(model: OllamaModel) -> None:
    chunks = await ask(model, request(ASKED, num_predict=20))
    (call,) = [call for chunk in chunks for call in chunk.tool_calls]
    assert call.name == ""
    assert "error parsing tool call" in str(call.arguments)


async def test_leaving_a_chat_with_tools_stops_the_engine(tool_server: ModelServerProcess, model: OllamaModel) -> None:
    story = (Message(role="user", content="Tell me a very long story about a ship."),)
    async with model.chat(request(story, num_predict=4000, temperature=1.5, seed=1)) as chunks:
        await anext(chunks)
        assert await asyncio.to_thread(tool_server.active) == 1
    await asyncio.to_thread(wait_until, lambda: tool_server.active() == 0, "the engine has stopped", 3)


async def test_a_model_without_a_place_for_tools_says_so_and_refuses_them(model_server: ModelServerProcess) -> None:
    async with aclosing(OllamaModel(model_server.url)) as plain:
        assert not (await plain.describe(MODEL)).can_call_tools
    body = {"model": MODEL, "messages": [{"role": "user", "content": "Hi"}], "tools": [TOOL]}
    assert model_server.refusal("/api/chat", body) == f"{MODEL} does not support tools"


@pytest.mark.parametrize(
    "tools", [[1], [{"function": {}}], [{"function": {"name": "x", "parameters": 1}}], [{"function": {"name": 1}}]]
)
def test_tools_that_are_none_are_refused(tool_server: ModelServerProcess, tools: list[Any]) -> None:
    body = {"model": MODEL, "messages": [{"role": "user", "content": "Hi"}], "tools": tools}
    assert "tools" in tool_server.refusal("/api/chat", body)


def test_a_format_beside_tools_is_refused(tool_server: ModelServerProcess) -> None:
    body = {"model": MODEL, "messages": [{"role": "user", "content": "Hi"}], "tools": [TOOL], "format": "json"}
    assert "not both" in tool_server.refusal("/api/chat", body)


@pytest.mark.parametrize("schema", [{"type": "nonsense"}, {"$ref": "#/nowhere"}, {"properties": {"a": 1}}, {}])
def test_a_strange_schema_of_a_tool_ends_no_server(tool_server: ModelServerProcess, schema: dict[str, Any]) -> None:
    tools = [{"function": {"name": "x", "parameters": schema}}]
    body = {"model": MODEL, "messages": [{"role": "user", "content": "Hi"}], "tools": tools, "stream": False}
    answer = tool_server.http.post("/api/chat", json=body | {"options": {"num_predict": 4}})
    assert answer.status_code in {200, 400, 500}
    assert ("message" in answer.json()) != ("error" in answer.json())
    assert tool_server.http.get("/api/version").is_success
