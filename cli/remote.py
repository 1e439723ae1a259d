"""A dashboard over its API: `run` on it, and what `sessions` asks of it."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

import httpx
from pydantic import BaseModel, JsonValue, ValidationError
from rich.prompt import Confirm

from cli.claims import show_claims
from cli.probe import local_url
from cli.progress import Progress
from cli.terminal import complain, tell, without_commands
from common.errors import FieldError, FlowError, InvalidInput, SettingsError
from common.events import Claim, ClaimsMade, LoggedEvent, SessionMoved
from common.settings import load_settings, read_run_file
from common.states import FINAL_STATES, State

#: Between two looks at the log of events.
_PAUSE_SECONDS = 0.5
#: The longest pause while the dashboard is away.
_LONGEST_PAUSE_SECONDS = 10.0
#: So many sessions are deleted by one request.
_AT_A_TIME = 100


class DashboardAway(FlowError):
    """The dashboard does not answer; the session goes on without it."""


class _Created(BaseModel):
    session_id: str


class _Template(BaseModel):
    id: str
    kind: str
    owner: str | None


class _Templates(BaseModel):
    templates: list[_Template]


class _Page(BaseModel):
    events: list[LoggedEvent]


class FoundSession(BaseModel):
    """A session in a list."""

    id: str
    name: str
    status: str
    ended_at: str | None


class Deletion(BaseModel):
    """What became of a session that was to be deleted."""

    id: str
    deleted: bool
    error: str | None


class _Found(BaseModel):
    active_sessions: dict[str, FoundSession]
    session_history: list[FoundSession]


class _Deletions(BaseModel):
    results: list[Deletion]


class Dashboard:
    """The API of a dashboard, as one person."""

    def __init__(self, url: str, token: str) -> None:
        self.url = url
        # A proxy of the environment is for the world outside, not for a dashboard on this machine.
        near = httpx.URL(url).host in {"127.0.0.1", "localhost", "::1"}
        self._http = httpx.Client(
            base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=10, trust_env=not near
        )

    def __enter__(self) -> Self:
        """Nothing connects before the first call."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connections."""
        self._http.close()

    def create_session(self, body: Mapping[str, JsonValue]) -> str:
        """Start a session and return its id. Raises InvalidInput, FlowError or DashboardAway."""
        return _Created.model_validate(self.call("POST", "/api/sessions", json=dict(body))).session_id

    def find_template(self, name: str) -> str:
        """Return the id of the template of this name or id; one's own go before presets. Raises FlowError."""
        answer = self.call("GET", "/api/templates", params={"name": name})
        found = sorted(_Templates.model_validate(answer).templates, key=lambda item: item.kind)  # own, preset, shared
        if not found:
            return quote(name, safe="")
        if found[0].kind == "shared" and len(found) > 1:
            choices = ", ".join(f"{item.id} of {item.owner}" for item in found)
            raise FlowError(f"Several people share a template {name!r}; name one by its id: {choices}.")
        return found[0].id

    def start_template(self, template: str, body: Mapping[str, JsonValue]) -> str:
        """Start a session from a template and return its id. Raises as `create_session` does."""
        path = f"/api/templates/{self.find_template(template)}/sessions"
        return _Created.model_validate(self.call("POST", path, json=dict(body))).session_id

    def list_events(self, session_id: str, after: int) -> list[LoggedEvent]:
        """Return the events after `after`, as many as come in one page."""
        answer = self.call("GET", f"/api/sessions/{session_id}/events", params={"after": after})
        return _Page.model_validate(answer).events

    def stop_session(self, session_id: str) -> None:
        """Ask for the session's end."""
        self.call("POST", f"/api/sessions/{session_id}/stop")

    def list_sessions(self, query: Mapping[str, Any]) -> list[FoundSession]:
        """Return the sessions that a query finds, the active ones first."""
        found = _Found.model_validate(self.call("GET", "/api/sessions", params=dict(query)))
        return [*found.active_sessions.values(), *found.session_history]

    def delete_sessions(self, ids: Sequence[str]) -> list[Deletion]:
        """Delete ended sessions; tell of each what became of it."""
        results: list[Deletion] = []
        for first in range(0, len(ids), _AT_A_TIME):
            body = {"ids": list(ids[first : first + _AT_A_TIME])}
            results += _Deletions.model_validate(self.call("POST", "/api/sessions/delete", json=body)).results
        return results

    def export_sessions(self, query: Mapping[str, Any], output: Path) -> None:
        """Write what the query names into a file, as it comes; a file that stays unfinished is removed."""
        with self._answering(), self._http.stream("GET", "/api/sessions/export", params=dict(query)) as response:
            if not response.is_success:
                response.read()
                self._check(response)
            try:
                with output.open("wb") as file:
                    for piece in response.iter_bytes():
                        file.write(piece)
            except BaseException:
                output.unlink(missing_ok=True)
                raise

    def page_of(self, session_id: str) -> str:
        """Return the address of the session's page."""
        return f"{self.url}/sessions/{session_id}"

    def call(self, method: str, path: str, **arguments: Any) -> Any:
        """Return the JSON of a successful answer. Raises InvalidInput, FlowError or DashboardAway."""
        with self._answering():
            response = self._http.request(method, path, **arguments)
        self._check(response)
        return response.json() if response.content else None

    @contextmanager
    def _answering(self) -> Iterator[None]:
        """Say in our words that no answer comes."""
        try:
            yield
        except httpx.HTTPError as error:
            raise DashboardAway(
                f"The dashboard at {self.url} does not answer; start it with `ollama-flow up`, or name another one by "
                "OLLAMA_FLOW_URL."
            ) from error
        except httpx.InvalidURL as error:
            raise InvalidInput(
                f"OLLAMA_FLOW_URL takes an address like http://127.0.0.1:5000; it is {self.url!r}."
            ) from error

    def _check(self, response: httpx.Response) -> None:
        """Raise for any answer that does not tell of success."""
        if response.is_success:
            return
        if response.status_code in {502, 503, 504}:
            raise DashboardAway(f"The dashboard at {self.url} cannot answer just now ({response.status_code}).")
        if response.status_code == 401:
            raise FlowError(
                "The dashboard does not know this token; make one with "
                "`ollama-flow tokens create --user EMAIL --name NAME` and set OLLAMA_FLOW_TOKEN."
            )
        raise _as_error(response)


def open_dashboard(url: str | None, token: str | None) -> Dashboard:
    """Return the dashboard at `url`, else the one of this machine. Raises SettingsError where the token is missing."""
    if not token:
        raise SettingsError(
            "OLLAMA_FLOW_TOKEN takes an API token; make one with `ollama-flow tokens create --user EMAIL --name NAME`."
        )
    settings = load_settings()
    known = read_run_file(settings.run_file).get("url") or local_url(settings.host, settings.port)
    return Dashboard((url or known).rstrip("/"), token)


def _as_error(response: httpx.Response) -> FlowError:
    try:
        answer = response.json()
        sentence = str(answer["error"])
        details = [
            FieldError(field=str(item["field"]), message=str(item["message"])) for item in answer.get("details", ())
        ]
    except (ValueError, KeyError, TypeError, AttributeError):
        return FlowError(f"{response.request.url} answered {response.status_code}; is it an ollama-flow dashboard?")
    return InvalidInput(sentence, *details) if response.status_code in {400, 422} else FlowError(sentence)


def run_remote(dashboard: Dashboard, body: Mapping[str, JsonValue], *, template: str | None = None) -> int:
    """Start a session, follow it to its end and print its result; return the exit code."""
    try:
        session_id = dashboard.start_template(template, body) if template else dashboard.create_session(body)
    except ValidationError as error:
        raise FlowError(f"{dashboard.url} answered something else; is it an ollama-flow dashboard?") from error
    complain(f"Session {session_id}: {dashboard.page_of(session_id)}")
    try:
        end, claims = _follow(dashboard, session_id)
    except KeyboardInterrupt:
        return _detach(dashboard, session_id)
    if end.status == State.COMPLETED:
        tell(without_commands(end.result or ""))
        show_claims(claims)
        return 0
    complain(end.error or end.reason or f"The session {end.status}.")
    return 1


def _follow(dashboard: Dashboard, session_id: str) -> tuple[SessionMoved, list[Claim]]:
    """Show the events as they come; return the last one, and what the answer claims.

    A dashboard that is away is waited for.
    """
    after, pause, claims = 0, _PAUSE_SECONDS, list[Claim]()
    with Progress() as progress:
        while True:
            try:
                page = dashboard.list_events(session_id, after)
            except DashboardAway as away:
                pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)
                progress.say(f"{away} The session goes on; trying again in {pause:g} s.")
                time.sleep(pause)
                continue
            pause = _PAUSE_SECONDS
            for logged in page:
                after = logged.seq
                progress.show(logged.event)
                if isinstance(logged.event, ClaimsMade):
                    claims = logged.event.claims
                if isinstance(logged.event, SessionMoved) and State(logged.event.status) in FINAL_STATES:
                    return logged.event, claims
            if not page:
                time.sleep(pause)


def _detach(dashboard: Dashboard, session_id: str) -> int:
    """After Ctrl-C: stop the session where the person says so, else leave it running."""
    if sys.stdin.isatty():
        try:
            if Confirm.ask("\nStop the session too?", default=False):
                dashboard.stop_session(session_id)
                complain("It was told to stop.")
                return 1
        except (KeyboardInterrupt, EOFError):
            pass
    complain(f"Detached; the session goes on. Watch or stop it at {dashboard.page_of(session_id)}")
    return 1
