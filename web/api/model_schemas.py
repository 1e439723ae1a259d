"""What the API says of models, of the orders to pull or delete them and of who used them."""

from __future__ import annotations

import datetime as dt
from typing import Literal

from pydantic import BaseModel

from common.states import OrderState
from web.api.schemas import Success
from web.api.system_schemas import ModelsView


class ModelsAnswer(Success):
    """The models that a session may name."""

    models: ModelsView


class ModelOrderView(BaseModel):
    """A model that somebody wants pulled or deleted."""

    id: str
    kind: Literal["pull", "delete"]
    model: str
    state: OrderState
    #: False once somebody wants it cancelled.
    wanted: bool
    #: What the model server said last, and how far it is; 0 of 0 before it tells.
    progress: str | None
    completed_bytes: int
    total_bytes: int
    error: str | None
    created_at: dt.datetime
    ended_at: dt.datetime | None
    #: Whether the asker may cancel it.
    is_mine: bool


class ModelOrderAnswer(Success):
    """One order."""

    order: ModelOrderView


class ModelOrdersAnswer(Success):
    """The latest orders, pulls and deletions, the newest first."""

    orders: list[ModelOrderView]


class ModelSessionView(BaseModel):
    """A session that has a model."""

    id: str
    name: str
    created_at: dt.datetime


class ModelUsageView(BaseModel):
    """The sessions that have one model, as far as the asker may see them; the latest ones first."""

    model: str
    sessions: int
    latest: list[ModelSessionView]


class ModelUsageAnswer(Success):
    """What each model of the server was used for."""

    usage: list[ModelUsageView]
