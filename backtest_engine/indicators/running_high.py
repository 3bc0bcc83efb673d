"""Highest value so far."""

import numpy as np

from backtest_engine.indicators.definition import define
from backtest_engine.registry import Array


def _running_high(close: Array) -> Array:
    highest: Array = np.maximum.accumulate(close)
    return highest


RUNNING_HIGH = define(
    _running_high,
    name="running_high",
    title="Highest value so far",
    inputs=("Close",),
    outputs=("running_high",),
    aliases=("all time high", "all-time high", "highest so far", "running maximum"),
    group="statistics",
    overlay=True,
    source="Highest value since the first bar, this one included.",
)
