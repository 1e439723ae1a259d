"""Models by API: who may order what, and what cannot be."""

from __future__ import annotations

import pytest

from common.events import SwarmFormed
from common.queries.claims import set_model
from common.queries.events import append_events
from common.states import State
from tests.integration.web.dashboard import Dashboard, Program
from tests.support.waiting import wait_until


def pull(who: Program, name: str = "mistral:7b") -> str:
    answer = who.ask("POST", "/api/models/pulls", json={"name": name})
    assert answer.status_code == 202, answer.text
    order: str = answer.json["order"]["id"]  # type: ignore[index]  # it is one
    return order


def test_everybody_sees_pulls_and_only_their_owner_or_an_admin_cancels_them(
    dashboard: Dashboard, ada: Program, bob: Program, admin: Program
) -> None:
    first, second = pull(ada), pull(ada, "hf.co/owner/name:Q4_K_M")
    shown = {order["id"]: order for order in bob.get("/api/models/pulls")["orders"]}
    assert (shown[first]["model"], shown[first]["state"], shown[first]["is_mine"]) == ("mistral:7b", "queued", False)
    assert bob.ask("POST", f"/api/models/pulls/{first}/cancel").status_code == 404
    assert ada.ask("POST", f"/api/models/pulls/{first}/cancel").status_code == 202
    assert ada.ask("POST", f"/api/models/pulls/{first}/cancel").status_code == 409
    assert admin.ask("POST", f"/api/models/pulls/{second}/cancel").status_code == 202
    assert {order["state"] for order in ada.get("/api/models/pulls")["orders"]} == {"cancelled"}


def test_only_admins_delete_models(on_sqlite: Dashboard) -> None:
    ada, admin = on_sqlite.program(), on_sqlite.program(admin=True)
    refused = ada.ask("DELETE", "/api/models/llama3")
    assert (refused.status_code, refused.json["code"]) == (403, "forbidden")  # type: ignore[index]  # it is one
    ordered = admin.ask("DELETE", "/api/models/hf.co/owner/name:Q4")
    assert ordered.status_code == 202
    assert ordered.json["order"]["model"] == "hf.co/owner/name:Q4"  # type: ignore[index]  # it is one


@pytest.mark.parametrize("name", ["", " ", "../etc", "a b", "a\u0000b", "llama3:", "é", "x" * 201])
def test_names_that_no_model_has_are_refused(on_sqlite: Dashboard, name: str) -> None:
    assert on_sqlite.program().ask("POST", "/api/models/pulls", json={"name": name}).status_code == 422


def test_the_embedded_server_s_one_model_stays_and_a_sentence_says_so(on_sqlite: Dashboard) -> None:
    admin = on_sqlite.program(admin=True)
    on_sqlite.beat("smollm2", kind="embedded")
    refusal = admin.get("/api/models")["models"]["pull_refusal"]
    assert "can neither pull nor delete" in refusal
    for answer in (
        admin.ask("POST", "/api/models/pulls", json={"name": "llama3"}),
        admin.ask("DELETE", "/api/models/smollm2"),
    ):
        assert answer.status_code == 409
        assert answer.json["error"] == refusal  # type: ignore[index]  # it is one
    on_sqlite.beat("llama3:latest", worker="worker-2")
    wait_until(lambda: admin.get("/api/models")["models"]["pull_refusal"] is None, "another server is seen")


def test_usage_tells_of_the_sessions_that_the_asker_may_see(
    dashboard: Dashboard, ada: Program, bob: Program, admin: Program
) -> None:
    dashboard.make(ada.user, model="llama3", name="Ada's")
    dashboard.make(bob.user, model="llama3:latest", name="Bob's")
    dashboard.beat("llama3:latest", "tiny")
    usage = {used["model"]: used for used in ada.get("/api/models/usage")["usage"]}
    assert (usage["llama3:latest"]["sessions"], usage["tiny"]["sessions"]) == (1, 0)
    assert [session["name"] for session in usage["llama3:latest"]["latest"]] == ["Ada's"]
    assert {used["sessions"] for used in admin.get("/api/models/usage")["usage"]} == {2, 0}


def test_usage_counts_the_models_of_roles_too_each_session_once(on_sqlite: Dashboard) -> None:
    ada = on_sqlite.program()
    by_role = {"models": {"queen": "llama3", "developer": "tiny", "analyst": "tiny:latest"}}
    on_sqlite.make(ada.user, model="llama3:latest", name="By role", options=by_role)
    auto = on_sqlite.make(ada.user, State.RUNNING, model="", name="Auto", options={"models": "auto"})
    formed = SwarmFormed(architecture="CENTRALIZED", model="llama3:latest", agents=[], models={"developer": "tiny"})
    with on_sqlite.database.write() as db:
        set_model(db, auto.id, epoch=1, model="llama3:latest")
        for _ in range(2):  # as after another claim
            append_events(db, auto.id, [formed])
    gone = on_sqlite.make(ada.user, State.COMPLETED, model="tiny")
    assert ada.ask("DELETE", f"/api/sessions/{gone.id}").status_code == 204
    on_sqlite.beat("llama3:latest", "tiny:latest")
    for used in ada.get("/api/models/usage")["usage"]:
        assert (used["sessions"], [session["name"] for session in used["latest"]]) == (2, ["Auto", "By role"])
