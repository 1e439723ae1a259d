"""What the API says of people, their tokens and the server's settings."""

from __future__ import annotations

import datetime as dt

from pydantic import BaseModel

from common.settings import Source
from web.api.schemas import Success


class UserView(BaseModel):
    """A person."""

    id: str
    email: str
    is_admin: bool


class MeAnswer(Success):
    """Who asks."""

    user: UserView


class TokenView(BaseModel):
    """A program's key, without the key itself."""

    id: str
    name: str
    created_at: dt.datetime
    last_used_at: dt.datetime | None


class TokensAnswer(Success):
    """One's own tokens."""

    tokens: list[TokenView]


class SecretAnswer(Success):
    """A new token, shown this once."""

    secret: str


class AccountView(UserView):
    """A person who may sign in, unless deactivated."""

    is_active: bool
    created_at: dt.datetime


class AccountAnswer(Success):
    """One person."""

    user: AccountView


class UsersAnswer(Success):
    """Everybody."""

    users: list[AccountView]


class SettingView(BaseModel):
    """A setting of the server; the value is null where it is a secret or not set."""

    variable: str
    value: str | None
    source: Source
    is_secret: bool


class SettingsAnswer(Success):
    """All settings of the web process that answers."""

    settings: list[SettingView]
