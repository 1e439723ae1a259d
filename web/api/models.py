"""Models on the model server: what they were used for, pulling, deleting. Worker processes do it; this tier orders."""

from __future__ import annotations

from flask import Response
from flask_openapi.types import ResponseDict
from pydantic import BaseModel
from werkzeug.exceptions import Forbidden

from common.errors import Conflict
from common.models import ModelOrder, User
from common.queries import model_orders
from common.queries.model_usage import read_usage
from web.api.blueprint import answer, create_blueprint
from web.api.inputs import PullModel
from web.api.model_schemas import (
    ModelOrderAnswer,
    ModelOrdersAnswer,
    ModelOrderView,
    ModelSessionView,
    ModelUsageAnswer,
    ModelUsageView,
)
from web.api.schemas import ErrorAnswer
from web.auth.identity import asker
from web.runtime import current_runtime

blueprint = create_blueprint("models", "The models of the model server.", "/api/models")

_ORDERED: ResponseDict = {202: ModelOrderAnswer, 409: ErrorAnswer}


class ModelPath(BaseModel):
    """The name of a model in an address; it may hold slashes."""

    name: str


class OrderPath(BaseModel):
    """The id of an order in an address."""

    order_id: str


@blueprint.get("/usage", responses={200: ModelUsageAnswer})
def show_usage() -> Response:
    """Show how many sessions have each of the server's models, and the latest of them."""
    runtime, user = current_runtime(), asker()
    names = [model.name for model in runtime.overview.read().answer.models.items]
    with runtime.database.read() as db:
        usage = read_usage(db, names, owner_id=None if user.is_admin else user.id)
    return answer(
        ModelUsageAnswer(
            usage=[
                ModelUsageView(
                    model=model,
                    sessions=used.sessions,
                    latest=[ModelSessionView(id=s.id, name=s.name, created_at=s.created_at) for s in used.latest],
                )
                for model, used in usage.items()
            ]
        )
    )


@blueprint.get("/pulls", responses={200: ModelOrdersAnswer})
def list_orders() -> Response:
    """List the latest pulls and deletions with how far they are, the newest first."""
    user = asker()
    with current_runtime().database.read() as db:
        orders = [_view(order, user) for order in model_orders.list_orders(db)]
    return answer(ModelOrdersAnswer(orders=orders))


@blueprint.post("/pulls", responses={**_ORDERED, 413: ErrorAnswer, 415: ErrorAnswer})
def pull_model(body: PullModel) -> Response:
    """Order a model to be pulled; a worker process has the model server fetch it."""
    user = asker()
    _refuse_embedded()
    with current_runtime().database.write() as db:
        order = model_orders.create_order(db, "pull", body.name, by=user)
        return answer(ModelOrderAnswer(order=_view(order, user)), 202)


@blueprint.post("/pulls/<order_id>/cancel", responses=_ORDERED)
def cancel_pull(path: OrderPath) -> Response:
    """Cancel a pull; what was fetched of it is kept by the model server for another try."""
    user = asker()
    with current_runtime().database.write() as db:
        order = model_orders.cancel_order(db, path.order_id, by=user)
        return answer(ModelOrderAnswer(order=_view(order, user)), 202)


@blueprint.delete("/<path:name>", responses={**_ORDERED, 403: ErrorAnswer})
def delete_model(path: ModelPath) -> Response:
    """Order a model to be deleted on the model server; for admins."""
    user = asker()
    if not user.is_admin:
        raise Forbidden("Only admins delete models.")
    _refuse_embedded()
    with current_runtime().database.write() as db:
        order = model_orders.create_order(db, "delete", path.name, by=user)
        return answer(ModelOrderAnswer(order=_view(order, user)), 202)


def _refuse_embedded() -> None:
    refusal = current_runtime().overview.read().answer.models.pull_refusal
    if refusal is not None:
        raise Conflict(refusal)


def _view(order: ModelOrder, user: User) -> ModelOrderView:
    fields = {name: getattr(order, name) for name in ModelOrderView.model_fields if name != "is_mine"}
    return ModelOrderView(**fields, is_mine=user.is_admin or order.owner_id == user.id)
