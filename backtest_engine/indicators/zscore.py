"""Rolling z-score."""

import numpy as np
import talib

from backtest_engine.indicators.definition import define, period
from backtest_engine.registry import Array


def _zscore(close: Array, *, period: int) -> Array:
    deviation = talib.STDDEV(close, period, 1.0)
    result = np.full(len(close), np.nan)
    np.divide(close - talib.SMA(close, period), deviation, out=result, where=deviation > 0)
    return result


ZSCORE = define(
    _zscore,
    name="zscore",
    title="Rolling z-score",
    inputs=("Close",),
    outputs=("zscore",),
    parameters=(period(20),),
    aliases=("z-score", "z score", "standard score"),
    group="statistics",
    source="(x - mean) / population standard deviation of the last `period` values; NaN where they are all equal.",
    lookback=lambda period: period - 1,
)
