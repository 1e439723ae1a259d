"""The narrowing of schemas: whatever comes in, a bounded schema or a refusal comes out."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workers.flow.plan import plan_schema
from workers.model_server.errors import Refusal
from workers.model_server.schema import _MEANING, _REFUSED, make_structure

_NAMES = st.sampled_from(["a", "b", "type", "#", "$ref", "items"])
_WORDS = st.sampled_from([*sorted({*_REFUSED, *_MEANING}), "title", "$defs"])
_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-5, 5)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(["object", "array", "string", "integer", "number", "null", "#", "#/properties/a", "[", "date"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_WORDS | _NAMES, inner, max_size=4),
    max_leaves=12,
)


def narrow(schema: Any, most_tokens: int = 500) -> dict[str, Any]:
    """Return the schema that the engine gets."""
    structure = make_structure(schema, most_tokens=most_tokens)
    assert structure is not None
    narrowed: dict[str, Any] = json.loads(structure.grammar.split("%json ", 1)[1])
    del narrowed["x-guidance"]
    return narrowed


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(_WORDS, _VALUES, max_size=5))
def test_any_object_is_narrowed_or_refused_and_never_breaks(schema: dict[str, Any]) -> None:
    with contextlib.suppress(Refusal):
        structure = make_structure(schema, most_tokens=300)
        assert structure is not None
        assert structure.most_tokens > 0


def test_what_a_schema_leaves_open_gets_bounds() -> None:
    schema = {"properties": {"name": {"type": "string"}, "tags": {"type": "array", "items": {"type": "integer"}}}}
    fields = narrow(schema)["properties"]
    assert 50 < fields["name"]["maxLength"] < 500
    assert 2 < fields["tags"]["maxItems"] < 20
    assert fields["tags"]["items"] == {"type": "integer", "minimum": -1_000_000, "maximum": 1_000_000}


def test_more_room_loosens_the_bounds_and_less_tightens_them() -> None:
    longest = [narrow({"type": "string"}, room)["maxLength"] for room in (5000, 600, 100, 1)]
    assert longest == [1000, 500, 80, 8]


def test_what_a_schema_asks_for_stands_whatever_the_room() -> None:
    asked = {"type": "array", "items": {"type": "string", "minLength": 30}, "minItems": 5, "maxItems": 9}
    narrowed = narrow(asked, most_tokens=1)
    assert (narrowed["minItems"], narrowed["maxItems"]) == (5, 5)
    assert narrowed["items"] == {"type": "string", "minLength": 30, "maxLength": 30}


def test_the_schema_of_a_plan_passes_unharmed() -> None:
    subtasks = narrow(plan_schema(5), 2048 * 4)["properties"]["subtasks"]
    assert (subtasks["minItems"], subtasks["maxItems"]) == (2, 5)
    fields = subtasks["items"]["properties"]
    assert (fields["title"]["maxLength"], fields["instructions"]["maxLength"]) == (80, 300)
    assert fields["depends_on"]["items"] == {"type": "integer", "minimum": 1, "maximum": 5}


def test_recursion_ends_where_it_may() -> None:
    node = {"type": "object", "properties": {"next": {"$ref": "#"}, "n": {"type": "null"}}, "required": ["n"]}
    narrowed, depth = narrow(node), 0
    while "next" in narrowed["properties"]:
        narrowed, depth = narrowed["properties"]["next"], depth + 1
    assert depth == 3


@pytest.mark.parametrize("nothing", [None, ""])
def test_without_a_format_there_is_no_structure(nothing: object) -> None:
    assert make_structure(nothing, most_tokens=100) is None
