"""The close against the highest high and the lowest low of the 20 bars before it."""

import talib

from backtest_engine.scanner.factors.base import ClosedBars, Factor, Reading, squashed

BARS, RANGE = 20, 14
LOOKBACK = 100


def measure(bars: ClosedBars) -> Reading | None:
    """Return how far the close is outside the range, in average true ranges; inside, a small value by its place."""
    high, low = bars.high[-BARS - 1 : -1].max(), bars.low[-BARS - 1 : -1].min()
    span = talib.ATR(bars.high, bars.low, bars.close, RANGE)[-1]
    close = bars.close[-1]
    if not span > 0 or not high > low:
        return None
    if close > high:
        reason = f"the close is {(close - high) / span:.2f} average true ranges above the high of {BARS} bars"
        return Reading(value=0.3 + 0.7 * squashed(close - high, span), reason=reason)
    if close < low:
        reason = f"the close is {(low - close) / span:.2f} average true ranges below the low of {BARS} bars"
        return Reading(value=-0.3 - 0.7 * squashed(low - close, span), reason=reason)
    place = (close - low) / (high - low)
    reason = f"the close is within the range of {BARS} bars, {place:.0%} of the way up"
    return Reading(value=0.3 * (2.0 * place - 1.0), reason=reason)


BREAKOUT = Factor(name="breakout", title="Breakout", lookback=LOOKBACK, measure=measure)
