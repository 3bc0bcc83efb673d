"""Compound annual growth rate."""

import numpy as np
import talib

from backtest_engine.indicators.definition import define, period
from backtest_engine.registry import Array, Parameter


def _cagr(close: Array, *, period: int, bars_per_year: int) -> Array:
    ratio = talib.ROCR(close, period)
    # A short period with many bars a year grows beyond any float; infinity says so.
    with np.errstate(over="ignore"):
        growth: Array = np.power(ratio, bars_per_year / period, out=np.full(len(close), np.nan), where=ratio > 0)
    return growth - 1.0


CAGR = define(
    _cagr,
    name="cagr",
    title="Compound annual growth rate",
    inputs=("Close",),
    outputs=("cagr",),
    parameters=(
        period(None, minimum=1),
        Parameter(name="bars_per_year", default=252, minimum=1, maximum=1_000_000, description="252 for daily bars"),
    ),
    aliases=("compound annual growth rate", "compound growth rate", "annualized return", "annualised return"),
    group="momentum",
    source="(x[t] / x[t - period]) ** (bars_per_year / period) - 1; a fraction.",
    lookback=lambda period, bars_per_year: period,
)
