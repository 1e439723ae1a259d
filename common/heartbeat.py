"""What a worker process tells with each heartbeat: its figures, and the model server that it sees."""

from __future__ import annotations

import datetime as dt

from pydantic import BaseModel


class Resources(BaseModel):
    """Figures of one host."""

    cpu_percent: float
    cpu_count: int
    memory_used_bytes: int
    memory_total_bytes: int
    memory_percent: float
    disk_used_bytes: int
    disk_total_bytes: int
    disk_percent: float
    #: Of all its networks, loopback left out.
    received_bytes_per_second: float = 0.0
    sent_bytes_per_second: float = 0.0


class ModelCard(BaseModel):
    """A model that the model server has."""

    name: str
    size_bytes: int
    #: As the server writes it, e.g. `7B`.
    parameter_size: str = ""
    #: In tokens; None where the server does not tell.
    context_length: int | None = None
    capabilities: list[str] = []


class LoadedModel(BaseModel):
    """A model that the model server holds in memory."""

    name: str
    size_bytes: int
    #: The part of it that is in the memory of graphics cards.
    vram_bytes: int = 0
    #: When the server lets go of it unless it is used; None where it does not tell.
    expires_at: dt.datetime | None = None


class ModelServer(BaseModel):
    """The model server as a worker process sees it."""

    url: str
    kind: str
    reachable: bool
    version: str | None = None
    models: list[ModelCard] = []
    loaded: list[LoadedModel] = []


class Heartbeat(BaseModel):
    """One heartbeat of a worker process."""

    worker: str
    host: str
    at: dt.datetime
    resources: Resources
    model_server: ModelServer
    #: Ids of the sessions that it runs.
    sessions: list[str] = []
    #: Its metrics in Prometheus' text format.
    metrics: str = ""
