"""Stochastic oscillator."""

from typing import Any

import talib

from backtest_engine.indicators.definition import define, period
from backtest_engine.registry import Array

_SIMPLE: Any = 0  # TA-Lib's code for a simple moving average


def _stochastic(
    high: Array, low: Array, close: Array, *, k_period: int, d_period: int, smoothing: int
) -> tuple[Array, Array]:
    k, d = talib.STOCH(high, low, close, k_period, smoothing, _SIMPLE, d_period, _SIMPLE)
    return k, d


STOCHASTIC = define(
    _stochastic,
    name="stochastic",
    title="Stochastic oscillator",
    inputs=("High", "Low", "Close"),
    outputs=("k", "d"),
    parameters=(
        period(14, name="k_period", minimum=1, description="bars of the high-low range"),
        period(3, name="d_period", minimum=1, description="bars of the mean of %K"),
        period(3, name="smoothing", minimum=1, description="bars that smooth %K; 1 is the fast stochastic"),
    ),
    aliases=("stochastic oscillator", "stochastics", "stoch", "slow stochastic"),
    group="momentum",
    talib="STOCH",
    value_range=(0.0, 100.0),
    source=(
        "Lane: %K = 100 * (close - lowest low) / (highest high - lowest low) over k_period bars, smoothed by "
        "SMA(smoothing); %D = SMA(%K, d_period)."
    ),
    lookback=lambda k_period, d_period, smoothing: k_period + smoothing + d_period - 3,
)
