"""Structured answers always end, always parse and always follow their schema."""

from __future__ import annotations

import asyncio
import json
import math
import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

import ollama
import pytest
from pydantic import BaseModel, Field

from tests.integration.model_server.conftest import MODEL, ModelServerProcess
from workers.flow.packages import packages_schema
from workers.flow.plan import plan_schema
from workers.flow.review import review_schema
from workers.flow.vote import vote_schema

pytestmark = pytest.mark.xdist_group("model_server")


class Part(BaseModel):
    name: str
    size: Annotated[float, Field(ge=0, le=10)] | None = None
    kind: Literal["wood", "metal"] = "wood"


class Thing(BaseModel):
    title: Annotated[str, Field(max_length=30)]
    parts: Annotated[list[Part], Field(min_length=1, max_length=2)]
    count: Annotated[int, Field(gt=0)]
    notes: dict[str, str] = Field(default_factory=dict)


class Tree(BaseModel):
    label: str
    children: list[Tree] = Field(default_factory=list)


FLOW = {
    "plan": plan_schema(3),
    "packages": packages_schema(2),
    "review": review_schema(4),
    "vote": vote_schema(["proposal-1", "proposal-2", "proposal-3"]),
}


def follow(schema: Mapping[str, Any], value: Any) -> None:
    """Fail where `value` does not follow `schema`, as far as the flow's schemas go."""
    if "enum" in schema:
        assert value in schema["enum"]
        return
    match schema["type"]:
        case "object":
            assert set(value) == set(schema["required"]) == set(schema["properties"])
            for name, item in value.items():
                follow(schema["properties"][name], item)
        case "array":
            assert schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", math.inf)
            for item in value:
                follow(schema["items"], item)
        case "string":
            assert schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", math.inf)
        case "integer":
            assert type(value) is int
            assert schema["minimum"] <= value <= schema["maximum"]
        case "boolean":
            assert type(value) is bool
        case other:
            raise AssertionError(f"unexpected type {other}")


async def ask(server: ModelServerProcess, schema: Any, **options: Any) -> str:
    async with ollama.AsyncClient(host=server.url, trust_env=False, timeout=120) as client:
        messages = [{"role": "user", "content": "A team shall build a bird house. Answer as JSON."}]
        answer = await client.chat(MODEL, messages, format=schema, options=options)
    assert answer.done_reason == "stop"
    return answer.message.content or ""


@pytest.mark.parametrize("name", FLOW)
async def test_what_the_flow_asks_for_comes_at_every_temperature(model_server: ModelServerProcess, name: str) -> None:
    answers = await asyncio.gather(
        *(ask(model_server, FLOW[name], temperature=temperature, num_predict=150) for temperature in (0, 0.8))
    )
    for answer in answers:
        follow(FLOW[name], json.loads(answer))


@pytest.mark.parametrize("shape", [Thing, Tree])
async def test_answers_follow_the_schemas_of_pydantic(model_server: ModelServerProcess, shape: type[BaseModel]) -> None:
    schema = shape.model_json_schema()
    for answer in await asyncio.gather(
        *(ask(model_server, schema, temperature=t, num_predict=100) for t in (0.2, 1.5))
    ):
        shape.model_validate_json(answer)


@pytest.mark.parametrize("num_predict", [1, 40])
async def test_an_answer_is_made_short_instead_of_cut(model_server: ModelServerProcess, num_predict: int) -> None:
    schema = {"type": "object", "properties": {"text": {"type": "string"}, "n": {"type": "integer"}}}
    value = json.loads(await ask(model_server, schema, temperature=1, num_predict=num_predict))
    assert set(value) <= {"text", "n"}
    assert len(value.get("text", "")) <= 4 * max(num_predict, 2)


async def test_the_word_json_gives_an_object(model_server: ModelServerProcess) -> None:
    for answer in await asyncio.gather(*(ask(model_server, "json", temperature=t, num_predict=60) for t in (0, 1.2))):
        assert isinstance(json.loads(answer), dict)


@pytest.mark.parametrize(
    ("schema", "pattern"),
    [
        ({"const": {"a": [1, "x"]}}, r'\{"a": \[1, "x"\]\}'),
        ({"type": "string", "pattern": "^[A-Z]{2}-\\d{4}$"}, r'"[A-Z]{2}-\d{4}"'),
        ({"type": "string", "format": "date"}, r'"\d{4}-\d\d-\d\d"'),
        ({"type": ["integer", "null"], "minimum": 5, "exclusiveMaximum": 8}, "[567]|null"),
        ({"type": "number", "minimum": 0.1, "maximum": 0.9}, r"0\.\d{1,4}"),
        ({"type": "number", "exclusiveMinimum": 2, "maximum": 2.5, "multipleOf": 0.25}, r"2\.(250*|50*)"),
        ({"type": "number", "minimum": -1, "exclusiveMaximum": 0}, r"-(1|0\.\d+)(\.0)?"),
        ({"type": "number", "maximum": 2, "minimum": -1, "multipleOf": 1}, r"-1|[012](\.0*)?"),
        ({"type": "integer", "exclusiveMinimum": 10, "multipleOf": 10, "maximum": 35}, "20|30"),
        ({"type": "string", "enum": [1, "a", None]}, '"a"'),
        ({"prefixItems": [{"type": "boolean"}, {"enum": ["a"]}], "items": False, "minItems": 2}, r'\[\w+, "a"\]'),
        ({"allOf": [{"type": "integer"}, {"minimum": 3, "maximum": 3}]}, "3"),
        ({"type": "object", "additionalProperties": {"type": "null"}, "maxProperties": 1}, r'\{("\w[\w ]*": null)?\}'),
    ],
)
async def test_every_kind_of_schema_holds_the_model(
    model_server: ModelServerProcess, schema: Any, pattern: str
) -> None:
    answer = await ask(model_server, schema, temperature=2, num_predict=40)
    assert re.fullmatch(pattern, answer), answer


@pytest.mark.parametrize(
    ("schema", "sentence"),
    [
        ("yaml", 'expected "json" or a JSON schema'),
        ([1], 'expected "json" or a JSON schema'),
        ({"type": "strin"}, 'no type "strin"'),
        ({"$ref": "#/$defs/gone"}, "no '#/$defs/gone'"),
        ({"$ref": "http://example.org/schema"}, "lies outside"),
        ({"not": {"type": "null"}}, "does not support 'not'"),
        ({"type": "array", "uniqueItems": True}, "does not support 'uniqueItems'"),
        ({"type": "string", "minLength": 5, "maxLength": 2}, "minLength is 5 but maxLength is 2"),
        ({"type": "integer", "minimum": 5, "maximum": 2}, "no integer lies within"),
        ({"type": "integer", "exclusiveMinimum": 0.2, "exclusiveMaximum": 1}, "no integer lies within"),
        ({"type": "number", "multipleOf": 0}, "multiple of 0"),
        ({"type": "number", "minimum": "low"}, "minimum must be a number"),
        ({"type": "string", "enum": [1, None]}, "no value of the list"),
        ({"type": "array", "minItems": 10**9}, "more than the model's context"),
        ({"type": "string", "pattern": "(?=a)b"}, "does not support the pattern"),
        ({"type": "string", "pattern": "("}, "not a regular expression"),
        ({"type": "object", "properties": [1]}, "properties must be an object"),
        ({"enum": []}, "enum must be a list"),
        ({"$defs": {"a": {"$ref": "#/$defs/a"}}, "$ref": "#/$defs/a"}, "nests too deep"),
        ({"$defs": {"a": {"allOf": [{"$ref": "#/$defs/a"}]}}, "$ref": "#/$defs/a"}, "nests too deep"),
        ({"anyOf": [{"enum": [n]} for n in range(3000)]}, "too large"),
        (json.loads('{"minItems":1,"items":' * 300 + "{}" + "}" * 300), "nests too deep"),
    ],
)
def test_a_schema_that_cannot_be_held_is_refused(model_server: ModelServerProcess, schema: Any, sentence: str) -> None:
    asked = {"model": MODEL, "messages": [{"role": "user", "content": "Hello"}], "format": schema, "stream": False}
    assert sentence in model_server.refusal("/api/chat", asked)
