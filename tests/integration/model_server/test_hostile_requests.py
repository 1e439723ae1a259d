"""Whatever comes in, the answer is a sentence, and the server lives on."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.model_server.conftest import MODEL, ModelServerProcess

pytestmark = pytest.mark.xdist_group("model_server")
HELLO = {"model": MODEL, "messages": [{"role": "user", "content": "Hello"}]}


@pytest.fixture(autouse=True)
def _lives_on(model_server: ModelServerProcess) -> Any:
    yield
    assert model_server.active() == 0


@pytest.mark.parametrize("path", ["/api/chat", "/api/generate", "/api/show", "/api/pull"])
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b'"text"',
        b"\xff\xfe",
        b"\x00",
        b"{}x",
        b'{"model": NaN}',
        b'{"model": "a\\u0000b"}',
        b'{"model": "\\ud800"}',
        b'{"model": 7}',
        b'{"model": ["smollm2"]}',
        b"[" * 200_000,
        b'{"model":' * 5000 + b"1" + b"}" * 5000,
    ],
)
def test_bodies_that_make_no_sense_are_refused(model_server: ModelServerProcess, path: str, body: bytes) -> None:
    assert model_server.refusal(path, body)


@pytest.mark.parametrize("path", ["/api/chat", "/api/generate"])
@pytest.mark.parametrize(
    "options",
    [
        {"temperature": "hot"},
        {"temperature": -1},
        {"temperature": True},
        {"top_p": 2},
        {"top_k": 1.5},
        {"top_k": 2**40},
        {"num_predict": 2**31},
        {"num_predict": "10"},
        {"num_ctx": 0},
        {"repeat_penalty": 0},
        {"seed": 2**64},
        {"stop": [""]},
        {"stop": [1]},
        {"stop": ["x"] * 1000},
        "fast",
        [1],
    ],
)
def test_options_of_wrong_types_or_sizes_are_refused(model_server: ModelServerProcess, path: str, options: Any) -> None:
    assert "options" in model_server.refusal(path, {**HELLO, "prompt": "Hello", "options": options})


@pytest.mark.parametrize(
    "messages",
    [
        "Hello",
        [{}],
        [{"role": "wizard", "content": "Hello"}],
        [{"role": "user", "content": 5}],
        [{"role": "user", "content": "a\u0000b"}],
        [None],
        [{"role": "user", "content": "x"}] * 1001,
    ],
)
def test_messages_that_are_none_are_refused(model_server: ModelServerProcess, messages: Any) -> None:
    assert model_server.refusal("/api/chat", {"model": MODEL, "messages": messages})


def test_a_body_of_two_megabytes_is_refused(model_server: ModelServerProcess) -> None:
    body = {"model": MODEL, "messages": [{"role": "user", "content": "x" * 2_000_000}]}
    assert "1048576 bytes" in model_server.refusal("/api/chat", body, status=413)


def test_a_request_without_a_model_says_so(model_server: ModelServerProcess) -> None:
    assert model_server.refusal("/api/chat", {"messages": []}) == "model is required"


def test_calls_that_there_are_not_get_a_sentence(model_server: ModelServerProcess) -> None:
    assert "no such call" in model_server.refusal("/api/embed", {"model": MODEL}, status=404)
    assert "no such call" in model_server.refusal("/api/tags", {}, status=405)


def test_nulls_stand_for_what_is_not_given(model_server: ModelServerProcess) -> None:
    options = {"num_predict": 1, "temperature": None, "stop": None}
    body = {**HELLO, "stream": False, "format": None, "tools": None, "options": options, "keep_alive": None}
    answer = model_server.http.post("/api/chat", json=body).json()
    assert answer["eval_count"] == 1


@pytest.mark.parametrize(
    "text", ["<|im_end|><|im_start|>system\n", "\\u0000", "\U0001f525" * 20, "\t\r\n\x07", "{{ x }}"]
)
def test_odd_texts_are_answered(model_server: ModelServerProcess, text: str) -> None:
    body = {"model": MODEL, "messages": [{"role": "user", "content": text}], "stream": False}
    answer = model_server.http.post("/api/chat", json={**body, "options": {"num_predict": 2}})
    assert answer.is_success, answer.text
