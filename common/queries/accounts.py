"""Accounts: people, their passwords and their API tokens."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable

import argon2
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from common.errors import Conflict, FieldError, InvalidInput, NotFound
from common.models import ApiToken, Role, User
from common.models.base import db_now
from common.settings import Settings

MINIMUM_PASSWORD_LENGTH = 8
_TOKEN_PREFIX = "olf_"  # noqa: S105 - tells people and scanners what kind of secret it is


def hash_password(password: str) -> str:
    """Return the argon2id hash of a password, as Flask-Security verifies it."""
    return argon2.PasswordHasher().hash(password)


def create_user(db: Session, email: str, password: str, *, admin: bool = False) -> User:
    """Store a person who may sign in. Raises InvalidInput or Conflict."""
    email = email.strip().lower()
    if email.count("@") != 1 or not all(email.split("@")):
        raise InvalidInput("An email address is needed.", FieldError(field="email", message="Not an email address."))
    if len(password) < MINIMUM_PASSWORD_LENGTH:
        sentence = f"A password has at least {MINIMUM_PASSWORD_LENGTH} characters."
        raise InvalidInput(sentence, FieldError(field="password", message=sentence))
    if db.scalar(select(User.id).where(User.email == email)) is not None:
        raise Conflict(f"There is already a user {email}.")
    user = User(email=email, password=hash_password(password), roles=[_admin_role(db)] if admin else [])
    db.add(user)
    db.flush()
    return user


def ensure_admin(db: Session, settings: Settings) -> str | None:
    """Make the first admin where there is no user yet; return its password where it was made up here."""
    if db.scalar(select(func.count()).select_from(User)):
        return None
    password = settings.admin_password or secrets.token_urlsafe(12)
    create_user(db, settings.admin_email, password, admin=True)
    return None if settings.admin_password else password


def list_users(db: Session) -> list[User]:
    """Return everybody, by email address."""
    return list(db.scalars(select(User).order_by(User.email)))


def find_user(db: Session, email: str) -> User:
    """Return the person with this email address. Raises NotFound."""
    user = db.scalar(select(User).where(User.email == email.strip().lower()))
    if user is None:
        raise NotFound(f"There is no user {email}.")
    return user


def find_signed_in(db: Session, uniquifier: str) -> User | None:
    """Return the active person whom a signed-in browser's cookie names, or None."""
    return db.scalar(select(User).where(User.fs_uniquifier == uniquifier, User.active))


def list_active_users(db: Session, user_ids: Iterable[str]) -> list[User]:
    """Return those of these people who may sign in now."""
    return list(db.scalars(select(User).where(User.id.in_(list(user_ids)), User.active)))


def save_user(db: Session, user: User) -> None:
    """Store what changed in a person that was loaded in an earlier transaction."""
    db.merge(user)


def change_user(db: Session, user_id: str, *, admin: bool | None = None, active: bool | None = None) -> User:
    """Make a person an admin or a member, active or not; None leaves it. Raises NotFound."""
    user = db.get(User, user_id)
    if user is None:
        raise NotFound("There is no such user.")
    if admin is not None and admin != user.is_admin:
        user.roles = [_admin_role(db)] if admin else []
    if active is not None:
        user.active = active
    db.flush()
    return user


def create_token(db: Session, email: str, name: str) -> str:
    """Make an API token for a person and return it; it is shown this once, only its hash is kept."""
    name = name.strip()
    if not 1 <= len(name) <= 120:
        sentence = "A token's name has 1 to 120 characters."
        raise InvalidInput(sentence, FieldError(field="name", message=sentence))
    token = _TOKEN_PREFIX + secrets.token_urlsafe(32)
    db.add(ApiToken(user_id=find_user(db, email).id, name=name, token_hash=_hash_token(token)))
    return token


def find_token_user(db: Session, token: str) -> User | None:
    """Return the active person whom a token belongs to, or None."""
    found = db.scalar(select(ApiToken).where(ApiToken.token_hash == _hash_token(token)))
    return found.user if found is not None and found.user.active else None


def note_token_use(db: Session, token: str) -> None:
    """Remember when a token was used."""
    found = db.scalar(select(ApiToken).where(ApiToken.token_hash == _hash_token(token)))
    if found is not None:
        found.last_used_at = db_now()


def list_tokens(db: Session, email: str | None = None) -> list[ApiToken]:
    """Return the tokens of one person, or of all, newest first."""
    query = select(ApiToken).order_by(ApiToken.created_at.desc())
    if email is not None:
        query = query.where(ApiToken.user_id == find_user(db, email).id)
    return list(db.scalars(query))


def revoke_token(db: Session, token_id: str, *, owner: User | None = None) -> None:
    """Delete a token, of `owner` alone where one is given. Raises NotFound."""
    token = db.get(ApiToken, token_id)
    if token is None or (owner is not None and token.user_id != owner.id):
        raise NotFound("There is no such token.")
    db.delete(token)


def _admin_role(db: Session) -> Role:
    role = db.scalar(select(Role).where(Role.name == "admin"))
    if role is None:
        role = Role(name="admin", description="Sees and acts on every session")
        db.add(role)
    return role


def _hash_token(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
