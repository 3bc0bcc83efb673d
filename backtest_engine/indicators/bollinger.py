"""Bollinger Bands."""

from typing import Any

import talib

from backtest_engine.indicators.definition import define, period
from backtest_engine.registry import Array, Parameter

_SIMPLE: Any = 0  # TA-Lib's code for a simple moving average


def _bollinger(close: Array, *, period: int, deviations: float) -> tuple[Array, Array, Array]:
    upper, middle, lower = talib.BBANDS(close, period, deviations, deviations, _SIMPLE)
    return upper, middle, lower


BOLLINGER = define(
    _bollinger,
    name="bollinger",
    title="Bollinger Bands",
    inputs=("Close",),
    outputs=("upper", "middle", "lower"),
    parameters=(
        period(20),
        Parameter(name="deviations", default=2.0, minimum=0.0, maximum=100.0, description="band width in deviations"),
    ),
    aliases=("bollinger bands", "bollinger band", "bbands", "bb"),
    group="volatility",
    talib="BBANDS",
    overlay=True,
    source=(
        "Bollinger, Bollinger on Bollinger Bands (2001): middle = SMA(period), upper and lower = middle ± deviations * "
        "population standard deviation of the last `period` values."
    ),
    lookback=lambda period, deviations: period - 1,
)
