"""Exponential moving average."""

from backtest_engine.indicators.definition import define, period
from backtest_engine.indicators.numerics import ema
from backtest_engine.registry import Array


def _ema(close: Array, *, period: int) -> Array:
    return ema(close, period)


EMA = define(
    _ema,
    name="ema",
    title="Exponential moving average",
    inputs=("Close",),
    outputs=("ema",),
    parameters=(period(None, minimum=1),),
    aliases=("exponential moving average", "exponential ma", "exponentially weighted moving average"),
    group="trend",
    talib="EMA",
    overlay=True,
    source=(
        "EMA[t] = EMA[t-1] + 2 / (period + 1) * (x[t] - EMA[t-1]), starting from the first value; the first period - 1 "
        "values are its warm-up. As pandas' ewm(span, adjust=False) and TradingView; TA-Lib EMA starts from a mean."
    ),
    lookback=lambda period: period - 1,
)
