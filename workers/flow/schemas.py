"""JSON schemas that bound a model's structured output, and the reading of that output."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, TypeVar, cast

from pydantic import AfterValidator, BaseModel, ConfigDict, JsonValue, ValidationError

from workers.flow.text import clean_text

#: A string of a model's output, free of what cannot be stored. Its length is bounded by the schema and cut by rule.
ModelText = Annotated[str, AfterValidator(clean_text)]


#: The quotes, colon, comma and blanks around a field or an item, in characters.
_FRAME = 8


class Draft(BaseModel):
    """Base of what a model writes: unknown fields are ignored, meaning is checked by rule afterwards."""

    model_config = ConfigDict(frozen=True, extra="ignore")


DraftType = TypeVar("DraftType", bound=Draft)


def bounded_schema(draft: type[Draft]) -> dict[str, JsonValue]:
    """Return a draft's JSON schema without references or titles, with every field required and no other allowed."""
    raw = cast("dict[str, JsonValue]", draft.model_json_schema())
    definitions = cast("dict[str, JsonValue]", raw.pop("$defs", {}))
    return cast("dict[str, JsonValue]", _inline(raw, definitions))


def _inline(node: JsonValue, definitions: Mapping[str, JsonValue]) -> JsonValue:
    if isinstance(node, list):
        return [_inline(item, definitions) for item in node]
    if not isinstance(node, dict):
        return node
    if isinstance(reference := node.get("$ref"), str):
        return _inline(definitions[reference.rpartition("/")[2]], definitions)
    # A "title" or "default" that is a schema itself is a property of that name; a plain one is decoration.
    kept = {
        name: _inline(value, definitions)
        for name, value in node.items()
        if isinstance(value, dict) or name not in {"title", "description", "default"}
    }
    if isinstance(properties := kept.get("properties"), dict) and kept.get("type") == "object":
        kept["required"] = list(properties)
        kept["additionalProperties"] = False
    return kept


def count_characters(schema: Mapping[str, JsonValue]) -> int:
    """Return how many characters the longest answer takes that follows a schema of `bounded_schema`'s kind."""
    if isinstance(choices := schema.get("enum"), list):
        return max(len(json.dumps(choice, ensure_ascii=False)) for choice in choices)
    match schema.get("type"):
        case "object":
            fields = cast("Mapping[str, Mapping[str, JsonValue]]", schema["properties"])
            return 2 + sum(len(name) + _FRAME + count_characters(value) for name, value in fields.items())
        case "array":
            item = count_characters(cast("Mapping[str, JsonValue]", schema["items"]))
            return 2 + cast("int", schema["maxItems"]) * (item + _FRAME)
        case "string":
            return 2 + cast("int", schema["maxLength"])
    return len("false")  # a boolean or a small number


def read_draft(draft: type[DraftType], text: str) -> DraftType | str:
    """Return the draft in `text`, or a sentence that says what is wrong with it.

    Text around the outermost braces is forgiven, for servers that do not hold a model to the schema.
    """
    begin, end = text.find("{"), text.rfind("}")
    if begin < 0:
        return "there is no JSON object in it"
    try:
        return draft.model_validate_json(text[begin : end + 1] if end > begin else text[begin:])
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        return f"{place}: {first['msg']}" if place else first["msg"]
