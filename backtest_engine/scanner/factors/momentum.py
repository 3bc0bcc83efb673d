"""The return over 10 bars, measured in what the market usually moves in 10 bars."""

import numpy as np

from backtest_engine.scanner.factors.base import ClosedBars, Factor, Reading, squashed

BARS, USUAL = 10, 100


def measure(bars: ClosedBars) -> Reading | None:
    """Return tanh of the 10-bar log return over its usual size, the deviation of a bar's return times sqrt(10)."""
    if not bars.close.min() > 0:
        return None
    returns = np.diff(np.log(bars.close))
    usual = returns[-USUAL:].std(ddof=1) * np.sqrt(BARS)
    if not usual > 0:
        return None
    moved = returns[-BARS:].sum()
    way = "rose" if moved >= 0 else "fell"
    reason = f"the price {way} {abs(np.expm1(moved)):.1%} in {BARS} bars, {abs(moved) / usual:.1f} times its usual move"
    return Reading(value=squashed(moved / usual, 1.5), reason=reason)


MOMENTUM = Factor(name="momentum", title="Momentum", lookback=USUAL + 1, measure=measure)
