"""Array work that indicators share: clean inputs, gaps, and rolling sums that never look ahead."""

import weakref
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import talib

from backtest_engine.registry import Array

Kernel = Callable[..., Any]

# Longer averages are rare, and their weights too large to be kept.
_OFTEN = 500


def as_series(values: Any) -> Array:
    """Return one input as a contiguous float64 array of shape (bars,); raise `ValueError` for any other shape."""
    array = np.ascontiguousarray(values, dtype=np.float64)
    if array.ndim != 1 or np.ndim(values) == 0:
        shape = "a single number" if np.ndim(values) == 0 else f"an array of shape {np.shape(values)}"
        raise ValueError(f"needs a whole series with one value per bar, not {shape}")
    return array


class FiniteArrays:
    """Remembers which read-only arrays were found to be finite, since a strategy feeds many indicators with one close.

    An array is forgotten when it is freed. One that can be written to is looked at each time.
    """

    def __init__(self) -> None:
        self._known: dict[int, weakref.ref[Any]] = {}

    def holds(self, given: Any, series: Array) -> bool:
        """Say whether the array that a caller gave, and that became this series, has neither NaN nor infinity."""
        fixed = isinstance(given, np.ndarray) and not given.flags.writeable
        if fixed:
            reference = self._known.get(id(given))
            if reference is not None and reference() is given:
                return True
        # One BLAS pass. A sum of squares that overflows counts as not finite, which only costs the slower path.
        with np.errstate(all="ignore"):
            finite = bool(np.isfinite(np.dot(series, series)))
        if fixed and finite:
            key = id(given)
            self._known[key] = weakref.ref(given, lambda _: self._known.pop(key, None))
        return finite


def by_finite_runs(kernel: Kernel, inputs: Sequence[Array], parameters: dict[str, Any], outputs: int) -> list[Array]:
    """Apply a kernel to each unbroken run of finite bars on its own, so that a gap neither spreads nor is bridged.

    Values at the gap are NaN, and the warm-up starts again after it.
    """
    bars = len(inputs[0])
    results = [np.full(bars, np.nan) for _ in range(outputs)]
    finite = np.logical_and.reduce([np.isfinite(series) for series in inputs])
    edges = np.flatnonzero(np.diff(np.concatenate(([False], finite, [False])).astype(np.int8)))
    for start, stop in zip(edges[::2], edges[1::2], strict=True):
        run = kernel(*(np.ascontiguousarray(series[start:stop]) for series in inputs), **parameters)
        for result, values in zip(results, run if isinstance(run, tuple) else (run,), strict=True):
            result[start:stop] = values
    return results


def ema(series: Array, period: int) -> Array:
    """Return the exponential average that starts from the first value, NaN for the first period - 1 bars.

    This is the recursion of pandas (`ewm(span=period, adjust=False)`) and of TradingView. TA-Lib computes it, seeded
    with a mean; the difference of the seeds fades by a known factor each bar and is added back where it still counts.
    """
    average: Array = talib.EMA(series, period)
    if len(series) < period or period == 1:
        return average
    weights, fading = _seed(period) if period <= _OFTEN else _seed.__wrapped__(period)
    difference = float(np.dot(weights, series[:period])) - average[period - 1]
    felt = average[period - 1 : period - 1 + len(fading)]
    felt += difference * fading[: len(felt)]
    return average


@lru_cache(maxsize=64)
def _seed(period: int) -> tuple[Array, Array]:
    """Return the weights of the first `period` values in the average at their end, and how a difference fades."""
    keep = 1.0 - 2.0 / (period + 1)
    weights = (1.0 - keep) * keep ** np.arange(period - 1, -1, -1.0)
    weights[0] = keep ** (period - 1)
    return weights, keep ** np.arange(settled(period), dtype=np.float64)


def settled(period: int) -> int:
    """Return the number of bars after which an exponential average has forgotten what it started from."""
    # exp(-50) is far below the resolution of float64; 1 - 2 / (period + 1) is less than exp(-2 / (period + 1)).
    return 25 * (period + 1)


def later(series: Array, bars: int) -> Array:
    """Return the series moved `bars` to the right: the value at t is the one of t - bars."""
    moved = np.full(len(series), np.nan)
    moved[bars:] = series[: max(len(series) - bars, 0)]
    return moved


def last_known(series: Array) -> Array:
    """Return the series with each NaN replaced by the latest value before it."""
    places = np.where(np.isfinite(series), np.arange(len(series)), 0)
    filled: Array = series[np.maximum.accumulate(places)]
    return filled


def streaks(series: Array) -> Array:
    """Return how many bars in a row the series has risen, negative while it falls, 0 where it stands, NaN at first."""
    result = np.full(len(series), np.nan)
    if len(series) > 1:
        direction = np.sign(np.diff(series))
        place = np.arange(len(direction))
        turned = np.concatenate(([True], direction[1:] != direction[:-1]))
        began = np.maximum.accumulate(np.where(turned, place, 0))
        result[1:] = direction * (place - began + 1)
    return result
