"""Relative strength index with simple averages."""

import numpy as np
import talib

from backtest_engine.indicators.definition import define, period
from backtest_engine.registry import Array


def _cutler_rsi(close: Array, *, period: int) -> Array:
    change = np.diff(close, prepend=close[:1])
    gain = talib.SUM(np.maximum(change, 0.0)[1:], period)
    loss = talib.SUM(np.maximum(-change, 0.0)[1:], period)
    with np.errstate(all="ignore"):
        moved = np.where(gain + loss > 1e-12 * close[1:], 100.0 * gain / (gain + loss), 50.0)
    moved[np.isnan(gain)] = np.nan
    bounded: Array = np.clip(np.concatenate([[np.nan], moved]), 0.0, 100.0)
    return bounded


CUTLER_RSI = define(
    _cutler_rsi,
    name="cutler_rsi",
    title="Cutler's RSI",
    inputs=("Close",),
    outputs=("cutler_rsi",),
    parameters=(period(14),),
    aliases=("simple rsi", "cutler rsi", "cutlers rsi"),
    group="momentum",
    value_range=(0.0, 100.0),
    source=(
        "Cutler: 100 * gain / (gain + loss), where gain and loss are the sums of the rises and falls of the last "
        "`period` bars; 50 where the price did not move."
    ),
    lookback=lambda period: period,
)
