"""What admins alone see and do: people, and the server's settings."""

from __future__ import annotations

from flask import Response
from pydantic import BaseModel

from common.errors import Conflict
from common.models import User
from common.queries import accounts
from common.settings import describe_settings
from web.api.account_schemas import AccountAnswer, AccountView, SettingsAnswer, SettingView, UsersAnswer
from web.api.blueprint import answer, create_blueprint
from web.api.inputs import ChangeUser, CreateUser
from web.api.schemas import ErrorAnswer
from web.auth.identity import require_admin
from web.runtime import current_runtime

blueprint = create_blueprint("administration", "People and settings; for admins, 404 for others.", "/api")


class UserPath(BaseModel):
    """The id of a person in an address."""

    user_id: str


@blueprint.get("/users", responses={200: UsersAnswer})
def list_users() -> Response:
    """List everybody, by email address."""
    require_admin()
    with current_runtime().database.read() as db:
        users = [_view(user) for user in accounts.list_users(db)]
    return answer(UsersAnswer(users=users))


@blueprint.post("/users", responses={201: AccountAnswer, **dict.fromkeys((409, 413, 415), ErrorAnswer)})
def create_user(body: CreateUser) -> Response:
    """Make an account."""
    require_admin()
    with current_runtime().database.write() as db:
        user = _view(accounts.create_user(db, body.email, body.password, admin=body.is_admin))
    return answer(AccountAnswer(user=user), 201)


@blueprint.patch(
    "/users/<user_id>",
    responses={200: AccountAnswer, **dict.fromkeys((409, 413, 415), ErrorAnswer)},
)
def change_user(path: UserPath, body: ChangeUser) -> Response:
    """Make somebody an admin or a member, let them in or no more; nobody does so to themselves."""
    if require_admin().id == path.user_id:
        raise Conflict("You cannot change your own rights; another admin can.")
    with current_runtime().database.write() as db:
        changed = accounts.change_user(db, path.user_id, admin=body.is_admin, active=body.is_active)
        user = _view(changed)
    return answer(AccountAnswer(user=user))


@blueprint.get("/settings", responses={200: SettingsAnswer})
def list_settings() -> Response:
    """List the settings of this web process, each with where its value comes from; secrets are masked."""
    require_admin()
    described = describe_settings(current_runtime().settings)
    return answer(
        SettingsAnswer(
            settings=[
                SettingView(variable=each.variable, value=each.value, source=each.source, is_secret=each.is_secret)
                for each in described
            ]
        )
    )


def _view(user: User) -> AccountView:
    return AccountView(
        id=user.id, email=user.email, is_admin=user.is_admin, is_active=user.active, created_at=user.created_at
    )
