"""Metrics: who may read them, and that Prometheus can."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from common.states import State
from tests.integration.web.dashboard import Dashboard, Program

#: What two worker processes tell with their heartbeats.
_TOLD = """# HELP ollama_flow_tokens_total Tokens of committed steps
# TYPE ollama_flow_tokens_total counter
ollama_flow_tokens_total{direction="output"} 7.0
# HELP ollama_flow_seats Seats of this worker process
# TYPE ollama_flow_seats gauge
ollama_flow_seats{state="all"} 4.0
# HELP ollama_flow_step_seconds From a step's start to its commit
# TYPE ollama_flow_step_seconds histogram
ollama_flow_step_seconds_bucket{kind="model",le="1.0"} 2.0
ollama_flow_step_seconds_bucket{kind="model",le="+Inf"} 3.0
ollama_flow_step_seconds_count{kind="model"} 3.0
ollama_flow_step_seconds_sum{kind="model"} 5.5
# HELP from_another_version A metric that this process does not know
# TYPE from_another_version gauge
from_another_version 1.0
"""


def read(who: Program, **more: Any) -> dict[str, list[Any]]:
    """Return the samples of each family; assert that there are no two of one name, and no sample twice."""
    answer = who.ask("GET", "/metrics", **more)
    assert answer.status_code == 200, answer.text
    families = list(text_string_to_metric_families(answer.text))
    assert [name for name, count in Counter(family.name for family in families).items() if count > 1] == []
    samples = [(sample.name, tuple(sorted(sample.labels.items()))) for family in families for sample in family.samples]
    assert len(samples) == len(set(samples))
    assert answer.text.count("# TYPE ") == len(families)
    return {family.name: family.samples for family in families}


def test_prometheus_reads_the_sessions_the_seats_and_this_process(dashboard: Dashboard, ada: Program) -> None:
    for state in (State.QUEUED, State.RUNNING, State.FAILED, State.FAILED):
        dashboard.make(ada.user, state)
    dashboard.beat("llama3", metrics=_TOLD)
    told = read(ada)
    by_state = {sample.labels["state"]: sample.value for sample in told["ollama_flow_sessions"]}
    assert by_state == {"queued": 1, "running": 1, "paused": 0, "completed": 0, "failed": 2, "stopped": 0}
    assert [sample.value for sample in told["ollama_flow_installation_seats"]] == [4]
    assert [sample.value for sample in told["ollama_flow_installation_free_seats"]] == [3]
    named = {f"ollama_flow_{name}" for name in ("queue_wait_seconds", "step_seconds", "model_call_seconds", "tokens",
             "rescues", "seats", "events_relayed", "token_messages_relayed", "viewers")}  # fmt: skip
    assert named <= told.keys()
    assert not [name for name in told if name.endswith("_created")]


def test_the_metrics_of_worker_processes_carry_their_names(on_sqlite: Dashboard) -> None:
    ada = on_sqlite.program()
    on_sqlite.beat("llama3", metrics=_TOLD)
    on_sqlite.beat("llama3", worker="worker-2", metrics=_TOLD.replace("7.0", "9.0"))
    told = read(ada)
    tokens = {sample.labels.get("worker"): sample.value for sample in told["ollama_flow_tokens"]}
    assert (tokens["worker-1"], tokens["worker-2"]) == (7, 9)
    steps = [sample.labels for sample in told["ollama_flow_step_seconds"] if sample.labels.get("worker") == "worker-2"]
    assert [labels["le"] for labels in steps if "le" in labels] == ["1.0", "+Inf"]
    assert {sample.labels["worker"] for sample in told["from_another_version"]} == {"worker-1", "worker-2"}


def test_what_a_worker_process_tells_wrongly_costs_only_its_own_metrics(on_sqlite: Dashboard) -> None:
    on_sqlite.beat("llama3", metrics="this is { no metric\n")
    assert "ollama_flow_sessions" in read(on_sqlite.program())


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "::ffff:127.0.0.1"])
def test_this_machine_needs_no_token(on_sqlite: Dashboard, address: str) -> None:
    client = on_sqlite.app.test_client()
    assert client.get("/metrics", environ_base={"REMOTE_ADDR": address}).status_code == 200


def test_others_need_the_token_of_an_admin(on_sqlite: Dashboard) -> None:
    ada, admin = on_sqlite.program(), on_sqlite.program(admin=True)
    away = {"environ_base": {"REMOTE_ADDR": "10.0.0.7"}}
    assert ada.client.get("/metrics", **away).status_code == 401
    assert ada.ask("GET", "/metrics", **away).status_code == 401
    assert admin.ask("GET", "/metrics", **away).status_code == 200
    browser = on_sqlite.browser()
    browser.sign_in(admin.user.email)
    assert browser.client.get("/metrics", **away).status_code == 401


def test_a_proxy_on_this_machine_does_not_let_others_in(on_sqlite: Dashboard) -> None:
    client = on_sqlite.app.test_client()
    for header in ("X-Forwarded-For", "Forwarded", "X-Real-IP", "X-Forwarded-Host", "X-Forwarded-Proto", "Via"):
        assert client.get("/metrics", headers={header: "10.0.0.7"}).status_code == 401, header
