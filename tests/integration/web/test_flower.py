"""Flower behind the dashboard: a real one on the tests' Valkey, read by admins alone."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from playwright.sync_api import expect

from common.queue import create_celery
from tests.integration.web.dashboard import Dashboard, Program
from tests.integration.web.pages import PATIENCE, open_page
from tests.integration.web.site import Site
from tests.journeys.browser import Browser
from tests.support.http_server import serve_http
from tests.support.waiting import wait_until

_WORKER = "celery@atlas"
_HOSTILE = "<img src=x onerror=document.title='taken'>"


@pytest.fixture(scope="module")
def flower(site: Site) -> Iterator[None]:
    """Run Flower beside the site's web process, and tell it of a worker process and a task."""
    child = site.installation.launch("flower", {})
    socket = site.installation.settings.flower_socket
    wait_until(socket.exists, "Flower listens", 60)
    celery = create_celery(site.installation.settings)
    with httpx.Client(transport=httpx.HTTPTransport(uds=str(socket))) as direct, celery.connection() as connection:
        dispatcher = celery.events.Dispatcher(connection, hostname=_WORKER)

        def knows_them() -> bool:
            dispatcher.send("worker-heartbeat", freq=2)
            dispatcher.send("task-received", uuid="0" * 8, name=_HOSTILE, args="()", kwargs="{}")
            return _WORKER in direct.get("http://flower/flower/workers?json=1").text

        wait_until(knows_them, "Flower knows a worker process", 60)
    yield
    child.kill()
    child.wait()
    socket.unlink()


def ask(site: Site, who: Program | None, path: str, method: str = "GET", **more: Any) -> httpx.Response:
    headers = {"Authorization": f"Bearer {who.token}"} if who else {}
    return httpx.request(method, site.url + path, headers=headers | more.pop("headers", {}), **more)


def test_an_admin_reads_workers_and_tasks_and_a_hostile_name_stays_a_name(
    browser: Browser, site: Site, flower: None
) -> None:
    page = open_page(browser, site, site.dashboard.program(admin=True), "/")
    page.get_by_role("link", name="Open Flower").click()
    expect(page.get_by_role("link", name=f"Worker {_WORKER}")).to_be_visible(timeout=PATIENCE)
    expect(page.locator("#workers-refresh-status")).to_contain_text("Updated", timeout=PATIENCE)
    page.get_by_role("link", name="Tasks", exact=True).click()
    expect(page.locator("#tasks-table tbody")).to_contain_text(_HOSTILE, timeout=PATIENCE)
    page.get_by_role("link", name="00000000").click()
    expect(page.locator(".task-name-value")).to_have_text(_HOSTILE)
    expect(page.get_by_role("button", name="Revoke")).to_have_count(0)
    page.get_by_role("link", name="Broker").click()
    expect(page.get_by_role("cell", name="sessions", exact=True)).to_be_visible()
    assert page.title() != "taken"


def test_only_admins_are_answered(site: Site, flower: None) -> None:
    member, admin = site.dashboard.program(), site.dashboard.program(admin=True)
    for path in ("/flower/", "/flower/tasks", "/flower/metrics", "/flower/static/js/flower.js"):
        stranger = ask(site, None, path)
        assert (stranger.status_code, stranger.headers["Location"]) == (302, f"/login?next={path}")
        assert ask(site, member, path).status_code == 404, "as other pages of admins"
        answer = ask(site, admin, path)
        assert answer.status_code == 200
        assert "script-src 'self' 'sha256-" in answer.headers["Content-Security-Policy"]
        assert "unsafe" not in answer.headers["Content-Security-Policy"]
        assert "Set-Cookie" not in answer.headers, "Flower's own stays behind"
    assert ask(site, admin, "/api/status").json()["system"]["flower_url"] == "/flower/"
    assert ask(site, member, "/api/status").json()["system"]["flower_url"] is None


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", f"/flower/api/worker/shutdown/{_WORKER}"),
        ("POST", "/flower/api/task/revoke/00000000?terminate=true"),
        ("POST", "/flower/tasks"),
        ("POST", "/flower/tasks/datatable/"),
        ("DELETE", "/flower/tasks/datatable"),
    ],
)
def test_what_would_change_something_is_refused(site: Site, flower: None, method: str, path: str) -> None:
    refused = ask(site, site.dashboard.program(admin=True), path, method)
    assert refused.status_code == 405
    assert "Flower only shows what Celery does" in refused.text
    assert ask(site, site.dashboard.program(), path, method).status_code == 404


def test_neither_its_api_nor_another_site_gets_through(site: Site, flower: None) -> None:
    admin = site.dashboard.program(admin=True)
    for path in ("/flower/api/workers", "/flower/x/%2e%2e/api/workers", "/flower/%2e/api/workers"):
        assert "own API is not served" in ask(site, admin, path).text
    foreign = ask(site, admin, "/flower/tasks/datatable", "POST", headers={"Origin": "http://elsewhere.example"})
    assert foreign.status_code == 403
    assert ask(site, admin, "/flower/tasks/datatable", "POST", data={"draw": "1" * 17_000}).status_code == 414


def test_no_cookie_and_no_token_reaches_flower(make_settings: Any, sqlite_url: str) -> None:
    with serve_http(lambda request: (200, {})) as spy:
        address = spy.url.replace("://", "://flower:p%40ss@")
        with Dashboard(make_settings(database_url=sqlite_url, flower_url=address)) as dashboard:
            browser = dashboard.browser()
            browser.sign_in(dashboard.person(admin=True).email)
            browser.client.get("/flower/worker/a@b%2Fc%3Fd%25?x=%26&y=\xe9", headers={"X-Anything": "else"})
            browser.client.post("/flower/tasks/datatable", data={"draw": "1", "search[value]": "a&b"})
            dashboard.program(admin=True).ask("GET", "/flower/")
    assert [(asked.method, asked.path) for asked in spy.requests] == [
        ("GET", "/flower/worker/a@b/c%3Fd%25?x=%26&y=%C3%A9"),
        ("GET", "/flower/tasks/datatable?draw=1&search%5Bvalue%5D=a%26b"),
        ("GET", "/flower/"),
    ]
    for asked in spy.requests:
        assert set(asked.headers) <= {"Host", "Accept", "Accept-Encoding", "Connection", "User-Agent", "Authorization"}
        assert asked.headers["Authorization"] == f"Basic {base64.b64encode(b'flower:p@ss').decode()}"


def test_a_flower_that_is_away_is_told_of_in_a_sentence(make_settings: Any, sqlite_url: str) -> None:
    with Dashboard(make_settings(database_url=sqlite_url)) as dashboard:
        admin = dashboard.program(admin=True)
        away = admin.ask("GET", "/flower/")
        assert (away.status_code, "Flower does not answer" in away.text) == (503, True)
        assert admin.get("/api/status")["system"]["flower_url"] is None


def test_a_password_that_flower_does_not_take_is_told_of_in_a_sentence(make_settings: Any, sqlite_url: str) -> None:
    with (
        serve_http(lambda request: (401, {})) as strict,
        Dashboard(make_settings(database_url=sqlite_url, flower_url=strict.url)) as dashboard,
    ):
        refused = dashboard.program(admin=True).ask("GET", "/flower/")
        assert (refused.status_code, "OLLAMA_FLOW_FLOWER_URL" in refused.text) == (502, True)
        assert "WWW-Authenticate" not in refused.headers
