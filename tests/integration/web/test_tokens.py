"""API tokens: the token alone counts, a wrong one is told, and one that was revoked is none."""

from __future__ import annotations

from common.queries import accounts
from tests.integration.web.dashboard import Dashboard, Program


def test_a_token_needs_neither_cookie_nor_csrf(dashboard: Dashboard, ada: Program) -> None:
    assert ada.get("/api/me")["user"]["email"] == ada.user.email
    ada.create()
    with dashboard.database.read() as db:
        (token,) = accounts.list_tokens(db, ada.user.email)
    assert token.last_used_at is not None
    assert ada.token not in token.token_hash


def test_wrong_and_revoked_tokens_are_refused_with_a_sentence(dashboard: Dashboard, ada: Program) -> None:
    def ask(value: str) -> int:
        answer = dashboard.app.test_client().get("/api/me", headers={"Authorization": value})
        if answer.status_code == 401:
            assert answer.json is not None
            assert answer.json["error"]
        return answer.status_code

    for value in ("", "Bearer", "Bearer ", "Bearer x", "Basic YTpi", ada.token, f"Bearer {ada.token}x", "Bearer \xe4"):
        assert ask(value) == 401, value
    assert ask(f"bearer  {ada.token} ") == 200
    with dashboard.database.write() as db:
        (token,) = accounts.list_tokens(db, ada.user.email)
        accounts.revoke_token(db, token.id)
    assert ask(f"Bearer {ada.token}") == 401


def test_the_token_of_somebody_deactivated_is_none(dashboard: Dashboard, ada: Program) -> None:
    dashboard.deactivate(ada.user)
    assert ada.ask("GET", "/api/me").status_code == 401
    assert ada.ask("POST", "/api/sessions", json={"task": "x"}).status_code == 401


def test_where_a_token_comes_with_a_cookie_the_token_alone_counts(on_sqlite: Dashboard) -> None:
    eve, ada = on_sqlite.program(), on_sqlite.program(admin=True)
    browser = on_sqlite.browser()
    with browser.client.session_transaction() as cookie:
        cookie["_user_id"] = ada.user.fs_uniquifier
        cookie["_fresh"] = True
    assert browser.is_signed_in()

    def ask(method: str, path: str, token: str) -> int:
        headers = {"Authorization": f"Bearer {token}"}
        return browser.client.open(path, method=method, headers=headers, json={"task": "x"}).status_code

    assert ask("GET", "/api/me", "wrong") == 401
    assert ask("POST", "/api/sessions", "wrong") == 401
    assert ask("POST", "/api/sessions", "") == 401
    assert ask("GET", "/", "wrong") == 401
    session = on_sqlite.make(ada.user)
    assert ask("GET", f"/api/sessions/{session.id}", eve.token) == 404
    assert ask("POST", f"/api/sessions/{session.id}/stop", eve.token) == 404
    assert ask("GET", f"/sessions/{session.id}", eve.token) == 404
    assert ask("POST", f"/api/sessions/{session.id}/stop", ada.token) == 202
