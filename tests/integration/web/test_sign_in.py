"""Signing in: the form, its brake, what it remembers, and where it leads."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import urljoin, urlsplit

import pytest

from common.models import User
from common.settings import Settings
from tests.integration.web.dashboard import Browser, Dashboard
from tests.support.data import PASSWORD, make_user
from web.auth.setup import WRONG_SIGN_IN
from web.auth.sign_in_limit import TRIES_ALLOWED


@pytest.fixture
def ada(on_sqlite: Dashboard) -> User:
    return on_sqlite.person()


@pytest.fixture
def browser(on_sqlite: Dashboard, ada: User) -> Browser:
    return on_sqlite.browser()


def test_a_person_signs_in_looks_around_and_signs_out_on_either_database(dashboard: Dashboard) -> None:
    ada = make_user(dashboard.database)
    browser = dashboard.browser()
    assert browser.client.get("/api/me").status_code == 401
    answer = browser.sign_in(f" {ada.email.upper()} ")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/")
    told = browser.client.get("/api/me").json
    assert told == {"success": True, "user": {"id": ada.id, "email": ada.email, "is_admin": False}}
    assert ada.email in browser.client.get("/").text
    answer = browser.client.post("/logout", data={"csrf_token": browser.read_csrf_token("/")})
    assert (answer.status_code, answer.headers["Location"]) == (302, "/login")
    assert not browser.is_signed_in()


def test_pages_lead_to_the_form_and_back_and_the_api_says_401(browser: Browser) -> None:
    for path in ("/", "/sessions", "/sessions/x?y=1", "/nothing", "/api-docs"):
        answer = browser.client.get(path)
        assert answer.status_code == 302
        assert answer.headers["Location"].startswith("/login?next=/"), path
    for method, path in [
        ("GET", "/api/sessions"),
        ("POST", "/api/sessions"),
        ("GET", "/api/nothing"),
        ("PUT", "/api/me"),
    ]:
        answer = browser.client.open(path, method=method, json={})
        assert answer.status_code == 401, (method, path)
        assert answer.json is not None
        assert answer.json["code"] == "unauthorized"
    assert browser.client.get("/api/docs").status_code == 401
    for path in ("/healthz", "/readyz", "/api/health", "/login"):
        assert browser.client.get(path).status_code == 200
    answer = browser.sign_in("person-1@example.org", path="/login?next=/sessions/x%3Fy%3D1")
    assert answer.headers["Location"] == "/sessions/x?y=1"


@pytest.mark.parametrize(
    "target",
    [
        "http://evil.example/",
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "http:evil.example",
        "javascript:alert(1)",
        "/\t/evil.example",
        " //evil.example",
        "http://localhost@evil.example/",
    ],
)
def test_signing_in_never_leads_to_another_site(browser: Browser, target: str) -> None:
    token = browser.read_csrf_token()
    form = {"email": "person-1@example.org", "password": PASSWORD, "csrf_token": token, "next": target}
    answer = browser.client.post("/login", query_string={"next": target}, data=form)
    location = answer.headers.get("Location", "")
    assert answer.status_code == (302 if location else 200)
    # What browsers make of it: they drop tabs and take a backslash for a slash.
    led_to = urljoin("http://localhost/login", location.replace("\t", "").replace("\\", "/"))
    assert urlsplit(led_to)[:2] == ("http", "localhost"), location


def test_wrong_passwords_and_unknown_people_get_the_same_answer(browser: Browser) -> None:
    wrong, unknown = browser.sign_in("person-1@example.org", "wrong"), browser.sign_in("eve@example.org", "wrong")
    assert (wrong.status_code, unknown.status_code) == (200, 200)
    sentences = [
        answer.text.replace(email, "")
        for answer, email in ((wrong, "person-1@example.org"), (unknown, "eve@example.org"))
    ]
    assert sentences[0].count('role="alert"') == sentences[1].count('role="alert"') > 0
    assert "disabled" not in wrong.text
    assert WRONG_SIGN_IN in wrong.text
    assert not browser.is_signed_in()


def test_who_was_deactivated_cannot_sign_in_and_is_out_at_once(on_sqlite: Dashboard, ada: User) -> None:
    signed_in = on_sqlite.browser()
    signed_in.sign_in(ada.email, remember="y")
    assert signed_in.is_signed_in()
    on_sqlite.deactivate(ada)
    assert not signed_in.is_signed_in()
    assert on_sqlite.browser().sign_in(ada.email).status_code == 200


def test_signing_in_needs_the_token_of_the_form(browser: Browser) -> None:
    good = browser.read_csrf_token()
    # Not its last character, of which only some bits count.
    for token in ("", "wrong", f"{good[:-6]}{'A' if good[-6] != 'A' else 'B'}{good[-5:]}"):
        answer = browser.client.post(
            "/login", data={"email": "person-1@example.org", "password": PASSWORD, "csrf_token": token}
        )
        assert answer.status_code == 400
        assert not browser.is_signed_in()
    bearer = {"Authorization": "Bearer anything"}
    browser.client.post("/login", data={"email": "person-1@example.org", "password": PASSWORD}, headers=bearer)
    assert not browser.is_signed_in()


def test_a_signed_in_browser_needs_its_token_for_whatever_changes(on_sqlite: Dashboard, browser: Browser) -> None:
    browser.sign_in("person-1@example.org")
    refused = browser.client.post("/api/sessions", json={"task": "Count."})
    assert refused.status_code == 400
    assert refused.json is not None
    assert refused.json["code"] == "csrf"
    token = {"X-CSRFToken": browser.read_csrf_token("/")}
    assert browser.client.post("/api/sessions", json={"task": "Count."}, headers=token).status_code == 201
    other = on_sqlite.browser()
    other.sign_in("person-1@example.org")
    assert other.client.post("/api/sessions", json={"task": "Count."}, headers=token).status_code == 400
    assert browser.client.post("/logout").status_code == 400
    assert browser.is_signed_in()


def test_after_ten_failures_even_the_right_password_has_to_wait(browser: Browser) -> None:
    for _ in range(TRIES_ALLOWED):
        assert browser.sign_in("person-1@example.org", "wrong").status_code == 200
    answer = browser.sign_in("person-1@example.org")
    assert answer.status_code == 429
    assert 0 < int(answer.headers["Retry-After"]) <= 60
    assert "wait" in answer.text
    assert links_of(answer.text) == ["/", "/login"]
    again = browser.sign_in("person-1@example.org", path="/login?next=/sessions")
    assert links_of(again.text) == ["/", "/login?next=/sessions"]
    assert browser.sign_in("eve@example.org", "wrong").status_code == 200


def test_an_error_leads_whoever_is_signed_in_to_the_pages_and_others_to_the_form(browser: Browser) -> None:
    assert links_of(browser.client.post("/login", data={}).text) == ["/", "/login"]
    browser.sign_in("person-1@example.org", remember="y")
    for cookies in ("both", "the one that remembers"):
        assert links_of(browser.client.get("/nothing").text) == ["/", "/sessions", "/"], cookies
        browser.client.delete_cookie("ollama_flow_session")


def links_of(page: str) -> list[str]:
    return re.findall(r'<a [^>]*href="([^"]*)"', page)


def test_json_finds_no_way_around_the_brake(browser: Browser) -> None:
    def guess(**more: object) -> int:
        headers = {"X-CSRFToken": browser.read_csrf_token(), "Accept": "application/json"}
        return browser.client.post("/login", headers=headers, **more).status_code

    form = {"email": "person-1@example.org", "password": "wrong"}
    for more in ({"json": form}, {"data": form}):
        assert [guess(**more) for _ in range(TRIES_ALLOWED)] == [400] * TRIES_ALLOWED
        assert guess(**more) == 429


def test_nonsense_at_the_form_is_refused_without_a_server_error(browser: Browser) -> None:
    token = browser.read_csrf_token()
    for body in ({"email": ["a"], "password": {"b": 1}}, {"email": None}, {"email": 1, "password": True}, {}):
        answer = browser.client.post("/login", json=body, headers={"X-CSRFToken": token})
        assert answer.status_code == 400, body
    for form in ({"email": "a\x00@b"}, {"password": "a\x00"}, {"\x00": "a"}):
        assert browser.client.post("/login", data=form | {"csrf_token": token}).status_code == 400
    assert browser.client.post("/login", data=b"[", content_type="application/json").status_code == 400
    assert "at most" in browser.sign_in("person-1@example.org", "x" * 100_000).text
    assert browser.sign_in("@" * 1000, "x").status_code == 200
    browser.client.set_cookie("ollama_flow_session", "nonsense\udcff".encode("utf-8", "replace").decode())
    browser.client.set_cookie("ollama_flow_remember", "nonsense|0")
    assert not browser.is_signed_in()


def test_cookies_are_out_of_reach_for_scripts_and_other_sites(
    make_settings: Callable[..., Settings], sqlite_url: str
) -> None:
    for secure in (False, True):
        with Dashboard(make_settings(database_url=sqlite_url, secure_cookies=secure)) as dashboard:
            if not secure:
                dashboard.person()
            answer = dashboard.browser().sign_in("person-1@example.org", remember="y")
            cookies = {cookie.partition("=")[0]: cookie for cookie in answer.headers.getlist("Set-Cookie")}
            assert cookies.keys() == {"ollama_flow_session", "ollama_flow_remember"}
            for cookie in cookies.values():
                assert "HttpOnly" in cookie
                assert "SameSite=Lax" in cookie
                assert ("Secure" in cookie) is secure
            assert "Expires=" in cookies["ollama_flow_remember"]
            assert "Expires=" not in cookies["ollama_flow_session"]


def test_only_who_asks_for_it_is_remembered(on_sqlite: Dashboard, ada: User) -> None:
    for remember, still_in in (({"remember": "y"}, True), ({}, False)):
        browser = on_sqlite.browser()
        browser.sign_in(ada.email, **remember)
        browser.client.delete_cookie("ollama_flow_session")  # the browser was closed
        assert browser.is_signed_in() is still_in


def test_a_changed_password_ends_all_other_browsers(on_sqlite: Dashboard) -> None:
    ada = on_sqlite.person()
    here, elsewhere = on_sqlite.browser(), on_sqlite.browser()
    for browser in (here, elsewhere):
        browser.sign_in(ada.email, remember="y")
    form = {"password": PASSWORD, "new_password": "another good one", "new_password_confirm": "another good one"}
    short = form | {"new_password": "short", "new_password_confirm": "short"}
    token = here.read_csrf_token("/change")
    assert here.client.post("/change", data=short | {"csrf_token": token}).status_code == 200
    assert elsewhere.is_signed_in()
    answer = here.client.post("/change", data=form | {"csrf_token": token})
    assert answer.status_code == 302
    assert here.is_signed_in()
    assert not elsewhere.is_signed_in()
    assert elsewhere.sign_in(ada.email).status_code == 200
    assert elsewhere.sign_in(ada.email, "another good one").status_code == 302


def test_pages_carry_no_inline_script_and_may_not_be_framed_or_kept(browser: Browser) -> None:
    browser.sign_in("person-1@example.org")
    for path in ("/", "/sessions", "/change", "/nothing", "/api/docs", "/api/me"):
        answer = browser.client.get(path)
        policy = answer.headers["Content-Security-Policy"]
        assert "script-src 'self'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert " style=" not in answer.text
        assert " onclick=" not in answer.text
