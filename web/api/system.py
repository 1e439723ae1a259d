"""The system: status, models, and who asks."""

from __future__ import annotations

from flask import Response

from web.api.account_schemas import MeAnswer, UserView
from web.api.blueprint import answer, create_blueprint
from web.api.model_schemas import ModelsAnswer
from web.api.system_schemas import HistoryAnswer, StatusAnswer
from web.auth.identity import asker
from web.runtime import current_runtime
from web.status_history import read_status_history

blueprint = create_blueprint("system", "The installation, its models, and who asks.", "/api")


@blueprint.get("/status", responses={200: StatusAnswer})
def show_status() -> Response:
    """Show the system at a glance: host, worker processes, queue, models and components."""
    return answer(current_runtime().overview.read().for_user(asker()))


@blueprint.get("/status/history", responses={200: HistoryAnswer})
def show_status_history() -> Response:
    """Show the last hour in samples: each host, the queue, sessions that began and ended, tokens."""
    runtime = current_runtime()
    return answer(read_status_history(runtime.database, runtime.bus))


@blueprint.get("/models", responses={200: ModelsAnswer})
def list_models() -> Response:
    """List the models that a session may name."""
    return answer(ModelsAnswer(models=current_runtime().overview.read().answer.models))


@blueprint.get("/me", responses={200: MeAnswer})
def show_me() -> Response:
    """Tell who asks."""
    user = asker()
    return answer(MeAnswer(user=UserView(id=user.id, email=user.email, is_admin=user.is_admin)))
