"""Structured output: makes a JSON schema narrower, so that a tiny model's answer always ends and always parses.

Everything that the schema leaves open gets a bound: strings, arrays, maps, numbers, recursion; objects get no fields
that are not named. What follows the narrow schema follows the wide one. The engine's grammars
(https://github.com/guidance-ai/llguidance) know a part of JSON Schema and silently let everything through where they
fail, so only constructs that were tried go into the narrow schema, and what cannot be expressed in them is refused.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from workers.model_server.errors import Refusal

Json = dict[str, Any]

_MOST_NODES = 2000
_MOST_DEPTH = 40
#: How often a definition may contain itself.
_MOST_RECURSION = 3
#: More than that of anything would not fit the context.
_MOST_ASKED = 4000
_END_TOKENS = 4
_NUMBER_SPAN = 1_000_000
_FRACTION = 0.0001
_SAMPLES = 50
_NUMBER_TOKENS = 20
_LARGEST = 10**12
_KEY_PATTERN = "^[A-Za-z_][A-Za-z0-9_ ]{0,23}$"
_KEY_TOKENS = 24
_PATTERN_LENGTH = 256
#: The formats that the grammars know, with the longest text worth allowing; others are remarks, as in the standard.
_FORMATS = {
    "date": 10,
    "date-time": 35,
    "duration": 16,
    "email": 48,
    "hostname": 48,
    "ipv4": 15,
    "ipv6": 39,
    "time": 24,
    "uuid": 36,
}
_REFUSED = (
    "not",
    "if",
    "contains",
    "uniqueItems",
    "propertyNames",
    "patternProperties",
    "dependentRequired",
    "dependentSchemas",
    "dependencies",
    "$dynamicRef",
)
#: The keywords that tell a type where none is named.
_HINTS = {
    "object": ("properties", "required", "additionalProperties", "minProperties", "maxProperties"),
    "array": ("items", "prefixItems", "minItems", "maxItems"),
    "string": ("minLength", "maxLength", "pattern", "format"),
    "number": ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
}
#: All keywords that are understood; the rest are remarks.
_MEANING = frozenset(
    {"type", "enum", "const", "$ref", "anyOf", "oneOf", "allOf", *(hint for hints in _HINTS.values() for hint in hints)}
)
_OPENINGS = {"object": "{", "array": "[", "string": '"'}


@dataclass(frozen=True, kw_only=True)
class Rung:
    """How much is allowed where a schema sets no bound."""

    text: int
    items: int


#: Tried from the top, until the longest answer fits.
_LADDER = tuple(
    Rung(text=text, items=items)
    for text, items in ((1000, 24), (500, 16), (300, 12), (200, 8), (120, 6), (80, 4), (40, 3), (20, 2), (8, 1))
)
_SCALAR: Json = {"type": ["string", "number", "boolean", "null"]}
#: What `format: "json"` stands for.
_ANY_OBJECT: Json = {
    "type": "object",
    "additionalProperties": {"anyOf": [_SCALAR, {"type": "array", "items": _SCALAR}]},
    "minProperties": 1,
}


@dataclass(frozen=True, kw_only=True)
class Structure:
    """A bounded schema, ready for the engine."""

    grammar: str
    #: The longest answer, in tokens, where each takes one character.
    most_tokens: int
    #: The character that every answer begins with; empty where there are several.
    opening: str


class _TooDeep(Exception):
    """A definition contains itself too often; whoever can do without it leaves it out."""


def make_structure(wanted: object, *, most_tokens: int) -> Structure | None:
    """Return the structure for a request's `format`: "json", a schema, or nothing at all.

    Its answers take `most_tokens` at most, unless the schema itself asks for more. Raises Refusal (400).
    """
    if wanted is None or wanted == "":
        return None
    if wanted == "json":
        wanted = _ANY_OBJECT
    if not isinstance(wanted, dict):
        raise Refusal(400, 'invalid format: expected "json" or a JSON schema')
    for rung in _LADDER:
        try:
            schema, tokens = _Narrowing(wanted, rung).narrow(wanted)
        except (_TooDeep, RecursionError):
            raise Refusal(400, "invalid format: the schema nests too deep for the embedded model server") from None
        if tokens <= most_tokens:
            break
    # Blanks between the parts would be one more thing to babble.
    style = {"whitespace_flexible": False, "item_separator": ", ", "key_separator": ": "}
    grammar = "%llguidance {}\nstart: %json " + json.dumps(schema | {"x-guidance": style})
    return Structure(
        grammar=grammar, most_tokens=tokens + _END_TOKENS, opening=_OPENINGS.get(str(schema.get("type")), "")
    )


class _Narrowing:
    """One pass over a schema with the bounds of one rung; each part comes back with the most tokens it may take."""

    def __init__(self, root: Json, rung: Rung) -> None:
        self._root = root
        self._rung = rung
        self._nodes = 0

    def narrow(self, schema: object, path: tuple[str, ...] = (), depth: int = 0) -> tuple[Json, int]:
        """Return the narrow form of a schema; `path` names the definitions that it stands in."""
        self._nodes += 1
        if self._nodes > _MOST_NODES:
            raise Refusal(400, "invalid format: the schema is too large for the embedded model server")
        if schema is False or depth > _MOST_DEPTH:
            raise _TooDeep
        if schema is True or schema == {}:
            schema = _SCALAR
        if not isinstance(schema, dict):
            raise Refusal(400, f"invalid format: {_shown(schema)} is not a JSON schema")
        for word in _REFUSED:
            if word in schema and schema[word] not in (False, {}):
                raise Refusal(400, f"invalid format: the embedded model server does not support {word!r} in a schema")
        if "$ref" in schema:
            name = str(schema["$ref"])
            if path.count(name) >= _MOST_RECURSION:
                raise _TooDeep
            return self.narrow(_join(_without(schema, "$ref"), self._find(name)), (*path, name), depth + 1)
        for word in ("allOf", "anyOf", "oneOf"):
            if word in schema:
                options, rest = _list_of(schema, word), _without(schema, word)
                if word == "allOf":
                    whole: object = rest
                    for option in options:
                        whole = _join(whole, self._resolve(option))
                    return self.narrow(whole, path, depth + 1)
                return self._choose([_join(rest, option) for option in options], path, depth)
        if "const" in schema:
            return _literals([schema["const"]], schema.get("type"))
        if "enum" in schema:
            return _literals(_list_of(schema, "enum"), schema.get("type"))
        return self._by_type(schema, path, depth)

    def _by_type(self, schema: Json, path: tuple[str, ...], depth: int) -> tuple[Json, int]:
        kind = schema.get("type") or next(
            (name for name, hints in _HINTS.items() if any(hint in schema for hint in hints)), None
        )
        match kind:
            case None:
                return self.narrow(_SCALAR, path, depth)
            case list():
                return self._choose([schema | {"type": name} for name in kind], path, depth)
            case "object":
                return self._object(schema, path, depth)
            case "array":
                return self._array(schema, path, depth)
            case "string":
                return self._string(schema)
            case "integer" | "number":
                return _number(schema, kind)
            case "boolean" | "null":
                return {"type": kind}, 2
            case _:
                raise Refusal(400, f"invalid format: there is no type {_shown(kind)} in JSON schema")

    def _choose(self, options: list[Json], path: tuple[str, ...], depth: int) -> tuple[Json, int]:
        narrowed = []
        for option in options:
            try:
                narrowed.append(self.narrow(option, path, depth + 1))
            except _TooDeep:
                continue
        if not narrowed:
            raise _TooDeep
        if len(narrowed) == 1:
            return narrowed[0]
        return {"anyOf": [schema for schema, _ in narrowed]}, max(tokens for _, tokens in narrowed)

    def _object(self, schema: Json, path: tuple[str, ...], depth: int) -> tuple[Json, int]:
        fields = schema.get("properties") or {}
        required = _list_of(schema, "required") if "required" in schema else []
        if not isinstance(fields, dict) or not all(isinstance(name, str) for name in required):
            raise Refusal(400, "invalid format: properties must be an object and required a list of names")
        fields = fields | {name: True for name in required if name not in fields}
        if not fields:
            return self._map(schema, path, depth)
        least = _count(schema, "minProperties", 0)
        if least > len(required):  # all of them is always enough
            required = list(fields)
        narrowed: Json = {}
        total = 2
        for name, field in fields.items():
            try:
                narrowed[name], tokens = self.narrow(field, path, depth + 1)
            except _TooDeep:
                if name in required:
                    raise
                continue
            total += tokens + len(json.dumps(name)) // 2 + 3
        names = [name for name in narrowed if name in required]
        return {"type": "object", "properties": narrowed, "required": names, "additionalProperties": False}, total

    def _map(self, schema: Json, path: tuple[str, ...], depth: int) -> tuple[Json, int]:
        least, most = self._bounds(schema, "minProperties", "maxProperties", self._rung.items)
        closed: Json = {"type": "object", "properties": {}, "additionalProperties": False}
        try:
            value, tokens = self.narrow(schema.get("additionalProperties", True), path, depth + 1)
        except _TooDeep:
            if least:
                raise
            return closed, 2
        if not most:
            return closed, 2
        keyed = {"patternProperties": {_KEY_PATTERN: value}, "minProperties": least, "maxProperties": most}
        return {"type": "object", "additionalProperties": False} | keyed, 2 + most * (_KEY_TOKENS + 4 + tokens)

    def _array(self, schema: Json, path: tuple[str, ...], depth: int) -> tuple[Json, int]:
        named = _list_of(schema, "prefixItems") if "prefixItems" in schema else []
        first = [self.narrow(item, path, depth + 1) for item in named]
        least, most = self._bounds(schema, "minItems", "maxItems", self._rung.items + len(first))
        narrowed: Json = {"type": "array", "minItems": least}
        total = 2 + sum(tokens + 2 for _, tokens in first)
        if first:
            narrowed["prefixItems"] = [item for item, _ in first]
        try:
            narrowed["items"], tokens = self.narrow(schema.get("items", True), path, depth + 1)
        except _TooDeep:
            if least > len(first):
                raise
            narrowed["items"], tokens, most = False, 0, len(first)
        return narrowed | {"maxItems": most}, total + max(0, most - len(first)) * (tokens + 2)

    def _string(self, schema: Json) -> tuple[Json, int]:
        known = _FORMATS.get(str(schema.get("format")))
        narrowed: Json = {"type": "string"}
        bound = self._rung.text
        if known is not None:
            narrowed["format"], bound = schema["format"], known
        if "pattern" in schema:
            narrowed["pattern"], bound = _pattern(schema["pattern"]), _PATTERN_LENGTH
        least, most = self._bounds(schema, "minLength", "maxLength", bound)
        return narrowed | ({"minLength": least} if least else {}) | {"maxLength": most}, most + 2

    def _bounds(self, schema: Json, lower: str, upper: str, bound: int) -> tuple[int, int]:
        least = _count(schema, lower, 0)
        most = _count(schema, upper, max(bound, least))
        if least > most:
            raise Refusal(400, f"invalid format: {lower} is {least} but {upper} is {most}")
        if least > _MOST_ASKED:
            raise Refusal(400, f"invalid format: {lower} of {least} is more than the model's context holds")
        return least, max(least, min(most, bound))

    def _resolve(self, schema: object) -> object:
        if isinstance(schema, dict) and "$ref" in schema:
            return _join(_without(schema, "$ref"), self._find(str(schema["$ref"])))
        return schema

    def _find(self, reference: str) -> object:
        node: object = self._root
        if not reference.startswith("#"):
            raise Refusal(400, f"invalid format: {reference!r} lies outside the schema")
        for part in reference[1:].split("/")[1:]:
            name = part.replace("~1", "/").replace("~0", "~")
            if not isinstance(node, dict) or name not in node:
                raise Refusal(400, f"invalid format: there is no {reference!r} in the schema")
            node = node[name]
        return node


def _join(first: object, second: object) -> Any:
    """Return a schema that means both; raises Refusal where they cannot be put together by their words."""
    if first is True or first == {}:
        return second
    if second is True or second == {} or not isinstance(first, dict):
        return first
    if not isinstance(second, dict):
        return second
    joined = dict(first)
    for word, value in second.items():
        if word == "properties" and isinstance(value, dict) and isinstance(joined.get(word), dict):
            joined[word] = joined[word] | value
        elif word == "required" and isinstance(value, list) and isinstance(joined.get(word), list):
            joined[word] = [*joined[word], *value]
        elif word in _MEANING and word in joined and joined[word] != value:
            raise Refusal(400, f"invalid format: the embedded model server cannot combine two values of {word!r}")
        else:
            joined[word] = value
    return joined


def _literals(values: list[Any], kind: object) -> tuple[Json, int]:
    """Return a choice of values, those of the right type where one is named."""
    kinds = kind if isinstance(kind, list) else [kind]
    fitting = [value for value in values if kind is None or _kinds_of(value) & {str(name) for name in kinds}]
    if not fitting:
        raise Refusal(400, f"invalid format: no value of the list has the type {_shown(kind)}")
    return {"enum": fitting}, max(len(json.dumps(value)) for value in fitting)


def _kinds_of(value: object) -> set[str]:
    match value:
        case None:
            return {"null"}
        case bool():
            return {"boolean"}
        case int():
            return {"integer", "number"}
        case float():
            return {"number"}
        case str():
            return {"string"}
        case list():
            return {"array"}
        case _:
            return {"object"}


def _number(schema: Json, kind: str) -> tuple[Json, int]:
    """Bound a number and its digits."""
    limits = {word: schema[word] for word in _HINTS["number"] if word in schema}
    for word, value in limits.items():
        if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= _LARGEST:
            raise Refusal(400, f"invalid format: {word} must be a number between {-_LARGEST:g} and {_LARGEST:g}")
    step = limits.get("multipleOf", 1 if kind == "integer" else _FRACTION)
    if step < _FRACTION / 100 or (kind == "integer" and step != int(step)):
        raise Refusal(400, f"invalid format: the embedded model server has no {kind} that is a multiple of {step:g}")
    firsts = [math.ceil(limits["minimum"] / step)] if "minimum" in limits else []
    firsts += [math.floor(limits["exclusiveMinimum"] / step) + 1] if "exclusiveMinimum" in limits else []
    lasts = [math.floor(limits["maximum"] / step)] if "maximum" in limits else []
    lasts += [math.ceil(limits["exclusiveMaximum"] / step) - 1] if "exclusiveMaximum" in limits else []
    # In steps from 0: where only one side is bounded, the other follows from it.
    span = math.ceil(_NUMBER_SPAN / step)
    first = max(firsts) if firsts else min([0, *lasts]) - span
    last = min(lasts) if lasts else max(0, first) + span
    if first > last:
        raise Refusal(400, f"invalid format: no {kind} lies within the bounds of the schema")
    if kind == "integer":
        step = int(step)
    narrowed = {"type": kind, "minimum": round(first * step, 10), "maximum": round(last * step, 10)}
    if kind == "integer" and step == 1:
        return narrowed, _NUMBER_TOKENS
    if last <= 0:  # the grammars cannot say "a multiple" of what is negative, so that some of them have to do
        return _literals([round(n * step, 10) for n in range(first, last + 1, (last - first) // _SAMPLES + 1)], kind)
    return narrowed | {"multipleOf": step}, _NUMBER_TOKENS


def _pattern(pattern: object) -> str:
    if not isinstance(pattern, str) or len(pattern) > 500 or re.search(r"\(\?[^:]|\\[1-9bBkpP]", pattern):
        raise Refusal(400, f"invalid format: the embedded model server does not support the pattern {_shown(pattern)}")
    try:
        re.compile(pattern)
    except (re.error, RecursionError, OverflowError) as error:
        raise Refusal(400, f"invalid format: the pattern {_shown(pattern)} is not a regular expression") from error
    return pattern


def _count(schema: Json, word: str, default: int) -> int:
    value = schema.get(word, default)
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise Refusal(400, f"invalid format: {word} must be a whole number, 0 or more")
    return value


def _list_of(schema: Json, word: str) -> list[Any]:
    value = schema[word]
    if not isinstance(value, list) or (not value and word != "required"):
        raise Refusal(400, f"invalid format: {word} must be a list that is not empty")
    return value


def _without(schema: Mapping[str, Any], word: str) -> Json:
    """Return what a schema means beside `word`; remarks are left out."""
    return {name: value for name, value in schema.items() if name != word and name in _MEANING}


def _shown(value: object) -> str:
    text = json.dumps(value)
    return text if len(text) <= 80 else f"{text[:79]}…"
