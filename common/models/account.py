"""People, their roles and their API tokens."""

from __future__ import annotations

import datetime as dt
import secrets

from flask_security.core import RoleMixin, UserMixin
from sqlalchemy import Column, ForeignKey, Table
from sqlalchemy.orm import Mapped, mapped_column, relationship

from common.ids import new_id
from common.models.base import Base, db_now

user_roles = Table(
    "user_roles",
    Base.metadata,
    Column("user_id", ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    Column("role_id", ForeignKey("roles.id", ondelete="CASCADE"), primary_key=True),
)


class Role(Base, RoleMixin):
    """What a person may do; the one role there is, is `admin`."""

    __tablename__ = "roles"

    # The mixin's annotations are examples; it works with any type of id.
    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)  # type: ignore[assignment]
    name: Mapped[str] = mapped_column(unique=True)
    description: Mapped[str] = mapped_column(default="")


class User(Base, UserMixin):
    """A person who may sign in."""

    __tablename__ = "users"

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)  # type: ignore[assignment] # see Role
    #: Lower case.
    email: Mapped[str] = mapped_column(unique=True)
    #: An argon2 hash.
    password: Mapped[str | None]
    active: Mapped[bool] = mapped_column(default=True)
    #: Changing it ends all signed-in browsers of this person.
    fs_uniquifier: Mapped[str] = mapped_column(unique=True, default=lambda: secrets.token_hex(32))
    created_at: Mapped[dt.datetime] = mapped_column(default=db_now())
    roles: Mapped[list[Role]] = relationship(secondary=user_roles, lazy="selectin")  # type: ignore[assignment] # see Role

    @property
    def is_admin(self) -> bool:
        """Admins see and act on every session."""
        return any(role.name == "admin" for role in self.roles)


class ApiToken(Base):
    """A program's key; only its hash is kept."""

    __tablename__ = "api_tokens"

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    name: Mapped[str]
    #: SHA-256 in hexadecimal; the token is 256 random bits, so no slow hash is needed.
    token_hash: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[dt.datetime] = mapped_column(default=db_now())
    last_used_at: Mapped[dt.datetime | None]
    user: Mapped[User] = relationship(lazy="joined")
