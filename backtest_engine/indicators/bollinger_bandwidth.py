"""Width of the Bollinger Bands."""

import numpy as np
import talib

from backtest_engine.indicators.definition import define, period
from backtest_engine.registry import Array, Parameter


def _bandwidth(close: Array, *, period: int, deviations: float) -> Array:
    middle = talib.SMA(close, period)
    result = np.full(len(close), np.nan)
    np.divide(2.0 * talib.STDDEV(close, period, deviations), middle, out=result, where=middle > 0)
    return result


BOLLINGER_BANDWIDTH = define(
    _bandwidth,
    name="bollinger_bandwidth",
    title="Bollinger BandWidth",
    inputs=("Close",),
    outputs=("bandwidth",),
    parameters=(
        period(20),
        Parameter(name="deviations", default=2.0, minimum=0.0, maximum=100.0, description="band width in deviations"),
    ),
    aliases=("bandwidth", "bollinger width", "bollinger band width"),
    group="volatility",
    source="Bollinger (2001): (upper - lower) / middle; a fraction.",
    lookback=lambda period, deviations: period - 1,
)
