"""Volatility of returns."""

import math

import talib

from backtest_engine.indicators.definition import define, period
from backtest_engine.registry import Array, Parameter


def _volatility(close: Array, *, period: int, bars_per_year: int) -> Array:
    sample = math.sqrt(period / (period - 1) * bars_per_year)
    return talib.STDDEV(talib.ROCP(close, 1), period, 1.0) * sample


VOLATILITY_OF_RETURNS = define(
    _volatility,
    name="volatility",
    title="Standard deviation of returns",
    inputs=("Close",),
    outputs=("volatility",),
    parameters=(
        period(20, description="number of returns"),
        Parameter(
            name="bars_per_year", default=1, minimum=1, maximum=1_000_000, description="252 annualises daily bars"
        ),
    ),
    aliases=(
        "historical volatility",
        "realized volatility",
        "realised volatility",
        "standard deviation of returns",
        "stddev of returns",
    ),
    group="volatility",
    source="Sample standard deviation of the last `period` one-bar returns, times sqrt(bars_per_year); a fraction.",
    lookback=lambda period, bars_per_year: period,
)
