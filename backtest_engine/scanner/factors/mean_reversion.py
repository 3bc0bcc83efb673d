"""A price far from its average is expected back: RSI and the distance to the middle of the Bollinger bands."""

import numpy as np
import talib

from backtest_engine.scanner.factors.base import ClosedBars, Factor, Reading, squashed

RSI, BAND = 14, 20
LOOKBACK = 10 * RSI


def measure(bars: ClosedBars) -> Reading | None:
    """Return minus the mean of (RSI 14 - 50) / 50 and tanh of the distance to SMA 20 in deviations."""
    rsi = talib.RSI(bars.close, RSI)[-1]
    window = bars.close[-BAND:]
    deviation = window.std()
    if not deviation > 0:
        return None
    distance = (bars.close[-1] - window.mean()) / deviation
    value = -float(np.mean([(rsi - 50.0) / 50.0, squashed(distance, 2.0)]))
    side = "above" if distance >= 0 else "below"
    reason = f"RSI({RSI}) is {rsi:.0f}, and the price {abs(distance):.1f} deviations {side} SMA({BAND})"
    return Reading(value=value, reason=reason)


MEAN_REVERSION = Factor(name="mean_reversion", title="Mean reversion", lookback=LOOKBACK, measure=measure)
