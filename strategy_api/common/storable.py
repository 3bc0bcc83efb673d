"""Values that every database takes as JSON: a strategy's texts and numbers end in events and results."""

import math
from collections.abc import Mapping
from typing import Any

MOST_DEPTH = 60
# A double ends here; what is larger, no reader of JSON has to understand.
LARGEST_INTEGER = 10**308


def storable(value: Any, depth: int = 0) -> Any:
    """Return the value as any database and any reader of JSON takes it, all the way down.

    NaN and infinity are None; NUL and halves of surrogate pairs in texts are replacement characters. Raises
    `ValueError` for an integer beyond a double and for what is nested too deeply: nothing can stand for them.
    """
    if isinstance(value, str):
        return text(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > LARGEST_INTEGER:
        raise ValueError("an integer beyond a double")
    if isinstance(value, Mapping | list | tuple):
        if depth >= MOST_DEPTH:
            raise ValueError("nested too deeply")
        if isinstance(value, Mapping):
            return {text(key) if isinstance(key, str) else key: storable(v, depth + 1) for key, v in value.items()}
        return [storable(inner, depth + 1) for inner in value]
    return value


def text(value: str) -> str:
    """Return a text without what PostgreSQL refuses."""
    return value.replace("\x00", "\ufffd").encode("utf-8", "surrogatepass").decode("utf-8", "replace")
