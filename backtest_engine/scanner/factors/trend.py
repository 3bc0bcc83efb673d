"""Where the average of 20 bars stands above or below that of 50, in average true ranges, and which way it goes."""

import talib

from backtest_engine.scanner.factors.base import ClosedBars, Factor, Reading, squashed

FAST, SLOW, RANGE = 20, 50, 14
LOOKBACK = 4 * SLOW


def measure(bars: ClosedBars) -> Reading | None:
    """Return tanh of (EMA 20 - EMA 50) / ATR 14."""
    fast = talib.EMA(bars.close, FAST)[-1]
    slow = talib.EMA(bars.close, SLOW)[-1]
    span = talib.ATR(bars.high, bars.low, bars.close, RANGE)[-1]
    if not span > 0:
        return None
    distance = (fast - slow) / span
    side = "above" if distance >= 0 else "below"
    reason = f"EMA({FAST}) is {abs(distance):.2f} average true ranges {side} EMA({SLOW})"
    return Reading(value=squashed(distance, 2.0), reason=reason)


TREND = Factor(name="trend", title="Trend", lookback=LOOKBACK, measure=measure)
