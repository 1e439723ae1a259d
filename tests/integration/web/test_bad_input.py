"""What nobody should send: each answer is a 4xx with a sentence that names what is wrong, never a 500."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from tests.integration.web.dashboard import Dashboard, Program

#: Bodies whose one fault lies in the field named first.
FIELDS: list[tuple[str, Any]] = [
    ("task", None),
    ("task", ""),
    ("task", " \n\t "),
    ("task", 7),
    ("task", ["a"]),
    ("task", "x" * 100_001),
    ("task", "a\x00b"),
    ("name", ""),
    ("name", "   "),
    ("name", "x" * 121),
    ("name", False),
    ("name", "a\x00"),
    ("workers", 0),
    ("workers", 17),
    ("workers", -1),
    ("workers", True),
    ("workers", "4"),
    ("workers", 4.5),
    ("workers", 10**30),
    ("workers", None),
    ("architecture", "SWARM"),
    ("architecture", ""),
    ("architecture", 1),
    ("model", ""),
    ("model", "x" * 201),
    ("model", {}),
    ("project_folder", ""),
    ("project_folder", "/etc"),
    ("project_folder", "../outside"),
    ("project_folder", "a/../../b"),
    ("project_folder", "x" * 1001),
    ("project_folder", "~/app"),
    ("name", "\u200b\u202e"),
    ("project_folder", "x" * 300),
    ("project_folder", "a\x00b"),
    ("options", []),
    ("options", "fast"),
    ("options.rounds", 7),
    ("options.temperature", "hot"),
    ("options.review", 1),
    ("options.unheard_of", 1),
    ("unheard_of", 1),
]


@pytest.fixture(scope="module")
def ada(shared_dashboard: Dashboard) -> Program:
    return shared_dashboard.program()


def check(answer: TestResponse, status: int, code: str) -> Any:
    """Assert that this is an error of our one shape; return it."""
    assert answer.status_code == status, answer.text[:500]
    error = answer.json
    assert error is not None
    assert error.keys() <= {"success", "error", "code", "details"}
    assert (error["success"], error["code"]) == (False, code)
    assert error["error"][-1] in ".?!"
    return error


def test_each_error_names_its_field(ada: Program) -> None:
    for field, value in FIELDS:
        outer, _, inner = field.partition(".")
        body = {"task": "Count."} | {outer: {inner: value} if inner else value}
        answer = ada.ask("POST", "/api/sessions", json=body)
        error = check(answer, 422, "invalid_input")
        assert [detail["field"] for detail in error["details"]] == [field], (field, value, error)
        assert error["details"][0]["message"] in error["error"]
    assert check(ada.ask("POST", "/api/sessions", json={}), 422, "invalid_input")["details"] == [
        {"field": "task", "message": "This field is needed."}
    ]


def test_the_longest_and_widest_input_is_taken(ada: Program) -> None:
    # Each of these characters takes twelve bytes where JSON is written in ASCII.
    session = ada.create(task="🐝" * 100_000, name="🐝" * 120, workers=16)
    assert len(session["task"]) == 100_000
    assert ada.create(task="x", name="y", workers=1)["workers"] == 1
    assert len(ada.create(task="word " * 1000)["name"]) <= 60
    assert ada.create(task="x" * 1000)["name"] == "x" * 59 + "…"


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b'"text"',
        b"7",
        b'{"task": "x",}',
        b'{"task": "x"} trailing',
        b"{'task': 'x'}",
        b'{"task": NaN}',
        b'{"task": "x", "options": {"temperature": Infinity}}',
        b'{"task": "x", "options": {"temperature": 1e999}}',
        b'{"task": "x", "workers": ' + b"9" * 5000 + b"}",
        b'{"task": "\xff\xfe"}',
        '{"task": "x"}'.encode("utf-16"),
        b"\xef\xbb\xbf",
        b'{"a":' * 17 + b"1" + b"}" * 17,
        b"[" * 100_000,
        json.dumps({f"field {number}": 1 for number in range(50_000)}).encode(),
        b'{"a":' * 100_000,
    ],
    ids=lambda raw: repr(raw[:24]),
)
def test_a_body_that_is_no_object_in_json_is_refused(ada: Program, raw: bytes) -> None:
    answer = ada.ask("POST", "/api/sessions", data=raw, content_type="application/json")
    check(answer, 400, "bad_request")


def test_half_a_surrogate_pair_is_named(ada: Program) -> None:
    for raw, field in [
        (rb'{"task": "\ud83d"}', "task"),
        (rb'{"task": "x", "name": "\udc1d\ud83d"}', "name"),
        (rb'{"task": "x", "options": {"\ud83d": 1}}', "options.key"),
        (rb'{"task": "x", "options": {"seed": ["\u0000"]}}', "options.seed.0"),
    ]:
        answer = ada.ask("POST", "/api/sessions", data=raw, content_type="application/json")
        error = check(answer, 422, "invalid_input")
        assert [detail["field"] for detail in error["details"]] == [field]


def test_other_kinds_of_body_are_refused(ada: Program) -> None:
    for kind in ("text/plain", "application/xml", "application/x-www-form-urlencoded", "multipart/form-data", ""):
        answer = ada.ask("POST", "/api/sessions", data=b'{"task": "x"}', content_type=kind)
        check(answer, 415, "unsupported_media_type")


def test_a_body_of_two_megabytes_is_refused_whatever_it_is(shared_dashboard: Dashboard, ada: Program) -> None:
    large = json.dumps({"task": "x" * 2_000_000})
    check(ada.ask("POST", "/api/sessions", data=large, content_type="application/json"), 413, "too_large")
    browser = shared_dashboard.browser()
    browser.read_csrf_token()
    for kind in ("application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
        answer = browser.client.post("/login", data=b"a=" + b"x" * 2_000_000, content_type=kind)
        assert answer.status_code == 413
        assert "too large" in answer.text


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/api/sessions?limit=0", "limit"),
        ("/api/sessions?limit=201", "limit"),
        ("/api/sessions?limit=abc", "limit"),
        ("/api/sessions?limit=", "limit"),
        ("/api/sessions?status=sleeping", "status"),
        ("/api/sessions?status=queued,", "status"),
        ("/api/sessions?architecture=swarm", "architecture"),
        ("/api/sessions?cursor=abc", "cursor"),
        ("/api/sessions?cursor=%C3%A4", "cursor"),
        ("/api/sessions?cursor=W05hTiwgIngiXQ", "cursor"),
        ("/api/sessions?cursor=WzEuNSwgIlx1MDAwMCJd", "cursor"),
        ("/api/sessions?cursor=" + "W" * 5000, "cursor"),
        ("/api/sessions?unheard_of=1", "unheard_of"),
        ("/api/sessions/x/events?after=-1", "after"),
        ("/api/sessions/x/events?after=2147483648", "after"),
        ("/api/sessions/x/events?limit=1001", "limit"),
        ("/api/project-folders?path=/etc", "path"),
        ("/api/project-folders?path=../..", "path"),
        ("/api/project-folders?path=" + "x" * 1001, "path"),
    ],
)
def test_each_error_of_a_query_names_its_parameter(ada: Program, path: str, field: str) -> None:
    error = check(ada.ask("GET", path), 422, "invalid_input")
    assert [detail["field"] for detail in error["details"]] == [field]


def test_nul_in_an_address_is_refused_and_other_nonsense_is_not_found(ada: Program) -> None:
    for path in (
        "/api/sessions/a%00b",
        "/api/sessions?owner=%00",
        "/api/sessions?%00=1",
        "/api/project-folders?path=%00",
    ):
        check(ada.ask("GET", path), 400, "bad_request")
    for path in (
        "/api/sessions/%FF%FE",
        "/api/sessions/" + "x" * 5000,
        "/api/sessions/..%2f..",
        "/api/nothing",
        "/api/",
    ):
        check(ada.ask("GET", path), 404, "not_found")
    assert ada.ask("GET", "/nothing").status_code == 404
    assert ada.ask("GET", "/sessions/%F0%9F%90%9D").status_code == 404


def test_wrong_methods_are_told_the_right_ones(ada: Program) -> None:
    for method, path, allowed in [
        ("PUT", "/api/sessions", {"GET", "POST"}),
        ("PATCH", "/api/sessions/x", {"GET", "DELETE"}),
        ("GET", "/api/sessions/x/stop", {"POST"}),
        ("DELETE", "/api/health", {"GET"}),
        ("POST", "/api/openapi.json", {"GET"}),
    ]:
        answer = ada.ask(method, path)
        check(answer, 405, "method_not_allowed")
        assert allowed <= set(answer.headers["Allow"].split(", "))
    assert ada.ask("OPTIONS", "/api/sessions").status_code == 200
    assert ada.ask("BREW", "/api/sessions").status_code == 405
    assert ada.ask("HEAD", "/api/sessions").data == b""


_texts = st.text(alphabet=st.characters(codec=None, exclude_categories=()), max_size=20)
_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | _texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_texts, inner, max_size=4),
    max_leaves=10,
)
_names = st.sampled_from(["task", "name", "workers", "architecture", "model", "project_folder", "options"]) | _texts


_QUICKLY = settings(max_examples=60, deadline=None, database=None)


@given(body=st.dictionaries(_names, _values, max_size=8) | _values)
@_QUICKLY
def test_no_body_at_all_is_answered_with_a_server_error(ada: Program, body: Any) -> None:
    answer = ada.ask("POST", "/api/sessions", data=json.dumps(body), content_type="application/json")
    assert answer.status_code in {201, 400, 422}, (body, answer.text)


@given(path=st.binary(max_size=20), query=st.binary(max_size=20))
@_QUICKLY
def test_no_address_at_all_is_answered_with_a_server_error(ada: Program, path: bytes, query: bytes) -> None:
    answer = ada.ask("GET", f"/api/sessions/{quote(path)}?after={quote(query)}")
    assert answer.status_code < 500, (path, query, answer.text)
