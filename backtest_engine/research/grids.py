"""Parameters to try: lists and ranges by name, as points of a grid."""

import itertools
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from backtest_engine.checks.parameters import effective_parameters
from backtest_engine.errors import InvalidParameter

# Whatever is asked for: more values of one parameter than this are a slip of the pen.
MOST_VALUES = 10_000


@dataclass(frozen=True, kw_only=True)
class Grid:
    """Every combination of the values of some parameters, in the order in which they were named.

    A point is a tuple of positions, one for each name; the last name changes fastest.
    """

    axes: Mapping[str, tuple[Any, ...]]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self.axes)

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(len(values) for values in self.axes.values())

    def __len__(self) -> int:
        return math.prod(self.shape)

    def points(self) -> list[tuple[int, ...]]:
        """Return every point."""
        return list(itertools.product(*(range(size) for size in self.shape)))

    def point(self, number: int) -> tuple[int, ...]:
        """Return the point with a number, counted as `points` orders them."""
        places = []
        for size in reversed(self.shape):
            number, place = divmod(number, size)
            places.append(place)
        return tuple(reversed(places))

    def parameters(self, point: Sequence[int]) -> dict[str, Any]:
        """Return the values at a point, by name."""
        return {name: values[place] for (name, values), place in zip(self.axes.items(), point, strict=True)}


def grid_of(asked: Mapping[str, Any], *, code: str) -> Grid:
    """Return the grid of what was asked; raise `InvalidParameter` for what the strategy does not declare or take."""
    if not asked:
        raise InvalidParameter(
            "No parameter to vary was named.",
            hint='Name at least one, as in {"rsi_period": [7, 14, 21]}.',
            details={"declared": effective_parameters(code, {})},
        )
    axes = {}
    for name, wanted in asked.items():
        values = _values(name, wanted)
        axes[name] = tuple(dict.fromkeys(effective_parameters(code, {name: value})[name] for value in values))
    return Grid(axes=axes)


def parsed(text: str) -> tuple[str, Any]:
    """Return a name and its values from `NAME=1,2,3` or `NAME=FROM:TO:STEP`; raise `InvalidParameter`."""
    name, equals, given = text.partition("=")
    name = name.strip()
    if not equals or not name.isidentifier() or not given.strip():
        raise InvalidParameter(f"{text!r} is not NAME=1,2,3 or NAME=FROM:TO:STEP."[:200], details={"parameter": name})
    if ":" not in given:
        return name, [_read(part.strip()) for part in given.split(",")]
    bounds = [_read(part.strip()) for part in given.split(":")]
    if len(bounds) not in (2, 3) or not all(isinstance(bound, int | float) for bound in bounds):
        raise InvalidParameter(f"{text!r} is not NAME=FROM:TO:STEP."[:200], details={"parameter": name})
    return name, dict(zip(("from", "to", "step"), bounds, strict=False))


def _read(text: str) -> Any:
    """Return a number, a truth or a text as it is written."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def _values(name: str, wanted: Any) -> list[Any]:
    if isinstance(wanted, Mapping):
        return _range(name, wanted)
    if not isinstance(wanted, list | tuple) or not wanted:
        raise InvalidParameter(f"{name}: give a list of values, or from, to and step.", details={"parameter": name})
    if len(wanted) > MOST_VALUES:
        raise _too_many(name, len(wanted))
    return list(wanted)


def _range(name: str, wanted: Mapping[str, Any]) -> list[Any]:
    if set(wanted) - {"from", "to", "step"} or not {"from", "to"} <= set(wanted):
        raise InvalidParameter(f"{name}: a range has from, to and step.", details={"parameter": name})
    first, last, step = wanted["from"], wanted["to"], wanted.get("step", 1)
    for value in (first, last, step):
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise InvalidParameter(f"{name}: from, to and step are numbers.", details={"parameter": name})
    if step <= 0 or last < first:
        raise InvalidParameter(
            f"{name}: the range must go up from {first:g} to {last:g} in steps above 0.", details={"parameter": name}
        )
    # Steps such as 0.1 do not add up exactly.
    count = math.floor((last - first) / step + 1e-9) + 1
    if count > MOST_VALUES:
        raise _too_many(name, count)
    whole = all(isinstance(value, int) for value in (first, step))
    return [first + step * place if whole else round(first + step * place, 12) for place in range(count)]


def _too_many(name: str, count: int) -> InvalidParameter:
    return InvalidParameter(
        f"{name}: {count:,} values are too many; {MOST_VALUES:,} fit.",
        code="grid_too_large",
        details={"parameter": name, "combinations": count, "max_trials": MOST_VALUES},
    )
