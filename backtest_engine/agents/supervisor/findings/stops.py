"""A stop that stands within what the price moves on any bar, and takes trades out that would have recovered."""

from collections.abc import Iterator

import numpy as np

from backtest_engine.agents.supervisor.records import Finding
from backtest_engine.agents.supervisor.situation import Floats, Situation, percent, t_of

FEWEST = 8
NEAR_ATR, OFTEN = 1.25, 0.35


def find(situation: Situation) -> Iterator[Finding]:
    """Yield `stop_too_near`."""
    stopped = situation.stopped
    if stopped.sum() < FEWEST:
        return
    share = float(stopped.mean())
    distance = distances(situation)[stopped]
    near = float(np.median(distance / np.maximum(situation.atr[situation.signal][stopped], 1e-9)))
    bars, recovered, t = _recovery(situation)
    close_by = near < NEAR_ATR and share >= OFTEN
    if not (close_by or (share >= OFTEN and t > 3.0)):
        return
    yield Finding(
        code="stop_too_near",
        severity="high" if close_by or t > 3.0 else "medium",
        sentence=f"{percent(share):.0f} % of the trades were stopped, by a stop {near:.1f} times the ATR away; "
        f"{percent(recovered):.0f} % of those were "
        f"back at their entry within {bars} bars.",
        figures={
            "stopped_pct": percent(share),
            "distance_atr": near,
            "distance_pct": percent(np.median(distance)),
            "recovered_pct": percent(recovered),
            "bars": bars,
            "t": t,
        },
        strength=10.0 + min(10 * share + max(t, 0.0), 20.0),
        could=("stops",),
    )


def distances(situation: Situation) -> Floats:
    """Return how far each trade's stop stood from its entry, as a fraction; where it was hit, for those it was not."""
    placed = [trade.stop_loss for trade in situation.result.trades]
    given = np.array([stop if stop else np.nan for stop in placed], dtype=np.float64)
    found = np.abs(given / situation.entry_price - 1)
    return np.where(np.isfinite(found), found, np.abs(situation.gross))


def _recovery(situation: Situation) -> tuple[int, float, float]:
    """Return how many of the stopped trades came back to their entry within the usual time, and t of what followed."""
    stopped = situation.stopped
    others = situation.held[~stopped]
    bars = max(5, int(np.median(others)) if len(others) else 0, 2 * int(np.median(situation.held)))
    high, low = situation.column("High"), situation.column("Low")
    back = []
    rows = np.flatnonzero(stopped)
    for row in rows:
        later = slice(situation.exit[row] + 1, situation.exit[row] + 1 + bars)
        price = situation.entry_price[row]
        reached = (high[later] >= price).any() if situation.side[row] > 0 else (low[later] <= price).any()
        back.append(bool(reached))
    after = situation.ahead(bars, after=situation.exit)[stopped]
    return bars, float(np.mean(back)), t_of(after)
