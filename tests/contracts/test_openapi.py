"""The API's description: every route is in it, with a sentence, and its errors have the one shape."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask

from common.settings import load_settings
from web.app import create_app
from web.runtime import runtime_of

#: Of the API, but not described: the description itself.
_UNDESCRIBED = {"/api/docs", "/api/openapi.json"}


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    made = create_app(load_settings(home=tmp_path_factory.mktemp("home")))
    yield made
    runtime_of(made).stop()


@pytest.fixture(scope="module")
def document(app: Flask) -> Any:
    return app.api_doc  # type: ignore[attr-defined]  # flask-openapi's application has it


def operations(document: Any) -> Iterator[tuple[str, str, Any]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def test_every_route_of_the_api_is_described_and_no_other(app: Flask, document: Any) -> None:
    routes = {
        (method, re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", str(rule)))
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if str(rule).startswith("/api/") and str(rule) not in _UNDESCRIBED
    }
    assert {(method, path) for method, path, _ in operations(document)} == routes


def test_every_operation_has_a_sentence_a_tag_and_an_id_of_its_own(document: Any) -> None:
    for method, path, operation in operations(document):
        assert operation["summary"].endswith("."), (method, path)
        assert operation["tags"], (method, path)
    ids = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(ids) == len(set(ids))


def test_every_error_has_the_one_shape_and_every_success_says_so(document: Any) -> None:
    schemas = document["components"]["schemas"]
    for method, path, operation in operations(document):
        for status, answer in operation["responses"].items():
            content = answer.get("content", {}).get("application/json")
            if content is None:
                assert status in {"200", "204"}, (method, path, status)
                continue
            name = content["schema"]["$ref"].rpartition("/")[2]
            if int(status) >= 400:
                assert name == "ErrorAnswer", (method, path, status)
            else:
                assert schemas[name]["properties"]["success"]["const"] is True, (method, path, status)
        expected = {"400", "401", "404", "422", "500", "503"}
        assert expected <= operation["responses"].keys(), (method, path)
    assert set(schemas["ErrorAnswer"]["properties"]) == {"success", "error", "code", "details"}
    assert set(schemas["FieldErrorView"]["properties"]) == {"field", "message"}


def test_only_health_is_open_to_strangers(document: Any) -> None:
    ways = {path: operation["security"] for _, path, operation in operations(document)}
    assert {path for path, security in ways.items() if {} in security} == {"/api/health"}
    assert set(document["components"]["securitySchemes"]) == {"bearer", "cookie"}
    for path, security in ways.items():
        assert {name for way in security for name in way} == {"bearer", "cookie"}, path


def test_every_reference_leads_somewhere(document: Any) -> None:
    def references(node: Any) -> Iterator[str]:
        if isinstance(node, dict):
            if isinstance(node.get("$ref"), str):
                yield node["$ref"]
            for item in node.values():
                yield from references(item)
        elif isinstance(node, list):
            for item in node:
                yield from references(item)

    found = set(references(document))
    assert found
    for reference in found:
        assert reference.removeprefix("#/components/schemas/") in document["components"]["schemas"], reference


def test_creating_a_session_documents_its_header_and_its_limits(document: Any) -> None:
    operation = document["paths"]["/api/sessions"]["post"]
    assert [(item["name"], item["in"]) for item in operation["parameters"]] == [("Idempotency-Key", "header")]
    assert {"201", "409", "413", "415", "422"} <= operation["responses"].keys()
    body = document["components"]["schemas"]["CreateSession"]
    assert body["required"] == ["task"]
    assert body["properties"]["task"]["maxLength"] == 100_000
    assert (body["properties"]["workers"]["minimum"], body["properties"]["workers"]["maximum"]) == (1, 16)
