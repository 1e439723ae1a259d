"""Prometheus metrics at /metrics: this process's own, what worker processes told, and what the database counts."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from flask import Blueprint, Response, request
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector
from werkzeug.exceptions import Unauthorized

from common.queries.queue import QueueFigures, read_queue_figures
from common.queries.statistics import count_by_state
from common.queries.workers import list_workers
from common.states import State
from web.auth.identity import identify, read_bearer
from web.runtime import Runtime, current_runtime

blueprint = Blueprint("metrics", __name__)

_FORWARDED = frozenset({"Forwarded", "Via", "X-Real-Ip"})


@blueprint.get("/metrics")
def metrics() -> Response:
    """Tell the metrics to this machine, and to an admin's token from elsewhere."""
    if not _is_local() and not _is_admin():
        raise Unauthorized("Send an admin's token as `Authorization: Bearer …`.")
    disable_created_metrics()  # type: ignore[no-untyped-call]  # untyped there
    registry = CollectorRegistry(auto_describe=False)
    registry.register(InstallationCollector(current_runtime()))
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


class InstallationCollector(Collector):
    """What this process knows of the installation. Raises DatabaseUnavailable when collected."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    def collect(self) -> Iterator[Metric]:
        """Read this process's metrics, the database, and the last heartbeat of each worker process."""
        alive_seconds = self._runtime.settings.lease_seconds
        with self._runtime.database.read() as db:
            counts = count_by_state(db)
            figures = read_queue_figures(db, alive_seconds=alive_seconds)
            names = [item.worker.name for item in list_workers(db, alive_seconds=alive_seconds)]
        sessions = GaugeMetricFamily("ollama_flow_sessions", "Sessions by state", labels=["state"])
        for state in State:
            sessions.add_metric([state], counts.get(state, 0))
        yield sessions
        yield from _queue_metrics(figures)
        yield from self._process_metrics(names)

    def _process_metrics(self, names: list[str]) -> Iterator[Metric]:
        """Yield what this process measured, and what worker processes did: these samples carry a label `worker`."""
        merged = {metric.name: metric for metric in REGISTRY.collect()}
        for name, heartbeat in sorted(self._runtime.bus.read_heartbeats(names).items()):
            try:
                families = list(text_string_to_metric_families(heartbeat.metrics))
            except ValueError:
                continue  # told by a worker process of another version
            for family in families:
                metric = merged.setdefault(family.name, Metric(family.name, family.documentation, family.type))
                for sample in family.samples:
                    metric.add_sample(sample.name, {**sample.labels, "worker": name}, sample.value)
        yield from merged.values()


def _queue_metrics(figures: QueueFigures) -> Iterator[Metric]:
    yield GaugeMetricFamily("ollama_flow_installation_seats", "Seats of all worker processes", value=figures.seats)
    yield GaugeMetricFamily(
        "ollama_flow_installation_free_seats", "Seats that nobody sits on", value=figures.free_seats
    )


def _is_local() -> bool:
    """Tell whether the asker is this machine itself, and not somebody for whom a proxy here asks."""
    if any(name.startswith("X-Forwarded-") or name in _FORWARDED for name, _ in request.headers):
        return False
    try:
        address = ipaddress.ip_address(request.remote_addr or "")
    except ValueError:
        return False
    return (getattr(address, "ipv4_mapped", None) or address).is_loopback


def _is_admin() -> bool:
    if read_bearer(request) is None:
        return False
    user = identify()
    return user is not None and user.is_admin
