"""Where Flask-Security finds people: our queries, a transaction each."""

from __future__ import annotations

from typing import Any

from flask_security.datastore import UserDatastore

from common.database import Database
from common.errors import NotFound
from common.models import Role, User
from common.queries import accounts


class UserStore(UserDatastore):
    """Finds people and keeps their new passwords; it neither creates nor deletes anybody."""

    def __init__(self, database: Database) -> None:
        super().__init__(User, Role)
        self._database = database

    def find_user(self, case_insensitive: bool = False, **wanted: Any) -> User | None:
        """Run by Flask-Security: by `email` at sign-in, by `fs_uniquifier` for a signed-in browser."""
        ((attribute, value),) = wanted.items()
        if not isinstance(value, str) or "\x00" in value:
            return None
        with self._database.read() as db:
            if attribute == "fs_uniquifier":
                return accounts.find_signed_in(db, value)
            assert attribute == "email"
            try:
                return accounts.find_user(db, value)
            except NotFound:
                return None

    def put(self, model: User) -> User:
        """Run by Flask-Security after it changed a person."""
        with self._database.write() as db:
            accounts.save_user(db, model)
        return model

    def commit(self) -> None:
        """Run by Flask-Security; `put` has committed."""
