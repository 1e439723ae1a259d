"""A dashboard in the tests' own process, and people who use it: programs by token, browsers by cookie."""

from __future__ import annotations

import itertools
import re
from typing import Any, Literal, Self

from argon2 import PasswordHasher
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from common.bus import Bus
from common.clock import utc_now
from common.database import Database
from common.heartbeat import Heartbeat, ModelCard, ModelServer, Resources
from common.models import FlowSession, Role, User
from common.queries import accounts, claims
from common.queries.sessions import find_session
from common.settings import Settings
from common.states import State
from tests.support.data import PASSWORD, make_session, make_worker
from tests.support.waiting import wait_until
from web.app import create_app
from web.runtime import runtime_of

_HASH = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
_FIGURES = Resources(
    cpu_percent=1,
    cpu_count=2,
    memory_used_bytes=1,
    memory_total_bytes=2,
    memory_percent=50,
    disk_used_bytes=1,
    disk_total_bytes=2,
    disk_percent=50,
)


class Program:
    """Somebody who asks with a token."""

    def __init__(self, client: FlaskClient, user: User, token: str) -> None:
        self.client = client
        self.user = user
        self.token = token

    def ask(self, method: str, path: str, **more: Any) -> TestResponse:
        headers = {"Authorization": f"Bearer {self.token}"} | more.pop("headers", {})
        return self.client.open(path, method=method, headers=headers, **more)

    def get(self, path: str, **more: Any) -> Any:
        """Return the JSON of a successful answer."""
        answer = self.ask("GET", path, **more)
        assert answer.status_code == 200, answer.text
        return answer.json

    def create(self, **fields: Any) -> Any:
        """Create a session and return it as the API tells it."""
        answer = self.ask("POST", "/api/sessions", json={"task": "Count to ten."} | fields)
        assert answer.status_code == 201, answer.text
        return answer.json["session"]  # type: ignore[index]  # it is one


class Browser:
    """Somebody with cookies, who fills in forms."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def read_csrf_token(self, path: str = "/login") -> str:
        """Return the token that a page's form or head carries."""
        page = self.client.get(path).text
        found = re.search(r'name="csrf[-_]token"[^>]*(?:value|content)="([^"]+)"', page)
        assert found, page[:2000]
        return found[1]

    def sign_in(self, email: str, password: str = PASSWORD, *, path: str = "/login", **fields: str) -> TestResponse:
        form = {"email": email, "password": password, "csrf_token": self.read_csrf_token()} | fields
        return self.client.post(path, data=form)

    def is_signed_in(self) -> bool:
        return self.client.get("/api/me").status_code == 200


class Dashboard:
    """The web application on a database of its own."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.app = create_app(settings)
        self.database = Database(settings.database)
        self._emails = (f"person-{number}@example.org" for number in itertools.count(1))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        runtime_of(self.app).stop()
        self.database.dispose()

    def person(self, *, admin: bool = False) -> User:
        """Return a new person with the usual password, whose hash is a cheap one."""
        with self.database.write() as db:
            roles = [db.scalar(select(Role)) or Role(name="admin")] if admin else []
            user = User(email=next(self._emails), password=_HASH, roles=roles)
            db.add(user)
        return user

    def program(self, *, admin: bool = False) -> Program:
        """Return a new person who asks with a token."""
        user = self.person(admin=admin)
        return Program(self.app.test_client(), user, self.make_token(user))

    def browser(self) -> Browser:
        return Browser(self.app.test_client())

    def make_token(self, user: User) -> str:
        with self.database.write() as db:
            return accounts.create_token(db, user.email, "tests")

    def deactivate(self, user: User) -> None:
        with self.database.write() as db:
            accounts.find_user(db, user.email).active = False

    def demote(self, user: User) -> None:
        with self.database.write() as db:
            found = accounts.find_user(db, user.email)
            found.roles.clear()

    def revoke_tokens(self, user: User) -> None:
        with self.database.write() as db:
            for token in accounts.list_tokens(db, user.email):
                accounts.revoke_token(db, token.id)

    def make(self, owner: User, state: State = State.QUEUED, **fields: Any) -> FlowSession:
        """Return a session of `owner` that has come to `state` on the usual way."""
        session = make_session(self.database, owner, **fields)
        if state is not State.QUEUED:
            self.claim(session)
            with self.database.write() as db:
                if state is State.PAUSED:
                    claims.release_session(db, session.id, epoch=1, state=State.PAUSED, reason="The model server left.")
                elif state is not State.RUNNING:
                    claims.finish_session(db, session.id, epoch=1, state=state, result="One, two.")
        return self.find(session.id)

    def find(self, session_id: str) -> FlowSession:
        with self.database.read() as db:
            return find_session(db, session_id)

    def claim(self, session: FlowSession, worker: str = "worker-1") -> None:
        with self.database.write() as db:
            assert claims.claim_session(db, session.id, worker=worker, lease_seconds=30, flow_version=1)

    def beat(
        self,
        *models: str,
        worker: str = "worker-1",
        kind: Literal["ollama", "embedded"] = "ollama",
        reachable: bool = True,
        metrics: str = "",
    ) -> None:
        """Tell, as a worker process would, which models there are; the next overview shows it."""
        make_worker(self.database, worker)
        bus = Bus(self.settings.redis_url, self.settings.redis_prefix)
        bus.beat(
            Heartbeat(
                worker=worker,
                host="here",
                at=utc_now(),
                resources=_FIGURES,
                model_server=ModelServer(
                    url="http://127.0.0.1:11434",
                    kind=kind,
                    reachable=reachable,
                    models=[ModelCard(name=name, size_bytes=1) for name in models],
                ),
                metrics=metrics,
            )
        )
        reader = runtime_of(self.app).overview
        wait_until(lambda: any(seen.resources for seen in reader.read().answer.workers), "the heartbeat is seen")
        bus.close()
