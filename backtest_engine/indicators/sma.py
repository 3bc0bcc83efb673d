"""Simple moving average."""

import talib

from backtest_engine.indicators.definition import define, period
from backtest_engine.registry import Array


def _sma(close: Array, *, period: int) -> Array:
    return talib.SMA(close, period)


SMA = define(
    _sma,
    name="sma",
    title="Simple moving average",
    inputs=("Close",),
    outputs=("sma",),
    parameters=(period(None, minimum=1),),
    aliases=("simple moving average", "moving average", "simple ma", "dma"),
    group="trend",
    talib="SMA",
    overlay=True,
    source="Mean of the last `period` values.",
    lookback=lambda period: period - 1,
)
