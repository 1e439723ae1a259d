"""Health and probes: what is told to whom, and what happens while the database is away."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from common.migrations import upgrade
from common.settings import Settings
from tests.integration.web.dashboard import Dashboard, Program
from tests.support.servers import PostgreSQL, Valkey, find_free_port, find_postgresql, miss
from tests.support.waiting import wait_until


def test_all_is_well_with_a_database_a_redis_a_worker_and_a_model(dashboard: Dashboard, ada: Program) -> None:
    told = ada.get("/api/health")
    assert told["status"] == "degraded"
    assert told["components"]["database"]["ok"]
    assert told["components"]["redis"]["ok"]
    assert told["components"]["workers"] == {"ok": False, "count": 0}
    assert told["components"]["model_server"] == {"ok": False, "detail": "No worker process tells of one."}
    dashboard.beat("llama3:latest")
    told = ada.get("/api/health")
    assert told["status"] == "ok"
    assert told["components"]["workers"] == {"ok": True, "count": 1}
    assert told["timestamp"].endswith("Z")


def test_strangers_learn_only_whether_all_is_well(on_sqlite: Dashboard) -> None:
    answer = on_sqlite.app.test_client().get("/api/health")
    assert answer.status_code == 200
    assert answer.json is not None
    assert answer.json["components"] is None
    assert answer.json.keys() == {"success", "status", "version", "timestamp", "components"}


def test_a_model_server_that_is_away_or_empty_is_told_of(on_sqlite: Dashboard) -> None:
    ada = on_sqlite.program()
    on_sqlite.beat(reachable=False)
    assert "does not answer" in ada.get("/api/health")["components"]["model_server"]["detail"]


def test_the_models_are_those_of_the_model_server(on_sqlite: Dashboard) -> None:
    ada = on_sqlite.program()
    models = ada.get("/api/models")["models"]
    assert models == {"server": None, "items": [], "loaded": [], "default": None, "pull_refusal": None}
    assert ada.create(model="anything")["model"] == "anything"
    on_sqlite.beat("codellama:7b", "llama3:latest")
    models = ada.get("/api/models")["models"]
    assert [item["name"] for item in models["items"]] == ["codellama:7b", "llama3:latest"]
    assert models["default"] == "codellama:7b"
    assert ada.create()["model"] == "codellama:7b"
    assert ada.create(model="llama3")["model"] == "llama3:latest"
    folder = on_sqlite.settings.roots[0] / "never-made"
    answer = ada.ask("POST", "/api/sessions", json={"task": "x", "model": "gpt", "project_folder": str(folder)})
    assert (answer.status_code, answer.json) == (
        422,
        {
            "success": False,
            "error": "The model server has no model 'gpt'; there are codellama:7b, llama3:latest.",
            "code": "invalid_input",
            "details": [
                {
                    "field": "model",
                    "message": "The model server has no model 'gpt'; there are codellama:7b, llama3:latest.",
                }
            ],
        },
    )
    assert not folder.exists()


def test_models_by_role_are_looked_up_like_the_session_s(on_sqlite: Dashboard) -> None:
    ada = on_sqlite.program()
    on_sqlite.beat("codellama:7b", "llama3:latest")
    session = ada.create(options={"models": {"developer": "codellama:7b", "queen": "llama3"}})
    assert session["options"]["models"] == {"developer": "codellama:7b", "queen": "llama3:latest"}
    command = ada.get(f"/api/sessions/{session['id']}")["session"]["command"]
    assert command.endswith("--models developer=codellama:7b,queen=llama3:latest")
    automatic = ada.create(options={"models": "auto"})
    assert ada.get(f"/api/sessions/{automatic['id']}")["session"]["command"].endswith("--models auto")
    assert ada.create()["options"]["models"] is None
    for models, field, sentence in (
        ({"developer": "gpt"}, "options.models.developer", "no model 'gpt'; there are codellama:7b, llama3:latest."),
        ({"boss": "llama3"}, "options.models", "no role 'boss'; there are queen, analyst, data_scientist, "),
        ("best", "options.models", "It takes the word auto, or a model's name for each role"),
    ):
        refused = ada.ask("POST", "/api/sessions", json={"task": "x", "options": {"models": models}})
        assert refused.json is not None
        assert (refused.status_code, refused.json["code"]) == (422, "invalid_input")
        (detail,) = refused.json["details"]
        assert detail["field"] == field
        assert sentence in detail["message"]


def test_a_repeated_request_may_have_come_before_its_models_were_known_by_their_full_names(
    on_sqlite: Dashboard,
) -> None:
    ada = on_sqlite.program()

    def create() -> Any:
        body = {"task": "x", "options": {"models": {"queen": "llama3"}}}
        return ada.ask("POST", "/api/sessions", json=body, headers={"Idempotency-Key": "once"})

    first = create()
    on_sqlite.beat("llama3:latest")
    again = create()
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json["session_id"] == again.json["session_id"]


def test_the_status_shows_members_only_their_own_sessions(dashboard: Dashboard, ada: Program, bob: Program) -> None:
    admin = dashboard.program(admin=True)
    dashboard.beat("llama3:latest")
    session = dashboard.make(ada.user)
    dashboard.claim(session)

    def seen(who: Program) -> list[str]:
        (worker,) = who.get("/api/status")["workers"]
        assert (worker["busy"], worker["seats"]) == (1, 4)
        return [running["id"] for running in worker["sessions"]]

    wait_until(lambda: ada.get("/api/status")["queue"]["running"] == 1, "the session is seen running")
    assert (seen(ada), seen(bob), seen(admin)) == ([session.id], [], [session.id])
    assert ada.get("/api/status")["queue"] == {"queued": 0, "running": 1, "seats": 4, "free_seats": 3}


def test_a_database_without_our_tables_is_not_ready(make_settings: Callable[..., Settings]) -> None:
    with Dashboard(make_settings()) as dashboard:
        answer = dashboard.app.test_client().get("/readyz")
    assert answer.status_code == 503
    assert "ollama-flow migrate" in answer.text


def test_while_redis_is_away_sessions_are_created_and_health_says_so(
    make_settings: Callable[..., Settings], sqlite_url: str
) -> None:
    with Dashboard(
        make_settings(database_url=sqlite_url, redis_url=f"redis://127.0.0.1:{find_free_port()}/0")
    ) as dashboard:
        ada = dashboard.program()
        assert ada.create()["status"] == "queued"
        told = ada.get("/api/health")
        assert (told["status"], told["components"]["redis"]["ok"]) == ("degraded", False)


def test_the_model_server_is_shown_as_it_was_known_last_while_redis_is_away(
    make_settings: Callable[..., Settings], sqlite_url: str, own_valkey: Valkey
) -> None:
    with Dashboard(make_settings(database_url=sqlite_url, redis_url=own_valkey.url, lease_seconds=300.0)) as dashboard:
        ada = dashboard.program()
        dashboard.beat("llama3:latest")

        def redis_is(ok: bool) -> bool:
            told: bool = ada.get("/api/status")["components"]["redis"]["ok"]
            return told is ok

        own_valkey.stop()
        wait_until(lambda: redis_is(False), "Redis is seen to be away")
        status = ada.get("/api/status")
        assert [item["name"] for item in status["models"]["items"]] == ["llama3:latest"]
        assert status["components"]["model_server"]["ok"]
        assert status["workers"][0]["resources"] is None, "figures are of now, or none"
        assert ada.create()["model"] == "llama3:latest"
        own_valkey.start()
        wait_until(lambda: redis_is(True), "Redis is seen to be back")
        assert ada.get("/api/status")["models"]["server"] is not None, "worker processes have to tell anew first"


def test_while_the_database_is_away_everything_says_so_and_afterwards_all_goes_on(
    make_settings: Callable[..., Settings], redis_url: str
) -> None:
    binaries = find_postgresql()
    if binaries is None:
        miss("PostgreSQL")
    assert binaries is not None
    with PostgreSQL(binaries) as server:
        url = server.url().replace("postgresql://", "postgresql+psycopg://")
        upgrade(url)
        with Dashboard(make_settings(database_url=url, redis_url=redis_url)) as dashboard:
            ada, browser = dashboard.program(), dashboard.browser()
            browser.sign_in(ada.user.email)
            assert browser.is_signed_in()
            server.stop()
            _check_all_is_away(ada)
            answer = browser.client.get("/sessions")
            assert answer.status_code == 503
            assert "try again" in answer.text
            assert browser.client.get("/login").status_code in {200, 503}
            server.start()
            assert browser.is_signed_in()
            assert ada.create()["status"] == "queued"
            assert ada.ask("GET", "/readyz").status_code == 200


def _check_all_is_away(ada: Program) -> None:
    answer = ada.ask("GET", "/api/sessions")
    assert answer.status_code == 503
    assert answer.json is not None
    assert answer.json["code"] == "database_unavailable"
    assert answer.headers["Retry-After"]
    assert ada.ask("POST", "/api/sessions", json={"task": "x"}).status_code == 503
    told = ada.ask("GET", "/api/health")
    assert told.status_code == 200
    assert json.loads(told.text)["status"] == "degraded"
    answer = ada.ask("GET", "/readyz")
    assert answer.status_code == 503
    assert "database" in answer.text
    assert ada.ask("GET", "/healthz").status_code == 200
    assert ada.ask("GET", "/metrics").status_code == 503
