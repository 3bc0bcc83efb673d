"""Keltner channel."""

import talib

from backtest_engine.indicators.definition import define, period
from backtest_engine.indicators.numerics import ema
from backtest_engine.registry import Array, Parameter


def _keltner(
    high: Array, low: Array, close: Array, *, period: int, multiplier: float, atr_period: int
) -> tuple[Array, Array, Array]:
    middle = ema(close, period)
    width = multiplier * talib.ATR(high, low, close, atr_period)
    return middle + width, middle, middle - width


KELTNER = define(
    _keltner,
    name="keltner",
    title="Keltner channel",
    inputs=("High", "Low", "Close"),
    outputs=("upper", "middle", "lower"),
    parameters=(
        period(20, minimum=1, description="bars of the EMA"),
        Parameter(name="multiplier", default=2.0, minimum=0.0, maximum=100.0, description="width in ATRs"),
        period(10, name="atr_period", minimum=1, description="bars of the ATR"),
    ),
    aliases=("keltner channel", "keltner channels", "kc"),
    group="volatility",
    overlay=True,
    source="Raschke's form of Keltner (1960): EMA of the close ± multiplier * ATR.",
    lookback=lambda period, multiplier, atr_period: max(period - 1, atr_period),
)
