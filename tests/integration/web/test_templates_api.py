"""Templates over the REST API: presets and own ones, versions, starts, import and export, and who may do what."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from common.presets import load_presets
from common.queries import templates
from common.templates import TemplateContent
from tests.integration.web.dashboard import Dashboard, Program

GREETING: dict[str, Any] = {
    "name": "Greeting",
    "description": "Says hello.",
    "task": "Say hello to {{who}} in {{language}}. Keep \\{{this}}.",
    "session_name": "Hello {{who}}",
    "workers": 2,
    "architecture": "CENTRALIZED",
    "options": {"temperature": 0.2},
    "variables": [{"name": "language", "default": "French"}],
}


def save(who: Program, **fields: Any) -> Any:
    answer = who.ask("POST", "/api/templates", json=GREETING | fields)
    assert answer.status_code == 201, answer.text
    assert answer.json is not None
    assert answer.headers["Location"] == f"/api/templates/{answer.json['template']['id']}"
    return answer.json["template"]


def put(who: Program, template: Any, expected: int = 200, **fields: Any) -> Any:
    answer = who.ask("PUT", f"/api/templates/{template['id']}", json=GREETING | {"name": template["name"]} | fields)
    assert answer.status_code == expected, answer.text
    return answer.json


def start(who: Program, template_id: str, expected: int = 201, headers: Any = None, **body: Any) -> Any:
    path = f"/api/templates/{template_id}/sessions"
    answer = who.ask("POST", path, json=body, headers=headers or {})
    assert answer.status_code == expected, answer.text
    return answer.json


def list_names(who: Program, query: str = "") -> list[str]:
    return [template["name"] for template in who.get(f"/api/templates{query}")["templates"]]


def fields_of(answer: Any) -> list[str]:
    return [detail["field"] for detail in answer["details"]]


def test_the_presets_are_there_for_everybody_and_stay_as_they_are(ada: Program) -> None:
    listed = ada.get("/api/templates")["templates"]
    assert [(template["id"], template["kind"]) for template in listed] == [(key, "preset") for key in load_presets()]
    assert not any(template["can_change"] for template in listed)
    shown = ada.get("/api/templates/small-tool")["template"]
    assert shown in listed
    body = {key: shown[key] for key in ("name", "task", "variables", "session_name", "project_folder")}
    changed = ada.ask("PUT", "/api/templates/small-tool", json=body)
    assert (changed.status_code, changed.json["code"]) == (403, "forbidden")  # type: ignore[index]  # it is one
    assert ada.ask("DELETE", "/api/templates/small-tool").status_code == 403
    assert [version["version"] for version in ada.get("/api/templates/small-tool/versions")["versions"]] == [1]


def test_an_own_template_is_saved_with_all_that_was_set(ada: Program) -> None:
    saved = save(ada)
    assert {key: saved[key] for key in GREETING if key != "variables"} == {
        key: value for key, value in GREETING.items() if key != "variables"
    }
    assert saved["variables"] == [
        {"name": "language", "label": "", "default": "French", "required": True},
        {"name": "who", "label": "", "default": "", "required": True},
    ]
    assert (saved["kind"], saved["owner"], saved["version"], saved["can_change"]) == ("own", ada.user.email, 1, True)
    assert (saved["model"], saved["project_folder"], saved["shared"]) == ("", "", False)
    assert ada.get(f"/api/templates/{saved['id']}")["template"] == saved
    assert list_names(ada)[-1] == "Greeting"
    assert list_names(ada, "?name=Greeting") == ["Greeting"]
    assert list_names(ada, "?name=Small tool") == ["Small tool"]


def test_a_name_is_had_once_by_each_owner(ada: Program, bob: Program) -> None:
    save(ada)
    save(bob)
    clash = ada.ask("POST", "/api/templates", json=GREETING)
    assert (clash.status_code, clash.json["code"]) == (409, "conflict")  # type: ignore[index]  # it is one
    assert save(ada, clash="rename")["name"] == "Greeting (2)"
    third = save(ada, clash="rename")
    assert third["name"] == "Greeting (3)"
    put(ada, third, 409, name="Greeting")
    assert list_names(ada)[-3:] == ["Greeting (3)", "Greeting (2)", "Greeting"]


def test_only_what_is_shared_is_seen_by_others_and_only_its_owner_or_an_admin_changes_it(
    ada: Program, bob: Program, admin: Program
) -> None:
    private, shared = save(ada), save(ada, name="For all", shared=True)
    for other in (bob, admin):
        assert other.ask("GET", f"/api/templates/{private['id']}").status_code == 404
        assert other.ask("GET", f"/api/templates/{private['id']}/versions").status_code == 404
        assert other.ask("DELETE", f"/api/templates/{private['id']}").status_code == 404
        assert other.ask("GET", f"/api/templates/export?id={private['id']}").status_code == 404
        put(other, private, 404)
        start(other, private["id"], 404, variables={"who": "you"})
        assert "For all" in list_names(other)
        assert "Greeting" not in list_names(other)
    seen = bob.get(f"/api/templates/{shared['id']}")["template"]
    assert (seen["kind"], seen["owner"], seen["can_change"]) == ("shared", ada.user.email, False)
    put(bob, shared, 403, workers=12)
    assert bob.ask("DELETE", f"/api/templates/{shared['id']}").status_code == 403
    assert start(bob, shared["id"], variables={"who": "Eve"})["session"]["owner"] == bob.user.email
    assert put(admin, shared, task="Better.", variables=[], session_name="", shared=False)["template"]["version"] == 2
    assert "For all" not in list_names(bob)
    versions = ada.get(f"/api/templates/{shared['id']}/versions")["versions"]
    assert [version["saved_by"] for version in versions] == [admin.user.email, ada.user.email]


def test_each_change_of_content_is_a_version_and_old_ones_stay(ada: Program) -> None:
    saved = save(ada)
    assert put(ada, saved)["template"]["version"] == 1, "nothing changed"
    assert put(ada, saved, name="Hello", shared=True)["template"]["version"] == 1, "its content did not change"
    second = put(ada, saved, task="Wave to {{who}}.", variables=[], options={"rounds": 2})["template"]
    assert (second["version"], second["task"], second["options"]) == (2, "Wave to {{who}}.", {"rounds": 2})
    first = ada.get(f"/api/templates/{saved['id']}?version=1")["template"]
    assert (first["version"], first["task"]) == (1, GREETING["task"])
    versions = ada.get(f"/api/templates/{saved['id']}/versions")["versions"]
    assert [(version["version"], version["task"]) for version in versions] == [
        (2, "Wave to {{who}}."),
        (1, GREETING["task"]),
    ]
    page = ada.get(f"/api/templates/{saved['id']}/versions?limit=1")
    assert (len(page["versions"]), page["next_cursor"]) == (1, 2)
    rest = ada.get(f"/api/templates/{saved['id']}/versions?limit=1&cursor=2")
    assert ([version["version"] for version in rest["versions"]], rest["next_cursor"]) == ([1], None)
    assert ada.ask("GET", f"/api/templates/{saved['id']}?version=3").status_code == 404
    assert start(ada, saved["id"], version=1, variables={"who": "x"})["session"]["task"].startswith("Say hello")
    assert start(ada, saved["id"], variables={"who": "x"})["session"]["task"] == "Wave to x."


def test_a_change_that_is_based_on_an_older_version_is_refused(ada: Program) -> None:
    saved = save(ada)
    put(ada, saved, based_on=1, workers=6)
    refused = put(ada, saved, 409, based_on=1, workers=8)
    assert "version 2" in refused["error"]
    assert ada.get(f"/api/templates/{saved['id']}")["template"]["workers"] == 6


def test_two_who_save_at_once_both_get_a_version(dashboard: Dashboard, ada: Program) -> None:
    saved = save(ada)
    barrier = threading.Barrier(4)

    def change(number: int) -> None:
        barrier.wait()
        with dashboard.database.write() as db:
            content = TemplateContent(task=f"Number {number}")
            templates.update_template(db, saved["id"], "Greeting", content, shared=False, by=ada.user)

    threads = [threading.Thread(target=change, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    versions = ada.get(f"/api/templates/{saved['id']}/versions")["versions"]
    assert [version["version"] for version in versions] == [5, 4, 3, 2, 1]
    assert {version["task"] for version in versions[:4]} == {f"Number {number}" for number in range(4)}


def test_deleting_takes_the_versions_and_leaves_the_sessions(ada: Program) -> None:
    saved = save(ada)
    session = start(ada, saved["id"], variables={"who": "Bob"})["session"]
    assert ada.ask("DELETE", f"/api/templates/{saved['id']}").status_code == 204
    assert ada.ask("DELETE", f"/api/templates/{saved['id']}").status_code == 404
    assert ada.get(f"/api/sessions/{session['id']}")["session"]["name"] == "Hello Bob"
    assert save(ada)["version"] == 1


def test_a_session_remembers_its_template_which_counts_it_and_so_does_what_is_made_from_it(
    ada: Program, bob: Program
) -> None:
    saved = save(ada, shared=True)
    put(ada, saved, workers=6, shared=True)
    origin = {"id": saved["id"], "version": 1, "name": "Greeting"}
    first = start(ada, saved["id"], variables={"who": "Eve"}, version=1)["session"]
    assert first["template"] == origin
    assert ada.create(template={"id": saved["id"]})["template"] == origin | {"version": 2}
    assert bob.create(template={"id": "small-tool"})["template"] == {
        "id": "small-tool",
        "version": None,
        "name": load_presets()["small-tool"].name,
    }
    assert ada.create()["template"] is None
    uses = {template["id"]: template["uses"] for template in ada.get("/api/templates")["templates"]}
    assert (uses[saved["id"]], uses["small-tool"]) == (2, 0), "only those that one may see"
    assert bob.get("/api/templates/small-tool")["template"]["uses"] == 1
    for unknown in ({"id": "no-such"}, {"id": saved["id"], "version": 3}):
        refused = ada.ask("POST", "/api/sessions", json={"task": "Hello.", "template": unknown})
        assert (refused.status_code, fields_of(refused.json)) == (422, ["template"])

    ada.ask("DELETE", f"/api/templates/{saved['id']}")
    path = f"/api/sessions/{first['id']}"
    again = ada.ask("POST", f"{path}/rerun").json
    changed = ada.ask("POST", f"{path}/fork", json={"workers": 8}).json
    freed = ada.ask("POST", f"{path}/fork", json={"template": None}).json
    assert [made["session"]["template"] for made in (again, changed, freed)] == [origin, origin, None]  # type: ignore[index]  # each is one


def test_a_start_fills_in_the_variables_and_takes_what_is_to_be_other(ada: Program, dashboard: Dashboard) -> None:
    saved = save(ada, project_folder="greetings/{{who}}")
    session = start(ada, saved["id"], variables={"who": "{{language}}"}, workers=8, options={"rounds": 3})["session"]
    assert session["task"] == "Say hello to {{language}} in French. Keep {{this}}."
    assert session["name"] == "Hello {{language}}"
    assert (session["workers"], session["architecture"], session["status"]) == (8, "CENTRALIZED", "queued")
    assert (session["options"]["temperature"], session["options"]["rounds"]) == (0.2, 3)
    folder = dashboard.settings.roots[0] / "greetings" / "{{language}}"
    assert session["project_folder"] == str(folder)
    assert folder.is_dir()
    named = start(
        ada, saved["id"], variables={"who": "Eve", "language": "Dutch"}, name="N", architecture="hierarchical"
    )
    assert (named["session"]["name"], named["session"]["architecture"]) == ("N", "HIERARCHICAL")
    assert named["session"]["task"].startswith("Say hello to Eve in Dutch.")
    long = start(ada, saved["id"], variables={"who": "very " * 40 + "long"}, project_folder="elsewhere")["session"]
    assert len(long["name"]) <= 60


def test_a_template_keeps_models_and_commands_and_its_sessions_have_them(ada: Program) -> None:
    options = {"models": {"queen": "llama3", "developer": "codellama:7b"}, "commands": True}
    saved = save(ada, options=options)
    assert saved["options"] == options
    values = {"who": "Bob"}
    # This server does not allow commands.
    assert fields_of(start(ada, saved["id"], 422, variables=values)) == ["options.commands"]
    session = start(ada, saved["id"], variables=values, options={"commands": False})["session"]
    assert session["options"]["models"] == options["models"]
    other = {"commands": False, "models": "auto"}
    assert start(ada, saved["id"], variables=values, options=other)["session"]["options"]["models"] == "auto"


def test_the_same_key_starts_one_session(ada: Program) -> None:
    saved = save(ada)
    key = {"Idempotency-Key": "k1"}
    first = start(ada, saved["id"], headers=key, variables={"who": "Bob"})
    assert start(ada, saved["id"], headers=key, variables={"who": "Bob"})["session_id"] == first["session_id"]
    start(ada, saved["id"], 409, headers=key, variables={"who": "Eve"})


@pytest.mark.parametrize("preset", load_presets())
def test_each_preset_becomes_a_session(ada: Program, preset: str) -> None:
    content = load_presets()[preset].content
    values = {variable.name: f"my-{variable.name}" for variable in content.variables if not variable.default}
    session = start(ada, preset, variables=values)["session"]
    assert (session["workers"], session["architecture"]) == (content.workers, content.architecture)
    assert "{{" not in session["task"] + session["name"] + (session["project_folder"] or "")


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, ["variables.who"]),
        ({"variables": {"who": "  "}}, ["variables.who"]),
        ({"variables": {"name": "x"}}, ["variables.who", "variables.name"]),
        ({"variables": {"who": 7}}, ["variables.who"]),
        ({"variables": []}, ["variables"]),
        ({"variables": {"who": "x"}, "workers": 99}, ["workers"]),
        ({"variables": {"who": "x"}, "architecture": "RING"}, ["architecture"]),
        ({"variables": {"who": "x"}, "options": {"rounds": "many"}}, ["options.rounds"]),
        ({"variables": {"who": "x"}, "project_folder": "../outside"}, ["project_folder"]),
        ({"variables": {"who": "x"}, "task": "Another."}, ["task"]),
        ({"variables": {"who": "x"}, "version": 0}, ["version"]),
    ],
)
def test_a_start_that_cannot_be_names_its_fields(ada: Program, body: dict[str, Any], fields: list[str]) -> None:
    refused = start(ada, save(ada)["id"], 422, **body)
    assert (refused["code"], fields_of(refused)) == ("invalid_input", fields)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "a\nb"),
        ("name", "x" * 121),
        ("name", "\u200b"),
        ("name", None),
        ("task", " "),
        ("task", "{{Who}}"),
        ("task", "x" * 100_001),
        ("task", "a\x00"),
        ("session_name", "{{"),
        ("project_folder", "{{ x"),
        ("variables", [{"name": "nowhere"}]),
        ("variables.0.name", [{"name": "Who"}]),
        ("variables.0.default", [{"name": "who", "default": "x" * 20_001}]),
        ("workers", 0),
        ("architecture", "RING"),
        ("options.unheard_of", 1),
        ("shared", "yes"),
        ("unheard_of", 1),
    ],
)
def test_what_cannot_be_saved_names_its_field(ada: Program, field: str, value: Any) -> None:
    inner = {"unheard_of": value} if field == "options.unheard_of" else value
    body = GREETING | {field.partition(".")[0]: inner}
    answer = ada.ask("POST", "/api/templates", json=body)
    assert answer.status_code == 422, answer.text
    assert fields_of(answer.json) == [field]


def test_what_is_exported_can_be_imported_by_somebody_else(ada: Program, bob: Program) -> None:
    save(ada)
    save(ada, name="Another", model="llama3", project_folder="x")
    exported = ada.get("/api/templates/export")
    assert exported["format"] == "ollama-flow/templates/1"
    assert [template["name"] for template in exported["templates"]] == ["Another", "Greeting"]
    report = bob.ask("POST", "/api/templates/import", json=exported)
    assert report.status_code == 200, report.text
    assert [(item["status"], item["name"]) for item in report.json["results"]] == [  # type: ignore[index]  # it is one
        ("created", "Another"),
        ("created", "Greeting"),
    ]
    assert bob.get("/api/templates/export") == exported


def test_an_export_of_some_holds_those_alone(ada: Program) -> None:
    saved = save(ada)
    save(ada, name="Another")
    exported = ada.get(f"/api/templates/export?id=decide&id={saved['id']}")["templates"]
    assert [template["name"] for template in exported] == ["Compare and decide", "Greeting"]
    assert ada.ask("GET", "/api/templates/export?id=no-such").status_code == 404


def test_an_import_tells_of_each_item_and_keeps_the_good_ones(ada: Program) -> None:
    save(ada)
    items = [GREETING, GREETING | {"name": "New"}, {"name": "Bad", "task": "{{"}, {"task": "x", "more": 1}]
    report = ada.ask("POST", "/api/templates/import", json={"templates": items}).json
    assert report is not None
    told = [(item["position"], item["status"], item["name"], fields_of(item)) for item in report["results"]]
    assert told == [
        (0, "refused", "Greeting", ["name"]),
        (1, "created", "New", []),
        (2, "refused", "Bad", ["task"]),
        (3, "refused", None, ["name", "more"]),
    ]
    again = ada.ask("POST", "/api/templates/import", json={"templates": items[:1], "clash": "rename"}).json
    assert again is not None
    assert again["results"][0]["name"] == "Greeting (2)"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "templates"),
        ({"templates": []}, "templates"),
        ({"templates": ["x"]}, "templates.0"),
        ({"templates": [{}] * 1001}, "templates"),
        ({"templates": [{}], "format": "other/1"}, "format"),
        ({"templates": [{}], "clash": "overwrite"}, "clash"),
    ],
)
def test_what_is_no_export_is_refused_as_a_whole(ada: Program, body: Any, field: str) -> None:
    answer = ada.ask("POST", "/api/templates/import", json=body)
    assert answer.status_code == 422, answer.text
    assert fields_of(answer.json) == [field]


def test_the_list_comes_in_pages_with_the_presets_on_the_first(ada: Program) -> None:
    names = [save(ada, name=f"T{number}")["name"] for number in range(5)]
    seen, query = [], "?limit=2"
    for page in range(3):
        answer = ada.get(f"/api/templates{query}")
        own = [template["name"] for template in answer["templates"] if template["kind"] == "own"]
        assert len(answer["templates"]) - len(own) == (len(load_presets()) if page == 0 else 0)
        seen += own
        query = f"?limit=2&cursor={answer['next_cursor']}"
    assert answer["next_cursor"] is None
    assert seen == names[::-1]
    assert ada.ask("GET", "/api/templates?cursor=%27").status_code == 422


_items = st.dictionaries(
    st.sampled_from([*GREETING, "shared"]) | st.text(max_size=5),
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(alphabet="{}\\ax\x01 ", max_size=12),
    max_size=6,
)


@given(items=st.lists(_items | st.integers(), max_size=3))
@settings(max_examples=40, deadline=None, database=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_import_at_all_is_answered_with_a_server_error(shared_dashboard: Dashboard, items: Any) -> None:
    who = shared_dashboard.program()
    answer = who.ask("POST", "/api/templates/import", json={"templates": items})
    assert answer.status_code in {200, 400, 422}, (items, answer.text)
