"""The life of the process: it listens at once, and a signal ends it soon, whatever it is doing."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

from tests.integration.model_server.conftest import MODEL, ModelServerProcess
from tests.support.waiting import wait_until

pytestmark = pytest.mark.xdist_group("model_server")
STORY = {"model": MODEL, "messages": [{"role": "user", "content": "Tell me a long story."}]}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_within_three_seconds_during_a_generation(
    own_server: ModelServerProcess, number: signal.Signals
) -> None:
    own_server.wait_until_loaded()
    with own_server.http.stream("POST", "/api/chat", json=STORY | {"options": {"num_predict": -1}}) as answer:
        next(answer.iter_lines())
        assert own_server.end(number) == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_while_the_model_still_loads(own_server: ModelServerProcess, number: signal.Signals) -> None:
    wait_until(lambda: "listens" in own_server.log.read_text(), "it listens", 30)
    assert own_server.end(number) in {0, -number}


def test_a_chat_that_comes_too_early_waits_for_the_model(own_server: ModelServerProcess) -> None:
    wait_until(lambda: "listens" in own_server.log.read_text(), "it listens", 30)
    answer = own_server.http.post("/api/chat", json=STORY | {"options": {"num_predict": 2}, "stream": False})
    assert answer.json()["eval_count"] == 2


def test_a_port_in_use_ends_the_start(model_server: ModelServerProcess) -> None:
    port = model_server.url.rpartition(":")[2]
    words = [sys.executable, "-m", "workers.model_server", "--port", port]
    ended = subprocess.run(words, capture_output=True, text=True, timeout=30, check=False)
    assert ended.returncode != 0
    assert "address already in use" in ended.stderr.lower()
