"""JSON schemas as vendors take them."""

from collections.abc import Mapping
from typing import Any

IN_WORDS = """

Answer with one JSON object and nothing else: no code fence, no text around it. This JSON Schema accepts it:"""


def without_titles(schema: Any) -> Any:
    """Return a JSON schema without the titles that only repeat its names."""
    if isinstance(schema, list):
        return [without_titles(inner) for inner in schema]
    if not isinstance(schema, dict):
        return schema
    # A property may itself be called title.
    return {
        name: {key: without_titles(inner) for key, inner in value.items()}
        if name in ("properties", "$defs") and isinstance(value, dict)
        else without_titles(value)
        for name, value in schema.items()
        if name != "title" or not isinstance(value, str)
    }


def is_recursive(schema: Mapping[str, Any]) -> bool:
    """Say whether a definition of a JSON schema contains itself."""
    definitions = schema.get("$defs", {})
    reaches = {name: set(_references(body)) for name, body in definitions.items()}

    def returns(start: str) -> bool:
        seen: set[str] = set()
        ahead = list(reaches[start])
        while ahead:
            name = ahead.pop()
            if name == start:
                return True
            if name not in seen:
                seen.add(name)
                ahead += reaches.get(name, ())
        return False

    return any(returns(name) for name in definitions)


def _references(schema: Any) -> list[str]:
    if isinstance(schema, list):
        return [name for inner in schema for name in _references(inner)]
    if not isinstance(schema, dict):
        return []
    own = [str(schema["$ref"]).rpartition("/")[2]] if isinstance(schema.get("$ref"), str) else []
    return own + [name for inner in schema.values() for name in _references(inner)]
