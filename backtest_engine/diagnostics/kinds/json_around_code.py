"""Code inside a JSON answer, as a model gives that was asked for JSON."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from backtest_engine.diagnostics.base import Failure, Spot
from backtest_engine.diagnostics.examples import example
from backtest_engine.diagnostics.source import Source

_LONGEST_TEXT = 200_000
_NESTED = 20


def _look(source: Source) -> Iterable[Spot]:
    if _code_in(source.code) is not None:
        yield Spot(line=1)


def _rewrite(source: Source) -> str | None:
    return _code_in(source.code)


def _code_in(text: str) -> str | None:
    """Return the longest text with a class in a JSON object or list, None where there is none."""
    if len(text) > _LONGEST_TEXT or text.strip()[:1] not in ("{", "["):
        return None
    try:
        answer = json.loads(text, strict=False)
    except (ValueError, RecursionError):
        return None
    found = [value for value in _texts(answer, _NESTED) if "class " in value and "\n" in value]
    return max(found, key=len, default="").strip("\n") + "\n" if found else None


def _texts(value: Any, depth: int) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list) and depth:
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _texts(inner, depth - 1)


FAILURE = Failure(
    code="json_around_code",
    family="syntax",
    severity="fatal",
    title="JSON around the code",
    explanation="The text is a JSON answer that holds the code as one of its values; it is no Python itself.",
    hint="Keep only the value that holds the code, with its line breaks as lines.",
    example=json.dumps({"name": "Cross", "code": example()}) + "\n",
    look=_look,
    rewrite=_rewrite,
    covers=("no_strategy_class", "invalid_syntax", "truncated_code", "undefined_name", "prose_around_code"),
)
