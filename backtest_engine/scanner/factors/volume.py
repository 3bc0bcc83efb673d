"""Which way the volume went: signed volume of 20 bars as a share of all of it."""

import numpy as np

from backtest_engine.scanner.factors.base import ClosedBars, Factor, Reading

BARS = 20


def measure(bars: ClosedBars) -> Reading | None:
    """Return the volume of rising bars minus that of falling ones over all; None where the market states no volume."""
    volume = bars.volume[-BARS:]
    total = volume.sum()
    if not total > 0 or not np.isfinite(total):
        return None
    signs = np.sign(np.diff(bars.close[-BARS - 1 :]))
    balance = float((signs * volume).sum() / total)
    side = "rising" if balance >= 0 else "falling"
    return Reading(value=balance, reason=f"{side} bars lead by {abs(balance):.0%} of the volume of {BARS} bars")


VOLUME = Factor(name="volume", title="Volume", lookback=BARS + 1, measure=measure)
