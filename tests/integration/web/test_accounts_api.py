"""Tokens and people through the API: one's own tokens, and what admins alone may see and change."""

from __future__ import annotations

from tests.integration.web.dashboard import Dashboard, Program


def test_a_token_is_made_shown_once_used_and_revoked(dashboard: Dashboard, ada: Program) -> None:
    made = ada.ask("POST", "/api/tokens", json={"name": " Nightly reports "})
    assert made.status_code == 201
    assert made.json is not None
    secret = made.json["secret"]
    newest = next(token for token in ada.get("/api/tokens")["tokens"] if token["name"] == "Nightly reports")
    assert set(newest) == {"id", "name", "created_at", "last_used_at"}
    assert secret not in ada.ask("GET", "/api/tokens").text

    program = Program(ada.client, ada.user, secret)
    assert program.get("/api/me")["user"]["email"] == ada.user.email
    assert ada.ask("DELETE", f"/api/tokens/{newest['id']}").status_code == 204
    assert program.ask("GET", "/api/me").status_code == 401
    assert ada.ask("DELETE", f"/api/tokens/{newest['id']}").status_code == 404


def test_nobody_sees_or_revokes_the_token_of_somebody_else(dashboard: Dashboard, ada: Program) -> None:
    eve = dashboard.program(admin=True)
    (token,) = ada.get("/api/tokens")["tokens"]
    assert token["id"] not in {each["id"] for each in eve.get("/api/tokens")["tokens"]}
    assert eve.ask("DELETE", f"/api/tokens/{token['id']}").status_code == 404
    assert ada.get("/api/tokens")["tokens"]


def test_a_token_needs_a_name(ada: Program) -> None:
    for body in ({}, {"name": " "}, {"name": "x" * 121}, {"name": 1}, {"name": "x", "more": 1}):
        assert ada.ask("POST", "/api/tokens", json=body).status_code == 422, body


def test_people_and_settings_are_not_there_for_members(dashboard: Dashboard) -> None:
    member = dashboard.program()
    for method, path in (("GET", "/api/users"), ("GET", "/api/settings")):
        assert member.ask(method, path).status_code == 404
    body = {"email": "x@example.org", "password": "long enough"}
    assert member.ask("POST", "/api/users", json=body).status_code == 404
    assert member.ask("PATCH", f"/api/users/{member.user.id}", json={"is_admin": True}).status_code == 404
    assert not member.get("/api/me")["user"]["is_admin"]


def test_an_admin_makes_a_person_an_admin_and_deactivates_them(dashboard: Dashboard) -> None:
    admin = dashboard.program(admin=True)
    made = admin.ask(
        "POST", "/api/users", json={"email": "New@Example.org", "password": "long enough", "is_admin": False}
    )
    assert made.status_code == 201
    assert made.json is not None
    person = made.json["user"]
    assert (person["email"], person["is_admin"], person["is_active"]) == ("new@example.org", False, True)
    assert dashboard.browser().sign_in("new@example.org", "long enough").status_code == 302
    assert person in admin.get("/api/users")["users"]
    again = admin.ask("POST", "/api/users", json={"email": "new@example.org", "password": "long enough"})
    assert again.status_code == 409
    assert admin.ask("POST", "/api/users", json={"email": "x@y", "password": "short"}).status_code == 422

    path = f"/api/users/{person['id']}"
    for change, field in (({"is_admin": True}, "is_admin"), ({"is_active": False}, "is_active")):
        changed = admin.ask("PATCH", path, json=change)
        assert changed.status_code == 200
        assert changed.json is not None
        assert changed.json["user"][field] is change[field]
    refused = dashboard.browser()
    refused.sign_in("new@example.org", "long enough")
    assert not refused.is_signed_in()
    assert admin.ask("PATCH", "/api/users/none", json={"is_active": False}).status_code == 404


def test_admins_cannot_lock_themselves_out(dashboard: Dashboard) -> None:
    admin = dashboard.program(admin=True)
    for change in ({"is_admin": False}, {"is_active": False}):
        assert admin.ask("PATCH", f"/api/users/{admin.user.id}", json=change).status_code == 409
    assert admin.get("/api/me")["user"]["is_admin"]


def test_settings_tell_their_values_and_sources_but_no_secret(dashboard: Dashboard) -> None:
    admin = dashboard.program(admin=True)
    settings = {each["variable"]: each for each in admin.get("/api/settings")["settings"]}
    assert settings["OLLAMA_FLOW_SEATS"] == {
        "variable": "OLLAMA_FLOW_SEATS",
        "value": "4",
        "source": "default",
        "is_secret": False,
    }
    assert settings["OLLAMA_FLOW_HOME"]["value"] == str(dashboard.settings.home)
    assert settings["OLLAMA_FLOW_REDIS_URL"]["value"] is None
    assert settings["OLLAMA_FLOW_REDIS_URL"]["is_secret"]
