"""Chandelier exit."""

import talib

from backtest_engine.indicators.definition import define, period
from backtest_engine.registry import Array, Parameter


def _chandelier(high: Array, low: Array, close: Array, *, period: int, multiplier: float) -> tuple[Array, Array]:
    room = multiplier * talib.ATR(high, low, close, period)
    return talib.MAX(high, period) - room, talib.MIN(low, period) + room


CHANDELIER = define(
    _chandelier,
    name="chandelier",
    title="Chandelier exit",
    inputs=("High", "Low", "Close"),
    outputs=("long_stop", "short_stop"),
    parameters=(
        period(22),
        Parameter(name="multiplier", default=3.0, minimum=0.0, maximum=100.0, description="distance in ATRs"),
    ),
    aliases=("chandelier exit", "chandelier stop"),
    group="volatility",
    overlay=True,
    source="LeBeau: highest high - multiplier * ATR for longs, lowest low + multiplier * ATR for shorts.",
    lookback=lambda period, multiplier: period,
)
