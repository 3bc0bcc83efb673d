"""Moving average convergence/divergence."""

import numpy as np
import talib

from backtest_engine.indicators.definition import define, period
from backtest_engine.indicators.numerics import ema, settled
from backtest_engine.registry import Array


def _macd(close: Array, *, fast: int, slow: int, signal: int) -> tuple[Array, Array, Array]:
    if fast >= slow:
        raise ValueError(f"macd(): fast ({fast}) must be shorter than slow ({slow})")
    line, average, histogram = talib.MACD(close, fast, slow, signal)
    # TA-Lib starts its averages differently. It computes what comes after both ways of starting have become one.
    head = close[: slow + settled(slow) + settled(signal)]
    line[: len(head)], average[: len(head)] = _from_first_value(head, fast, slow, signal)
    histogram[: len(head)] = line[: len(head)] - average[: len(head)]
    return line, average, histogram


def _from_first_value(close: Array, fast: int, slow: int, signal: int) -> tuple[Array, Array]:
    line = ema(close, fast) - ema(close, slow)
    average = np.full(len(close), np.nan)
    average[slow - 1 :] = ema(line[slow - 1 :], signal)
    line[: slow + signal - 2] = np.nan
    return line, average


MACD = define(
    _macd,
    name="macd",
    title="Moving average convergence/divergence",
    inputs=("Close",),
    outputs=("macd", "signal", "histogram"),
    parameters=(
        period(12, name="fast", description="bars of the faster EMA"),
        period(26, name="slow", description="bars of the slower EMA"),
        period(9, name="signal", minimum=1, description="bars of the EMA of the line"),
    ),
    aliases=("moving average convergence divergence", "moving average convergence/divergence"),
    group="momentum",
    talib="MACD",
    source=(
        "Appel: macd = EMA(fast) - EMA(slow), signal = EMA(macd, signal), histogram = macd - signal; each EMA starts "
        "from its first value, and all three lines are shown once the signal has its warm-up behind it."
    ),
    lookback=lambda fast, slow, signal: slow + signal - 2,
)
