"""Models by API: who may order what, and what cannot be."""

from __future__ import annotations

import pytest

from common.bus import Bus
from common.clock import utc_now
from common.heartbeat import Heartbeat, ModelCard, ModelServer
from common.host import read_resources
from tests.integration.web.dashboard import Dashboard, Program
from tests.support.data import make_worker
from tests.support.waiting import wait_until
from web.runtime import runtime_of


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
    make_worker(on_sqlite.database)
    bus = Bus(on_sqlite.settings.redis_url, on_sqlite.settings.redis_prefix)
    server = ModelServer(
        url="http://127.0.0.1:1", kind="embedded", reachable=True, models=[ModelCard(name="smollm2", size_bytes=1)]
    )
    figures = read_resources(on_sqlite.settings.home)
    bus.beat(Heartbeat(worker="worker-1", host="here", at=utc_now(), resources=figures, model_server=server))
    reader = runtime_of(on_sqlite.app).overview
    wait_until(lambda: reader.read().answer.models.server is not None, "the heartbeat is seen")
    bus.close()
    for answer in (
        admin.ask("POST", "/api/models/pulls", json={"name": "llama3"}),
        admin.ask("DELETE", "/api/models/smollm2"),
    ):
        assert answer.status_code == 409
        assert "can neither pull nor delete" in answer.json["error"]  # type: ignore[index]  # it is one


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
