"""Simple return."""

import talib

from backtest_engine.indicators.definition import define, period
from backtest_engine.registry import Array


def _returns(close: Array, *, period: int) -> Array:
    return talib.ROCP(close, period)


RETURNS = define(
    _returns,
    name="returns",
    title="Return, fraction",
    inputs=("Close",),
    outputs=("returns",),
    parameters=(period(1, minimum=1),),
    aliases=("simple return", "percentage return"),
    group="statistics",
    source="x[t] / x[t - period] - 1.",
    lookback=lambda period: period,
)
