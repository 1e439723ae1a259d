"""Prometheus metrics of this process; what counts over all processes is read from the database when scraped."""

from __future__ import annotations

from prometheus_client import REGISTRY, Counter, Gauge, Histogram, disable_created_metrics, generate_latest

QUEUE_WAIT = Histogram(
    "ollama_flow_queue_wait_seconds",
    "From a session's creation to its first claim",
    buckets=(0.1, 0.5, 1, 5, 15, 60, 300, 1800, 7200),
)
STEP_SECONDS = Histogram(
    "ollama_flow_step_seconds",
    "From a step's start to its commit",
    ["kind"],
    buckets=(0.01, 0.1, 0.5, 1, 2, 5, 10, 30, 60, 180, 600),
)
CALL_SECONDS = Histogram(
    "ollama_flow_model_call_seconds",
    "One call of the model server, retries apart",
    ["outcome"],
    buckets=(0.1, 0.5, 1, 2, 5, 10, 30, 60, 180, 600),
)
TOKENS = Counter("ollama_flow_tokens_total", "Tokens of committed steps", ["direction"])
RESCUES = Counter("ollama_flow_rescues_total", "Expired leases that were taken care of")
SEATS = Gauge("ollama_flow_seats", "Seats of this worker process", ["state"])
EVENTS_RELAYED = Counter("ollama_flow_events_relayed_total", "Durable events sent to browsers")
TOKENS_RELAYED = Counter("ollama_flow_token_messages_relayed_total", "Token messages sent to browsers")
VIEWERS = Gauge("ollama_flow_viewers", "Browsers connected to this web process")


def write_metrics() -> str:
    """Return the metrics of this process in Prometheus' text format, without the times of their creation."""
    disable_created_metrics()  # type: ignore[no-untyped-call]  # untyped there
    return generate_latest(REGISTRY).decode()
