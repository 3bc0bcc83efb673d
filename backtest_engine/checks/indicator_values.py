"""Compares what a strategy declares as indicators with what it declares when later bars do not exist."""

from dataclasses import dataclass

import numpy as np

from backtest_engine.sandbox.journal import Journal

# The last digits of a sum may depend on how many numbers are added at once.
_RELATIVE = 1e-4
_OF_LARGEST = 1e-6


@dataclass(frozen=True, kw_only=True)
class ValueDifference:
    """The first value that differs: of which indicator, at which bar, with and without the later bars."""

    name: str
    bar: int
    full: float
    truncated: float


def first_value_difference(
    full: Journal, truncated: Journal, until: int, *, held: bool = False
) -> ValueDifference | None:
    """Return the earliest value of indicators up to a bar in which two runs differ; None where none does.

    With `held`, of arrays that the strategy only holds: labels to learn from are such, and what is never read.
    """
    found: list[ValueDifference] = []
    for mine, other in zip(full.indicators, truncated.indicators, strict=False):
        if mine.name != other.name or mine.held is not held:
            continue
        known = min(until + 1, len(mine.values), len(other.values))
        left, right = mine.values[:known].astype(float), other.values[:known].astype(float)
        finite = np.abs(left[np.isfinite(left)])
        slack = _OF_LARGEST * float(finite.max()) if len(finite) else 0.0
        other_ones = np.flatnonzero(~np.isclose(left, right, rtol=_RELATIVE, atol=slack, equal_nan=True))
        if len(other_ones):
            bar = int(other_ones[0])
            found.append(ValueDifference(name=mine.name, bar=bar, full=float(left[bar]), truncated=float(right[bar])))
    return min(found, key=lambda item: item.bar, default=None)
