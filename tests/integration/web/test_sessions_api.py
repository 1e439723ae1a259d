"""Sessions over the REST API: create, list, show, delete, and who sees what."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from common.clock import utc_now
from common.events import ArtifactWritten, Claim, ClaimsMade
from common.models import FlowSession
from common.queries import claims, steps
from common.queries.events import append_events
from common.queries.sessions import find_session
from common.states import State
from tests.integration.web.dashboard import Dashboard, Program

FINAL = (State.COMPLETED, State.FAILED, State.STOPPED)


def test_a_session_needs_only_a_task(dashboard: Dashboard, ada: Program) -> None:
    answer = ada.ask("POST", "/api/sessions", json={"task": "  Write a haiku.\nAbout rain, please."})
    assert answer.status_code == 201
    assert answer.json is not None
    session = answer.json["session"]
    assert answer.json["success"] is True
    assert answer.json["session_id"] == session["id"]
    assert answer.headers["Location"] == f"/api/sessions/{session['id']}"
    told = {key: session[key] for key in ("name", "task", "workers", "architecture", "model", "status", "desired")}
    assert told == {
        "name": "Write a haiku.",
        "task": "  Write a haiku.\nAbout rain, please.",
        "workers": 4,
        "architecture": "HIERARCHICAL",
        "model": "",
        "status": "queued",
        "desired": "run",
    }
    assert session["owner"] == ada.user.email
    assert session["queue"] == {"position": 1, "reason": "No worker process is running."}
    assert session["last_seq"] == 1
    assert session["created_at"].endswith("Z")


def test_everything_that_may_be_set_is_kept(ada: Program, dashboard: Dashboard) -> None:
    folder = dashboard.settings.roots[0] / "app"
    asked: dict[str, Any] = {
        "name": " Haiku ",
        "workers": 16,
        "architecture": "fully connected",
        "model": "llama3:latest",
        "project_folder": str(folder),
        "options": {"rounds": 3, "temperature": 0, "seed": 7},
    }
    session = ada.create(**asked)
    shown = ada.get(f"/api/sessions/{session['id']}")["session"]
    assert shown["name"] == "Haiku"
    assert (shown["workers"], shown["architecture"]) == (16, "FULLY_CONNECTED")
    assert (shown["model"], shown["project_folder"]) == ("llama3:latest", str(folder))
    assert folder.is_dir()
    assert {key: shown["options"][key] for key in asked["options"]} == asked["options"]
    assert shown["command"] == (
        "ollama-flow run 'Count to ten.' --workers 16 --arch FULLY_CONNECTED --model llama3:latest "
        f"--project-folder {folder}"
    )


def test_the_same_idempotency_key_gives_the_same_session(dashboard: Dashboard, ada: Program, bob: Program) -> None:
    def create(who: Program, **body: Any) -> Any:
        return who.ask("POST", "/api/sessions", json={"task": "Count."} | body, headers={"Idempotency-Key": "once"})

    first, again = create(ada), create(ada)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json["session_id"] == again.json["session_id"]
    other = create(ada, workers=8)
    assert (other.status_code, other.json["code"]) == (409, "conflict")
    assert create(bob).json["session_id"] != first.json["session_id"]
    assert ada.get("/api/sessions")["statistics"]["total"] == 1


def test_an_idempotency_key_that_cannot_be_used_is_named(on_sqlite: Dashboard) -> None:
    ada = on_sqlite.program()
    for key in ("", "x" * 201, "tab\there", "ä"):
        answer = ada.ask("POST", "/api/sessions", json={"task": "x"}, headers={"Idempotency-Key": key})
        assert answer.status_code == 422, key
        assert answer.json is not None
        assert answer.json["details"][0]["field"] == "Idempotency-Key"


def test_the_list_has_the_active_by_id_and_the_ended_newest_first(dashboard: Dashboard, ada: Program) -> None:
    states = [State.COMPLETED, State.QUEUED, State.FAILED, State.RUNNING, State.STOPPED, State.PAUSED]
    made = [dashboard.make(ada.user, state) for state in states]
    listed = ada.get("/api/sessions")
    active = {session.id: session.state for session in made if session.state not in FINAL}
    assert {key: session["status"] for key, session in listed["active_sessions"].items()} == active
    ended = [session.id for session in reversed(made) if session.state in FINAL]
    assert [session["id"] for session in listed["session_history"]] == ended
    statistics = listed["statistics"]
    assert (statistics["total"], statistics["active"], statistics["completed"]) == (6, 3, 1)
    assert statistics["average_duration_seconds"] >= 0
    assert listed["next_cursor"] is None


def test_the_history_is_in_the_order_of_the_ends_not_of_the_beginnings(dashboard: Dashboard, ada: Program) -> None:
    early, late, never_ran = (dashboard.make(ada.user) for _ in range(3))
    dashboard.claim(late)
    dashboard.claim(early)
    with dashboard.database.write() as db:
        claims.finish_session(db, late.id, epoch=1, state=State.COMPLETED)
    with dashboard.database.write() as db:
        claims.finish_session(db, early.id, epoch=1, state=State.FAILED)
    ada.ask("POST", f"/api/sessions/{never_ran.id}/stop")
    page = ada.get("/api/sessions?limit=2")
    assert [session["id"] for session in page["session_history"]] == [never_ran.id, early.id]
    page = ada.get(f"/api/sessions?limit=2&cursor={page['next_cursor']}")
    assert [session["id"] for session in page["session_history"]] == [late.id]


def test_the_history_comes_in_pages_without_a_gap_or_a_repetition(dashboard: Dashboard, ada: Program) -> None:
    made = [dashboard.make(ada.user, State.COMPLETED).id for _ in range(7)]
    moment = utc_now()
    with dashboard.database.write() as db:
        for session_id in made[:3]:
            find_session(db, session_id).ended_at = moment
    page = ada.get("/api/sessions?limit=2")
    pages = [[session["id"] for session in page["session_history"]]]
    while page["next_cursor"] is not None:
        page = ada.get(f"/api/sessions?limit=2&cursor={page['next_cursor']}")
        pages.append([session["id"] for session in page["session_history"]])
    first, second, third, *rest = made
    assert pages == [[third, second], [first, rest[3]], [rest[2], rest[1]], [rest[0]]]


def test_filters_choose_by_state_owner_architecture_and_model(
    dashboard: Dashboard, ada: Program, bob: Program, admin: Program
) -> None:
    queued = dashboard.make(ada.user, architecture="CENTRALIZED", model="llama3")
    failed = dashboard.make(ada.user, State.FAILED, architecture="HIERARCHICAL", model="codellama")
    of_bob = dashboard.make(bob.user, State.COMPLETED, architecture="HIERARCHICAL", model="llama3")

    def ids(who: Program, query: str) -> set[str]:
        listed = who.get(f"/api/sessions?{query}")
        return set(listed["active_sessions"]) | {session["id"] for session in listed["session_history"]}

    assert ids(ada, "status=failed") == {failed.id}
    assert ids(ada, "status=queued,failed") == {queued.id, failed.id}
    assert ids(ada, "status=running") == set()
    assert ids(ada, "architecture=centralized") == {queued.id}
    assert ids(admin, "model=llama3") == {queued.id, of_bob.id}
    assert ids(admin, "model=llama3&architecture=HIERARCHICAL") == {of_bob.id}
    assert ids(admin, f"owner={bob.user.email}") == {of_bob.id}
    assert ids(admin, "owner=nobody@example.org") == set()
    assert ids(ada, f"owner={ada.user.email}") == {queued.id, failed.id}
    assert ids(ada, f"owner={bob.user.email}") == set()


def test_members_see_and_act_on_their_own_and_admins_on_all(
    dashboard: Dashboard, ada: Program, bob: Program, admin: Program
) -> None:
    session = dashboard.make(ada.user)
    path = f"/api/sessions/{session.id}"
    reads = [path, f"{path}/events", f"{path}/steps", f"{path}/artifacts", f"{path}/artifacts/notes.md"]
    acts = [("POST", f"{path}/{move}") for move in ("stop", "pause", "resume")] + [("DELETE", path)]
    for method, asked in [("GET", read) for read in reads] + acts:
        answer = bob.ask(method, asked)
        assert answer.status_code == 404, (method, asked)
        assert answer.json is not None
        assert answer.json["code"] == "not_found"
    assert bob.get("/api/sessions")["statistics"]["total"] == 0
    assert bob.ask("GET", f"/sessions/{session.id}").status_code == 404
    assert all(admin.ask("GET", read).status_code == 200 for read in reads[:4])
    assert admin.get("/api/sessions")["statistics"]["total"] == 1
    assert admin.ask("POST", f"{path}/stop").status_code == 202
    assert ada.get(path)["session"]["status"] == "stopped"
    assert admin.ask("DELETE", path).status_code == 204


def test_a_deleted_session_is_gone_with_all_that_belongs_to_it(dashboard: Dashboard, ada: Program) -> None:
    session = dashboard.make(ada.user, State.COMPLETED)
    path = f"/api/sessions/{session.id}"
    answer = ada.ask("DELETE", path)
    assert (answer.status_code, answer.data) == (204, b"")
    assert ada.ask("GET", path).status_code == 404
    assert ada.ask("DELETE", path).status_code == 404
    assert ada.ask("GET", f"{path}/events").status_code == 404


def test_only_an_ended_session_can_be_deleted(on_sqlite: Dashboard) -> None:
    ada = on_sqlite.program()
    for state in (State.QUEUED, State.RUNNING, State.PAUSED):
        answer = ada.ask("DELETE", f"/api/sessions/{on_sqlite.make(ada.user, state).id}")
        assert answer.status_code == 409, state
        assert answer.json is not None
        assert answer.json["code"] == "conflict"


def test_the_log_is_read_from_any_number_on(dashboard: Dashboard, ada: Program) -> None:
    session = dashboard.make(ada.user, State.COMPLETED)
    path = f"/api/sessions/{session.id}/events"
    whole = ada.get(path)
    assert [event["seq"] for event in whole["events"]] == [1, 2, 3]
    assert [event["event"]["status"] for event in whole["events"]] == ["queued", "running", "completed"]
    assert whole["last_seq"] == 3
    assert [event["seq"] for event in ada.get(f"{path}?after=1&limit=1")["events"]] == [2]
    assert ada.get(f"{path}?after=2147483647")["events"] == []


def _commit_file(
    dashboard: Dashboard,
    session: FlowSession,
    key: str,
    path: str,
    content: bytes,
    *,
    call: str | None = None,
    problem: str | None = None,
) -> None:
    told = ArtifactWritten(
        step=key,
        agent="drone-1",
        call=call or key,
        path=path,
        sha256="0" * 64,
        size=len(content),
        checked=problem is not None,
        problem=problem,
    )
    file = steps.NewArtifact(path=path, content=content, sha256="0" * 64)
    step = steps.NewStep(
        key=key,
        kind="tool" if call else "model",
        agent="drone-1",
        role="developer",
        model=None if call else "tiny",
        input_hash="0",
        request={},
        output={"text": "done"},
        prompt_tokens=3,
        output_tokens=4,
        duration_seconds=0.5,
        events=[told],
        artifacts=[file],
    )
    with dashboard.database.write() as db:
        steps.commit_step(db, session.id, step, epoch=1)


def test_steps_and_files_are_shown_and_a_file_is_only_ever_a_download(dashboard: Dashboard, ada: Program) -> None:
    session = dashboard.make(ada.user, State.RUNNING)
    _commit_file(dashboard, session, "1", "site/index ä.html", b"old")
    _commit_file(dashboard, session, "2", "site/index ä.html", b"<script>alert(1)</script>")
    path = f"/api/sessions/{session.id}"
    assert [step["key"] for step in ada.get(f"{path}/steps")["steps"]] == ["1", "2"]
    (file,) = ada.get(f"{path}/artifacts")["artifacts"]
    assert (file["path"], file["size"], file["agent"]) == ("site/index ä.html", 25, "drone-1")
    answer = ada.ask("GET", file["url"])
    assert answer.data == b"<script>alert(1)</script>"
    assert answer.headers["Content-Disposition"] == "attachment; filename*=UTF-8''index%20%C3%A4.html"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    shown = ada.get(path)["session"]
    assert (shown["totals"]["output_tokens"], len(shown["steps"]), len(shown["artifacts"])) == (8, 2, 1)
    assert ada.ask("GET", f"{path}/artifacts/{'x' * 5000}").status_code == 404


def test_a_step_is_shown_with_what_it_was_asked_to_those_who_see_its_session(
    dashboard: Dashboard, ada: Program, bob: Program
) -> None:
    session = dashboard.make(ada.user, State.RUNNING)
    _commit_file(dashboard, session, "work/1/turn-2", "a.md", b"A")
    path = f"/api/sessions/{session.id}/steps"
    shown = ada.get(f"{path}/work/1/turn-2")["step"]
    (listed,) = ada.get(path)["steps"]
    assert shown == listed | {"request": shown["request"]}
    assert isinstance(shown["request"], dict)
    assert ada.ask("GET", f"{path}/work/1").status_code == 404
    assert bob.ask("GET", f"{path}/work/1/turn-2").status_code == 404


def test_each_version_of_a_file_is_there_and_tells_where_it_came_from(dashboard: Dashboard, ada: Program) -> None:
    session = dashboard.make(ada.user, State.RUNNING)
    _commit_file(dashboard, session, "work/1", "a/b.py", b"x = (", problem="Not valid Python, line 1.")
    _commit_file(dashboard, session, "work/1/mend", "a/b.py", b"x = 1")
    _commit_file(dashboard, session, "work/2/turn-1/tool-1", "a/b.py", b"x = 2", call="work/2")
    _commit_file(dashboard, session, "work/2", "c.md", b"C")
    path = f"/api/sessions/{session.id}"
    newest, other = ada.get(f"{path}/artifacts")["artifacts"]
    assert (newest["path"], newest["step"], newest["call"], newest["agent"], newest["model"]) == (
        "a/b.py",
        "work/2/turn-1/tool-1",
        "work/2",
        "drone-1",
        "tiny",
    )
    assert [(item["step"], item["call"], item["problem"]) for item in newest["versions"]] == [
        ("work/2/turn-1/tool-1", "work/2", None),
        ("work/1/mend", "work/1/mend", None),
        ("work/1", "work/1", "Not valid Python, line 1."),
    ]
    assert [item["step"] for item in other["versions"]] == ["work/2"]
    contents = [ada.ask("GET", item["url"]).data for item in newest["versions"]]
    assert contents == [b"x = 2", b"x = 1", b"x = ("]
    assert ada.ask("GET", newest["url"]).data == b"x = 2"
    assert ada.ask("GET", f"{path}/artifacts/a/b.py?step=work/1").data == b"x = ("
    missing = ada.ask("GET", f"{path}/artifacts/c.md?step=work/1")
    assert (missing.status_code, missing.json and missing.json["error"]) == (404, "This session has no such version.")
    assert ada.ask("GET", f"{path}/artifacts/c.md?step=").status_code == 422


def test_a_session_tells_what_its_answer_claims(dashboard: Dashboard, ada: Program) -> None:
    session = dashboard.make(ada.user, State.RUNNING)
    path = f"/api/sessions/{session.id}"
    assert ada.get(path)["session"]["claims"] == []
    claim = Claim(kind="file", subject="a.py", statement="Es läuft.", verified=True, evidence="Seen.", step="work/1")
    with dashboard.database.write() as db:
        append_events(db, session.id, [ClaimsMade(step="claims", agent="queen", claims=[claim])])
    assert ada.get(path)["session"]["claims"] == [claim.model_dump()]


def test_the_project_folder_may_be_relative_to_the_first_allowed_one(dashboard: Dashboard, ada: Program) -> None:
    root = dashboard.settings.roots[0]
    assert ada.create(project_folder="a/b")["project_folder"] == str(root / "a/b")
    assert Path(root / "a/b").is_dir()
    found = ada.get("/api/project-folders")
    assert (found["path"], [folder["name"] for folder in found["folders"]]) == (str(root), ["a"])
    assert [folder["path"] for folder in ada.get("/api/project-folders?path=a")["folders"]] == [str(root / "a/b")]
