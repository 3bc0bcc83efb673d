"""Where the price is in the Bollinger Bands."""

import numpy as np
import talib

from backtest_engine.indicators.definition import define, period
from backtest_engine.registry import Array, Parameter


def _percent_b(close: Array, *, period: int, deviations: float) -> Array:
    width = 2.0 * talib.STDDEV(close, period, deviations)
    lower = talib.SMA(close, period) - width / 2.0
    result = np.full(len(close), np.nan)
    np.divide(close - lower, width, out=result, where=width > 0)
    return result


BOLLINGER_PERCENT_B = define(
    _percent_b,
    name="bollinger_percent_b",
    title="Bollinger %b",
    inputs=("Close",),
    outputs=("percent_b",),
    parameters=(
        period(20),
        Parameter(name="deviations", default=2.0, minimum=0.01, maximum=100.0, description="band width in deviations"),
    ),
    aliases=("%b", "percent b", "bollinger %b"),
    group="volatility",
    source="Bollinger (2001): (x - lower) / (upper - lower): 0 at the lower band, 1 at the upper.",
    lookback=lambda period, deviations: period - 1,
)
