"""Average true range."""

import talib

from backtest_engine.indicators.definition import define, period
from backtest_engine.registry import Array


def _atr(high: Array, low: Array, close: Array, *, period: int) -> Array:
    return talib.ATR(high, low, close, period)


ATR = define(
    _atr,
    name="atr",
    title="Average true range",
    inputs=("High", "Low", "Close"),
    outputs=("atr",),
    parameters=(period(14, minimum=1),),
    aliases=("average true range",),
    group="volatility",
    talib="ATR",
    source=(
        "Wilder, New Concepts in Technical Trading Systems (1978): Wilder average (smoothing 1 / period) of the true "
        "range, seeded with the mean of its first `period` values."
    ),
    lookback=lambda period: period,
)
