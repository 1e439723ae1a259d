"""The official `ollama` client works against the embedded server unchanged."""

from __future__ import annotations

from typing import Any

import ollama
import pytest

from tests.integration.model_server.conftest import MODEL, ModelServerProcess

pytestmark = pytest.mark.xdist_group("model_server")
STORY = [{"role": "user", "content": "Tell me a long story about a ship."}]


def ask(client: ollama.Client, **options: Any) -> ollama.ChatResponse:
    return client.chat(MODEL, STORY, options={"num_predict": 12} | options)


def test_the_version_says_that_it_is_embedded(model_server: ModelServerProcess) -> None:
    assert "embedded" in model_server.http.get("/api/version").json()["version"]
    assert "Ollama is running" in model_server.http.get("/").text
    assert model_server.http.head("/").is_success


def test_the_model_is_listed_shown_and_running(client: ollama.Client) -> None:
    (listed,) = client.list().models
    assert listed.model == MODEL
    assert listed.size is not None
    assert listed.size > 50_000_000
    assert listed.details is not None
    assert (listed.details.format, listed.details.parameter_size) == ("gguf", "135M")
    shown = client.show(MODEL)
    assert shown.capabilities == ["completion"]
    assert shown.modelinfo is not None
    assert shown.modelinfo["general.architecture"] == "llama"
    assert shown.modelinfo["llama.context_length"] == 8192
    assert shown.parameters is not None
    assert ["num_predict", "128"] in [line.split() for line in shown.parameters.splitlines()]
    (running,) = client.ps().models
    assert (running.model, running.digest) == (MODEL, listed.digest)


def test_a_chat_answers_with_text_and_figures(client: ollama.Client) -> None:
    answer = ask(client)
    assert answer.message.role == "assistant"
    assert answer.message.content
    assert (answer.done, answer.done_reason, answer.eval_count) == (True, "length", 12)
    assert answer.prompt_eval_count is not None
    assert 10 < answer.prompt_eval_count < 100
    for duration in (answer.total_duration, answer.eval_duration, answer.prompt_eval_duration):
        assert duration is not None
        assert 1e4 < duration < 60e9


def test_a_streamed_chat_comes_in_pieces_and_says_the_same(client: ollama.Client) -> None:
    options = {"num_predict": 12, "temperature": 0}
    parts = list(client.chat(MODEL, STORY, stream=True, options=options))
    assert len(parts) > 6
    assert [part.done for part in parts] == [False] * (len(parts) - 1) + [True]
    assert parts[-1].eval_count == 12
    assert "".join(part.message.content or "" for part in parts) == ask(client, temperature=0).message.content


async def test_the_asynchronous_client_works_too(model_server: ModelServerProcess) -> None:
    async with ollama.AsyncClient(host=model_server.url, trust_env=False) as client:
        parts = [part async for part in await client.chat(MODEL, STORY, stream=True, options={"num_predict": 5})]
    assert parts[-1].done_reason == "length"


def test_generate_answers_streamed_and_whole_with_a_system_prompt_and_raw(client: ollama.Client) -> None:
    options = {"num_predict": 8, "temperature": 0}
    whole = client.generate("smollm2", "Name a fruit.", system="You answer in one word.", options=options)
    assert whole.response
    assert whole.prompt_eval_count is not None
    parts = client.generate("smollm2", "Name a fruit.", system="You answer in one word.", options=options, stream=True)
    assert "".join(part.response or "" for part in parts) == whole.response
    raw = client.generate("smollm2:latest", "Once upon a", raw=True, options=options)
    assert raw.prompt_eval_count == 3


def test_a_request_without_a_prompt_only_loads_the_model(client: ollama.Client) -> None:
    assert client.generate(MODEL, keep_alive="5m").done_reason == "load"
    assert client.chat(MODEL).done_reason == "load"


@pytest.mark.parametrize(
    "options", [{"temperature": 0}, {"temperature": 1.5, "seed": 7}, {"temperature": 1, "seed": 0}]
)
def test_the_same_comes_twice_at_temperature_zero_or_with_a_seed(
    client: ollama.Client, options: dict[str, Any]
) -> None:
    assert ask(client, **options).message.content == ask(client, **options).message.content


def test_another_seed_gives_another_answer(client: ollama.Client) -> None:
    texts = {ask(client, temperature=1.5, seed=seed).message.content for seed in range(4)}
    assert len(texts) > 1


def test_every_sampling_option_is_taken(client: ollama.Client) -> None:
    options = {"top_k": 1, "top_p": 0.5, "min_p": 0.1, "repeat_penalty": 1.3, "repeat_last_n": 16, "seed": -1}
    assert ask(client, **options, presence_penalty=0.5, frequency_penalty=0.5, num_ctx=2048, stop=["xyz"]).done
    assert ask(client, top_k=1, temperature=5).message.content == ask(client, temperature=0).message.content


@pytest.mark.parametrize("form", [lambda word: word, lambda word: ["no such text", word]])
def test_a_stop_text_ends_the_answer_before_it(client: ollama.Client, form: Any) -> None:
    whole = ask(client, temperature=0, num_predict=20).message.content
    assert whole is not None
    word = whole.split()[3]
    answer = ask(client, temperature=0, num_predict=20, stop=form(word))
    assert answer.done_reason == "stop"
    assert answer.message.content is not None
    assert whole.startswith(answer.message.content)
    assert word not in answer.message.content


def test_an_answer_never_goes_beyond_the_window(client: ollama.Client) -> None:
    prompt = ask(client, num_predict=1).prompt_eval_count
    assert prompt is not None
    answer = ask(client, num_predict=-1, num_ctx=prompt + 6)
    assert (answer.done_reason, answer.eval_count) == ("length", 6)


@pytest.mark.parametrize(("words", "num_ctx"), [(60, 32), (9000, None)])
def test_a_prompt_longer_than_the_window_is_refused_never_cut(
    client: ollama.Client, words: int, num_ctx: int | None
) -> None:
    options = {"num_ctx": num_ctx} if num_ctx else {}
    with pytest.raises(ollama.ResponseError) as caught:
        client.generate(MODEL, "word " * words, options=options)
    assert caught.value.status_code == 400
    assert f"num_ctx ({num_ctx or 8192})" in caught.value.error
    tokens = int(caught.value.error.split(" tokens")[0].split()[-1])
    assert words < tokens < words + 60


def test_an_unknown_model_is_not_found(client: ollama.Client) -> None:
    calls = (
        lambda: client.chat("llama3", STORY),
        lambda: client.generate("llama3", "Hello"),
        lambda: client.show("llama3"),
    )
    for call in calls:
        with pytest.raises(ollama.ResponseError, match="model 'llama3' not found") as caught:
            call()
        assert caught.value.status_code == 404


def test_only_its_own_model_can_be_pulled(client: ollama.Client) -> None:
    assert client.pull(MODEL).status == "success"
    assert [part.status for part in client.pull("smollm2", stream=True)][-1] == "success"
    with pytest.raises(ollama.ResponseError, match="install Ollama to pull 'llama3'"):
        client.pull("llama3")
    with pytest.raises(ollama.ResponseError, match="install Ollama to pull 'llama3'"):
        list(client.pull("llama3", stream=True))


def test_what_the_model_cannot_do_is_refused_as_ollama_does(client: ollama.Client) -> None:
    def add(a: int, b: int) -> int:
        """Add two numbers."""
        return a + b

    with pytest.raises(ollama.ResponseError, match="does not support tools"):
        client.chat(MODEL, STORY, tools=[add])
    with pytest.raises(ollama.ResponseError, match="does not support thinking"):
        client.chat(MODEL, STORY, think=True)
    with pytest.raises(ollama.ResponseError, match="does not support insert"):
        client.generate(MODEL, "def f(", suffix="return 1")
    with pytest.raises(ollama.ResponseError, match="does not support images"):
        client.chat(MODEL, [{"role": "user", "content": "What is it?", "images": [b"\x89PNG"]}])
    assert client.chat(MODEL, STORY, tools=[], think=False, options={"num_predict": 1}).done
