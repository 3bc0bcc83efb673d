"""Relative strength index."""

import talib

from backtest_engine.indicators.definition import define, period
from backtest_engine.registry import Array


def _rsi(close: Array, *, period: int) -> Array:
    return talib.RSI(close, period)


RSI = define(
    _rsi,
    name="rsi",
    title="Relative strength index",
    inputs=("Close",),
    outputs=("rsi",),
    parameters=(period(14),),
    aliases=("relative strength index", "relative strength"),
    group="momentum",
    talib="RSI",
    value_range=(0.0, 100.0),
    source=(
        "Wilder, New Concepts in Technical Trading Systems (1978): 100 * gain / (gain + loss), where gain and loss are "
        "Wilder averages (smoothing 1 / period) of the rises and falls, seeded with the mean of the first `period`."
    ),
    lookback=lambda period: period,
)
