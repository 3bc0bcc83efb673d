"""Calm markets favour holding on, sudden unrest favours leaving: range of now against range of before."""

import numpy as np
import talib

from backtest_engine.scanner.factors.base import ClosedBars, Factor, Reading, squashed

SHORT, LONG = 10, 50
LOOKBACK = 100


def measure(bars: ClosedBars) -> Reading | None:
    """Return minus tanh of the log of the mean true range of 10 bars over that of 50."""
    ranges = talib.TRANGE(bars.high, bars.low, bars.close)
    short, long = ranges[-SHORT:].mean(), ranges[-LONG:].mean()
    if not (short > 0 and long > 0):
        return None
    ratio = short / long
    word = "wider" if ratio >= 1 else "narrower"
    reason = f"the range of {SHORT} bars is {abs(ratio - 1):.0%} {word} than that of {LONG}"
    return Reading(value=-squashed(float(np.log(ratio)), 0.5), reason=reason)


VOLATILITY = Factor(name="volatility", title="Volatility", lookback=LOOKBACK, measure=measure)
