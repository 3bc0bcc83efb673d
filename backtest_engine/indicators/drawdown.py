"""Distance below the highest value so far."""

import numpy as np

from backtest_engine.indicators.definition import define
from backtest_engine.registry import Array


def _drawdown(close: Array) -> Array:
    highest = np.maximum.accumulate(close)
    result = np.full(len(close), np.nan)
    np.divide(close, highest, out=result, where=highest > 0)
    return 100.0 * (result - 1.0)


DRAWDOWN = define(
    _drawdown,
    name="drawdown",
    title="Drawdown of the price, percent",
    inputs=("Close",),
    outputs=("drawdown",),
    aliases=("percent below the all-time high", "drawdown from high"),
    group="statistics",
    value_range=(-100.0, 0.0),
    source="100 * (x[t] / highest x so far - 1).",
)
