"""Intervals of figures of a series whose neighbours resemble each other: the stationary bootstrap.

Sources: Politis and Romano (1994), "The Stationary Bootstrap", JASA 89; the block length is that of Politis and White
(2004) as corrected by Patton, Politis and White (2009), Econometric Reviews 28.
"""

import math
from typing import Any

import numpy as np

Floats = np.ndarray[Any, np.dtype[np.float64]]
Ints = np.ndarray[Any, np.dtype[np.int64]]


def block_length(series: Floats) -> float:
    """Return the mean block length of the stationary bootstrap that suits the series best; at least 1."""
    count = len(series)
    if count < 10 or not float(np.var(series)) > 0:
        return 1.0
    centred = series - series.mean()
    most = math.ceil(math.sqrt(count)) + max(5, int(math.log10(count)))
    lags = min(most, count - 1)
    covariance = np.array([float((centred[: count - lag] * centred[lag:]).sum()) / count for lag in range(lags + 1)])
    if covariance[0] <= 0:
        return 1.0
    reach = min(2 * _last_lag(covariance / covariance[0], count), lags)
    shifts = np.arange(-reach, reach + 1)
    flat_top = np.minimum(1.0, 2 * (1 - np.abs(shifts) / reach)) if reach else np.ones(1)
    around = covariance[np.abs(shifts)]
    slope = float((flat_top * np.abs(shifts) * around).sum())
    level = float((flat_top * around).sum())
    if level == 0:
        return 1.0
    length = (2 * slope**2 / (2 * level**2)) ** (1 / 3) * count ** (1 / 3)
    return float(min(max(length, 1.0), math.ceil(min(3 * math.sqrt(count), count / 3))))


def _last_lag(correlation: Floats, count: int) -> int:
    """Return the last lag before correlations stay insignificant for a while (Politis and White, section 3.2)."""
    wait = max(5, int(math.sqrt(math.log10(count))))
    small = np.abs(correlation[1:]) < 2 * math.sqrt(math.log10(count) / count)
    for lag in range(len(small) - wait + 1):
        if small[lag : lag + wait].all():
            return max(lag, 1)
    significant = np.flatnonzero(~small)
    return int(significant[-1]) + 1 if len(significant) else 1


def stationary_rows(count: int, *, samples: int, length: float, seed: int) -> Ints:
    """Return row numbers of shape (samples, count): blocks of geometric length that run on over the end."""
    random = np.random.default_rng(seed)
    rows = random.integers(0, count, size=(samples, count))
    starts = random.random((samples, count)) < 1 / max(length, 1.0)
    starts[:, 0] = True
    position = np.arange(count)
    begun = np.maximum.accumulate(np.where(starts, position, 0), axis=1)
    first: Ints = np.take_along_axis(rows, begun, axis=1)
    return (first + position - begun) % count


def interval(values: Floats, *, level: float = 0.9) -> tuple[float, float]:
    """Return the percentile interval of what the samples gave."""
    tail = (1 - level) / 2
    low, high = np.quantile(values, [tail, 1 - tail])
    return float(low), float(high)


def of_returns(returns: Floats, *, samples: int = 1_000, level: float = 0.9, seed: int = 0) -> dict[str, Any]:
    """Return intervals of return (percent), Sharpe ratio of a bar and largest drawdown (percent, negative)."""
    length = block_length(returns)
    # A fund of a million bars and a thousand samples would not fit into memory.
    samples = max(100, min(samples, 20_000_000 // max(len(returns), 1)))
    drawn = returns[stationary_rows(len(returns), samples=samples, length=length, seed=seed)]
    wealth = np.cumprod(1 + drawn, axis=1)
    peaks = np.maximum(np.maximum.accumulate(wealth, axis=1), 1.0)
    spread = drawn.std(axis=1, ddof=1)
    with np.errstate(all="ignore"):
        sharpe = np.where(spread > 0, drawn.mean(axis=1) / spread, 0.0)
    figures = {
        "return_pct": (wealth[:, -1] - 1) * 100,
        "sharpe_per_bar": sharpe,
        "max_drawdown_pct": (wealth / peaks - 1).min(axis=1) * 100,
    }
    return {
        "block_length": length,
        "samples": samples,
        "level": level,
        "intervals": {name: list(interval(values, level=level)) for name, values in figures.items()},
    }
