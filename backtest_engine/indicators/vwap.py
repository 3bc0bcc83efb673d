"""Rolling volume-weighted average price."""

import numpy as np
import talib

from backtest_engine.indicators.definition import define, period
from backtest_engine.registry import Array


def _vwap(high: Array, low: Array, close: Array, volume: Array, *, period: int) -> Array:
    traded = talib.SUM((high + low + close) / 3.0 * volume, period)
    total = talib.SUM(volume, period)
    # A running sum may not come back to exactly zero, so bars with volume are counted, not weighed.
    active = talib.SUM((volume > 0).astype(np.float64), period)
    result = np.full(len(close), np.nan)
    np.divide(traded, total, out=result, where=active > 0)
    return result


VWAP = define(
    _vwap,
    name="vwap",
    title="Rolling volume-weighted average price",
    inputs=("High", "Low", "Close", "Volume"),
    outputs=("vwap",),
    parameters=(period(20),),
    aliases=("volume weighted average price", "volume-weighted average price", "rolling vwap", "moving vwap"),
    group="volume",
    overlay=True,
    source="Sum of typical price * volume over the sum of volume; NaN where no bar of the window had any volume.",
    lookback=lambda period: period - 1,
)
