"""The history over the REST API: search, filters, orders, figures, and what is done to many sessions at a time."""

from __future__ import annotations

import datetime as dt
from typing import Any
from urllib.parse import quote

import pytest

from common.clock import utc_now
from common.models import FlowSession
from common.queries.sessions import find_session
from common.states import State
from tests.integration.web.dashboard import Dashboard, Program


@pytest.fixture
def history(dashboard: Dashboard, ada: Program) -> list[FlowSession]:
    """Five ended sessions of Ada: each has another order by its end, duration, tokens and name."""
    now = utc_now()
    made = []
    rows = [("delta", 50, 5, 70), ("Alpha", 40, 5, 10), ("echo", 30, 90, 10), ("bravo", 20, 1, 900)]
    rows.append(("charlie", 10, 40, 300))
    for number, (name, minutes, seconds, tokens) in enumerate(rows):
        session = dashboard.make(ada.user, name=name, task=f"Task number{number} for the bees.")
        with dashboard.database.write() as db:
            row = find_session(db, session.id)
            row.state = State.FAILED if number % 2 else State.COMPLETED
            row.ended_at = now - dt.timedelta(minutes=minutes)
            row.started_at = row.ended_at - dt.timedelta(seconds=seconds)
            row.output_tokens = tokens
        made.append(dashboard.find(session.id))
    return made


def names(who: Program, query: str = "") -> list[str]:
    """Return the names of a list, read in pages of two."""
    page = who.get(f"/api/sessions?limit=2&{query}")
    found = [session["name"] for session in page["session_history"]]
    while page["next_cursor"] is not None:
        page = who.get(f"/api/sessions?limit=2&{query}&cursor={page['next_cursor']}")
        found += [session["name"] for session in page["session_history"]]
    return found


def refuse(who: Program, method: str, path: str, status: int, **more: Any) -> Any:
    answer = who.ask(method, path, **more)
    assert answer.status_code == status, answer.text[:300]
    assert answer.json is not None
    assert answer.json["success"] is False
    return answer.json


def test_each_order_comes_in_pages_without_a_gap_in_both_directions(ada: Program, history: list[FlowSession]) -> None:
    orders = {
        "ended": ["charlie", "bravo", "echo", "Alpha", "delta"],
        "created": ["charlie", "bravo", "echo", "Alpha", "delta"],
        # Equal ones stand in the order of their ids.
        "duration": ["echo", "charlie", "Alpha", "delta", "bravo"],
        "tokens": ["bravo", "charlie", "delta", "echo", "Alpha"],
        "name": ["echo", "delta", "charlie", "bravo", "Alpha"],
    }
    for sort, expected in orders.items():
        assert names(ada, f"sort={sort}&order=desc") == expected, sort
        assert names(ada, f"sort={sort}&order=asc") == expected[::-1], sort
    assert names(ada, "sort=name") == orders["name"][::-1]
    assert names(ada) == orders["ended"]


def test_search_and_filters_go_together_in_any_order(ada: Program, history: list[FlowSession]) -> None:
    assert names(ada, "q=bees&sort=tokens&status=failed") == ["bravo", "Alpha"]
    assert names(ada, "q=number2") == ["echo"]
    assert names(ada, "q=BRAV") == ["bravo"]
    assert names(ada, "q=wasps") == []
    assert names(ada, "q=%20") == names(ada)
    since, until = (quote(each.ended_at.isoformat()) for each in (history[1], history[3]) if each.ended_at)
    assert names(ada, f"since={since}&until={until}") == ["bravo", "echo", "Alpha"]
    assert names(ada, f"until={since}&status=completed") == ["delta"]


def test_a_search_finds_active_sessions_too_and_only_ones_own(
    dashboard: Dashboard, ada: Program, bob: Program, admin: Program, history: list[FlowSession]
) -> None:
    queued = dashboard.make(bob.user, name="Bees of Bob")
    assert list(admin.get("/api/sessions?q=bees")["active_sessions"]) == [queued.id]
    assert ada.get("/api/sessions?q=bob")["active_sessions"] == {}
    assert names(bob, "q=bees") == []
    assert len(names(admin, "q=bees")) == 5
    since = quote(utc_now().isoformat())
    assert list(admin.get(f"/api/sessions?since={since}")["active_sessions"]) == [queued.id]
    assert admin.get(f"/api/sessions?until={since}")["active_sessions"] == {}


def test_what_cannot_be_asked_is_said(ada: Program, history: list[FlowSession]) -> None:
    cursor = ada.get("/api/sessions?limit=1&sort=tokens")["next_cursor"]
    for query in (
        "sort=colour",
        "order=up",
        f"cursor={cursor}",
        f"cursor={cursor}&sort=tokens&order=asc",
        "cursor=bm9uZQ",
        "since=yesterday",
        "since=2026-05-03T00:00:00",
        "until=9e99",
        f"q={'x' * 201}",
    ):
        assert refuse(ada, "GET", f"/api/sessions?{query}", 422)["code"] == "invalid_input", query
    for q in ('"', "a AND", "'); --", "%1f", "*", "NEAR(", "🐝"):
        assert ada.ask("GET", f"/api/sessions?q={quote(q, safe='%')}").status_code == 200, q


def test_the_figures_tell_of_each_of_the_last_days(
    dashboard: Dashboard, ada: Program, bob: Program, history: list[FlowSession]
) -> None:
    with dashboard.database.write() as db:
        find_session(db, history[0].id).ended_at = utc_now() - dt.timedelta(days=2)
    told = ada.get("/api/sessions/statistics?days=4")
    assert told["statistics"] == ada.get("/api/sessions")["statistics"]
    assert (told["statistics"]["total"], told["statistics"]["tokens"]) == (5, 1290)
    today = utc_now().date()
    days = {day["day"]: day for day in told["days"]}
    assert list(days) == [str(today - dt.timedelta(days=back)) for back in (3, 2, 1, 0)]
    assert [day["completed"] for day in told["days"]][:2] == [0, 1]
    assert sum(day["failed"] for day in told["days"]) == 2
    assert bob.get("/api/sessions/statistics")["statistics"]["total"] == 0
    refuse(ada, "GET", "/api/sessions/statistics?days=0", 422)


def test_many_are_deleted_each_by_itself(
    dashboard: Dashboard, ada: Program, bob: Program, history: list[FlowSession]
) -> None:
    running, of_bob = dashboard.make(ada.user, State.RUNNING), dashboard.make(bob.user, State.STOPPED)
    ids = [history[0].id, running.id, of_bob.id, "nonsense", history[1].id, history[0].id]
    answer = ada.ask("POST", "/api/sessions/delete", json={"ids": ids})
    assert answer.status_code == 200
    results = answer.json["results"]  # type: ignore[index]  # it is one
    assert [(item["id"], item["deleted"], item["code"]) for item in results] == [
        (history[0].id, True, None),
        (running.id, False, "conflict"),
        (of_bob.id, False, "not_found"),
        ("nonsense", False, "not_found"),
        (history[1].id, True, None),
    ]
    assert "stop it before" in results[1]["error"]
    assert names(ada) == ["charlie", "bravo", "echo"]
    bad: list[Any] = [{}, {"ids": []}, {"ids": ["x"] * 101}, {"ids": "x"}, {"ids": [1]}, {"ids": ["x"], "all": True}]
    for body in bad:
        refuse(ada, "POST", "/api/sessions/delete", 422, json=body)


def test_a_session_runs_again_with_the_same_settings(dashboard: Dashboard, ada: Program, bob: Program) -> None:
    first = ada.create(name="Haiku", workers=2, architecture="CENTRALIZED", options={"seed": 7, "rounds": 3})
    dashboard.beat("tiny")
    path = f"/api/sessions/{first['id']}/rerun"
    answer = ada.ask("POST", path, headers={"Idempotency-Key": "again"})
    assert answer.status_code == 202, answer.text
    again = answer.json["session"]  # type: ignore[index]  # it is one
    assert answer.headers["Location"] == f"/api/sessions/{again['id']}"
    assert again["id"] != first["id"]
    assert (again["status"], again["model"]) == ("queued", "tiny")
    same = ("name", "task", "workers", "architecture", "project_folder", "options", "owner")
    assert {key: again[key] for key in same} == {key: first[key] for key in same}
    repeated = ada.ask("POST", path, headers={"Idempotency-Key": "again"})
    assert repeated.json["session_id"] == again["id"]  # type: ignore[index]  # it is one
    assert refuse(bob, "POST", path, 404)["code"] == "not_found"


def test_a_session_runs_again_with_changes(ada: Program, bob: Program) -> None:
    first = ada.create(name="Haiku", workers=2, project_folder="poems", options={"seed": 7, "rounds": 3})
    path = f"/api/sessions/{first['id']}/fork"

    def fork(**changes: Any) -> Any:
        answer = ada.ask("POST", path, json=changes)
        assert answer.status_code == 202, answer.text
        return answer.json["session"]  # type: ignore[index]  # it is one

    changed = fork(workers=8, architecture="fully connected", options={"rounds": 1})
    assert (changed["workers"], changed["architecture"], changed["name"]) == (8, "FULLY_CONNECTED", "Haiku")
    assert (changed["options"]["seed"], changed["options"]["rounds"]) == (7, 1)
    assert changed["project_folder"] == first["project_folder"]
    other = fork(task="Write a sonnet.", project_folder=None)
    assert (other["task"], other["name"], other["project_folder"]) == ("Write a sonnet.", "Write a sonnet.", None)
    assert fork()["task"] == first["task"]
    for body in ({"workers": 17}, {"task": " "}, {"workers": None}, {"options": {"colour": 1}}, {"id": "x"}):
        refuse(ada, "POST", path, 422, json=body)
    refuse(bob, "POST", path, 404, json={})
