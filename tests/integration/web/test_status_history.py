"""The last hour by API, and the problems of the overview with what to do about them."""

from __future__ import annotations

from typing import Any

from common.bus import Bus
from common.clock import utc_now
from common.history import QueueSample
from common.queries import claims
from common.states import State
from tests.integration.web.dashboard import Dashboard, Program
from tests.support.data import make_step, make_worker
from tests.support.waiting import wait_until


def problems(who: Program) -> dict[str, Any]:
    """Return the problems that somebody sees, by kind; looked for anew."""
    return {problem["kind"]: problem for problem in who.get("/api/status")["problems"]}


def wait_for_problem(who: Program, kind: str) -> Any:
    """Wait until the overview, which looks once a second, tells of a problem."""
    return wait_until(lambda: problems(who).get(kind), f"{kind} is told of")


def test_the_last_hour_has_hosts_the_queue_and_every_minute(dashboard: Dashboard, ada: Program) -> None:
    session = dashboard.make(ada.user)
    dashboard.claim(session)
    make_step(dashboard.database, dashboard.find(session.id))
    dashboard.make(ada.user, State.COMPLETED)
    dashboard.beat("llama3")
    bus = Bus(dashboard.settings.redis_url, dashboard.settings.redis_prefix)
    bus.keep_queue(QueueSample(at=utc_now(), queued=3, running=1, seats=4))
    told = wait_until(
        lambda: found if (found := ada.get("/api/status/history"))["queue"] else None, "the queue's sample is kept"
    )
    bus.close()
    assert [(host["host"], len(host["samples"])) for host in told["hosts"]] == [("here", 1)]
    assert told["queue"][0]["queued"] == 3
    assert len(told["minutes"]) == 60
    assert sum(minute["started"] for minute in told["minutes"]) == 2
    assert sum(minute["completed"] for minute in told["minutes"]) == 1
    assert sum(minute["output_tokens"] for minute in told["minutes"]) == 3
    assert told["since"] < told["minutes"][0]["at"] <= told["minutes"][-1]["at"] <= told["until"]


def test_each_problem_says_what_to_do_and_is_gone_once_it_is_over(
    make_settings: Any, sqlite_url: str, redis_url: str
) -> None:
    settings = make_settings(database_url=sqlite_url, redis_url=redis_url, lease_seconds=60.0)
    with Dashboard(settings) as dashboard:
        ada = dashboard.program()
        none = wait_for_problem(ada, "no_workers")
        assert none["severity"] == "error"
        assert "`ollama-flow worker`" in none["advice"]
        dashboard.beat(reachable=False)
        assert "OLLAMA_HOST" in wait_for_problem(ada, "model_server_away")["advice"]
        assert "no_workers" not in problems(ada)
        dashboard.beat()
        assert "Pull one" in wait_for_problem(ada, "no_models")["advice"]
        dashboard.beat("llama3")
        wait_until(lambda: problems(ada).keys() <= {"disk_nearly_full"}, "all is well")
        make_worker(dashboard.database, "worker-1", draining=True)
        assert "worker-1" in wait_for_problem(ada, "worker_draining")["title"]


def test_a_worker_process_that_falls_silent_is_told_of(on_sqlite: Dashboard) -> None:
    ada = on_sqlite.program()
    make_worker(on_sqlite.database, "silent-1")
    silent = wait_for_problem(ada, "worker_silent")
    assert "silent-1" in silent["title"]
    assert silent["at"] is not None


def test_a_queue_without_free_seats_is_told_of(on_sqlite: Dashboard) -> None:
    ada = on_sqlite.program()
    make_worker(on_sqlite.database, seats=1)
    on_sqlite.claim(on_sqlite.make(ada.user))
    on_sqlite.make(ada.user)
    assert wait_for_problem(ada, "no_free_seats")["title"] == "1 session waits for a free seat"


def test_sessions_that_failed_are_told_to_those_alone_who_may_see_them(dashboard: Dashboard, ada: Program) -> None:
    bob, admin = dashboard.program(), dashboard.program(admin=True)
    session = dashboard.make(ada.user)
    dashboard.claim(session)
    with dashboard.database.write() as db:
        claims.finish_session(db, session.id, epoch=1, state=State.FAILED, error="The plan fell apart.")
    told = wait_for_problem(ada, "session_failed")
    assert (told["session_id"], told["title"]) == (session.id, "Count to ten failed: The plan fell apart.")
    assert "session_failed" in problems(admin)
    assert "session_failed" not in problems(bob)


def test_redis_that_is_away_is_a_problem_and_the_minutes_are_told_still(make_settings: Any, sqlite_url: str) -> None:
    with Dashboard(make_settings(database_url=sqlite_url, redis_url="redis://127.0.0.1:1/0")) as dashboard:
        ada = dashboard.program()
        assert "REDIS_URL" in problems(ada)["redis_away"]["advice"]
        told = ada.get("/api/status/history")
        assert (told["hosts"], told["queue"], len(told["minutes"])) == ([], [], 60)
