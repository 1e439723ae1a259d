"""The scripted Ollama that other tests build on, against the official client."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import ollama
import pytest
from pydantic import BaseModel

from tests.support.ollama_server import OllamaServer

ASKED = [{"role": "user", "content": "Say something."}]


@pytest.fixture
def server() -> Iterator[OllamaServer]:
    with OllamaServer() as running:
        yield running


@pytest.fixture
def client(server: OllamaServer) -> Iterator[ollama.Client]:
    with ollama.Client(host=server.url, trust_env=False) as official:
        yield official


async def wait_for(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not condition():  # the server lives in another thread
            await asyncio.sleep(0.01)


def test_models_are_listed_shown_and_running(client: ollama.Client) -> None:
    assert [item.model for item in client.list().models] == ["scripted:latest", "llama3:latest"]
    assert client.show("scripted").capabilities == ["completion"]
    assert client.ps().models == []
    client.chat("scripted", ASKED)
    assert [item.model for item in client.ps().models] == ["scripted:latest"]


def test_an_answer_is_the_same_streamed_or_not(client: ollama.Client) -> None:
    whole = client.chat("scripted", ASKED)
    parts = list(client.chat("scripted", ASKED, stream=True))
    assert whole.message.content == "".join(part.message.content or "" for part in parts)
    assert (parts[-1].done, parts[-1].done_reason) == (True, "stop")
    assert (whole.prompt_eval_count, whole.eval_count) == (parts[-1].prompt_eval_count, len(parts) - 1)


def test_tools_are_called_the_same_streamed_or_not(client: ollama.Client, server: OllamaServer) -> None:
    server.capabilities = ("completion", "tools")
    server.tool_calls = {"": [{"name": "look", "arguments": {"path": name}} for name in "ab"]}
    tool = {"function": {"name": "look", "description": "Look.", "parameters": {"type": "object", "properties": {}}}}
    assert client.show("scripted").capabilities == ["completion", "tools"]
    whole = client.chat("scripted", ASKED, tools=[tool])
    parts = list(client.chat("scripted", ASKED, tools=[tool], stream=True))
    asked = [call.function.arguments for call in whole.message.tool_calls or ()]
    assert asked == [{"path": "a"}, {"path": "b"}]
    assert asked == [call.function.arguments for part in parts for call in part.message.tool_calls or ()]
    assert client.chat("scripted", ASKED).message.tool_calls is None


def test_a_schema_is_followed_and_a_limit_kept(client: ollama.Client, server: OllamaServer) -> None:
    class Answer(BaseModel):
        word: str
        sure: bool

    asked = client.chat("scripted", ASKED, format=Answer.model_json_schema())
    assert Answer.model_validate_json(asked.message.content or "").sure
    server.output_tokens = 50
    cut = client.chat("scripted", ASKED, options={"num_predict": 7})
    assert (cut.eval_count, cut.done_reason) == (7, "length")
    assert client.chat("scripted", ASKED).eval_count == 50


@pytest.mark.parametrize(("mode", "status"), [("error500", 500), ("busy503", 503)])
def test_it_refuses_when_told_to(client: ollama.Client, server: OllamaServer, mode: str, status: int) -> None:
    server.mode = mode  # type: ignore[assignment] # one of its modes
    for ask in (lambda: client.chat("scripted", ASKED), client.list, lambda: client.show("scripted")):
        with pytest.raises(ollama.ResponseError) as refused:
            ask()
        assert refused.value.status_code == status
    assert server.calls[""] == {"started": 1, "finished": 0, "cancelled": 0, "failed": 1}


def test_a_model_that_it_has_not_is_not_found(client: ollama.Client) -> None:
    with pytest.raises(ollama.ResponseError, match="not found"):
        client.chat("nosuch", ASKED)


def test_an_answer_breaks_off_in_the_middle_when_told_to(client: ollama.Client, server: OllamaServer) -> None:
    server.mode, server.output_tokens = "cut", 20
    got: list[str] = []
    with pytest.raises(httpx.HTTPError):
        got.extend(part.message.content or "" for part in client.chat("scripted", ASKED, stream=True))
    assert server.calls[""]["failed"] == 1
    assert server.active == 0


@pytest.mark.parametrize("mode", ["ok", "hang"])
async def test_a_client_that_leaves_is_noticed_and_counted(server: OllamaServer, mode: str) -> None:
    server.mode, server.output_tokens, server.tokens_per_second = mode, 10_000, 100  # type: ignore[assignment]
    async with ollama.AsyncClient(host=server.url, trust_env=False, headers={"X-Step-Key": "work/1"}) as client:

        async def read() -> None:
            async for _ in await client.chat("scripted", ASKED, stream=True):
                pass

        reading = asyncio.create_task(read())
        await wait_for(lambda: server.active == 1)
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading
        await wait_for(lambda: server.active == 0)
    assert server.calls["work/1"] == {"started": 1, "finished": 0, "cancelled": 1, "failed": 0}


async def test_tokens_come_at_the_pace_that_is_set(server: OllamaServer) -> None:
    server.output_tokens, server.tokens_per_second = 5, 50
    loop = asyncio.get_running_loop()
    async with ollama.AsyncClient(host=server.url, trust_env=False) as client:
        began = loop.time()
        await client.chat("scripted", ASKED)
        assert loop.time() - began >= 5 / 50


def test_as_a_process_it_is_set_and_asked_over_http() -> None:
    command = [sys.executable, "-m", "tests.support.ollama_server", "--output-tokens", "5"]
    root = Path(__file__).parents[4]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=root) as process:
        try:
            assert process.stdout is not None
            url = process.stdout.readline().strip()
            with httpx.Client(base_url=url, trust_env=False) as control:
                assert control.get("/control").json()["output_tokens"] == 5
                assert control.post("/control", json={"mode": "nosuch"}).status_code == 400
                assert control.post("/control", json={"nosuch": 1}).status_code == 400
                assert control.post("/control", json={"mode": "busy503"}).json()["mode"] == "busy503"
                asked = {"model": "scripted", "messages": ASKED, "stream": False}
                assert control.post("/api/chat", json=asked).status_code == 503
                control.post("/control", json={"mode": "ok"})
                answer = control.post("/api/chat", json=asked, headers={"X-Step-Key": "plan"})
                assert len(json.loads(answer.text)["message"]["content"].split()) == 5
                calls = control.get("/control/calls").json()
                assert calls["plan"] == {"started": 1, "finished": 1, "cancelled": 0, "failed": 0}
                assert control.get("/control").json()["finished"] == 1
        finally:
            process.terminate()
