"""Exits that come too late or too early, by what prices did before and after them.

A loser is not yet an exit that is late: what is asked is whether trades earned in their first part and lost it in the
rest, more than chance would have it.
"""

from collections.abc import Iterator

import numpy as np

from backtest_engine.agents.supervisor.records import Finding
from backtest_engine.agents.supervisor.situation import Floats, Situation, percent, t_of

FEWEST = 12
# t values; several lengths are asked about, so two would be too little.
CLEAR = 3.0
PARTS = (0.125, 0.25, 0.5)


def find(situation: Situation) -> Iterator[Finding]:
    """Yield `exits_too_late`, `exits_too_early`."""
    if situation.count < FEWEST:
        return
    yield from _late(situation)
    yield from _early(situation)


def best_holding(situation: Situation) -> tuple[int, float, float, float]:
    """Return the bars after which trades lost most, t of what they made until then and of what they made after, and
    the mean of the latter."""
    held = situation.held
    usual = int(np.median(held))
    best = (0, 0.0, 0.0, 0.0)
    for bars in sorted({max(1, round(usual * part)) for part in PARTS}):
        longer = held > bars
        if longer.sum() < FEWEST or longer.mean() < 0.5:
            continue
        place = situation.entry[longer] + bars
        middle = situation.close[np.minimum(place, len(situation.close) - 1)]
        before = situation.side[longer] * (middle / situation.entry_price[longer] - 1)
        after = situation.side[longer] * (situation.exit_price[longer] / middle - 1)
        if t_of(after) < best[2]:
            best = (bars, t_of(before), t_of(after), float(after.mean()))
    return best


def _late(situation: Situation) -> Iterator[Finding]:
    against, favourable = situation.excursions
    bars, before, after, lost = best_holding(situation)
    gave_back = float(favourable.mean() - situation.gross.mean())
    if not (before > 2.0 and after < -CLEAR):
        return
    yield Finding(
        code="exits_too_late",
        severity="high",
        sentence=f"Trades were ahead by {percent(favourable.mean())} % at best and ended with "
        f"{percent(situation.gross.mean())} %: after the "
        f"first {bars} of {int(np.median(situation.held))} bars they lost {percent(-lost)} % on average (t = "
        f"{after:.1f}).",
        figures={
            "mfe_mean_pct": percent(favourable.mean()),
            "mae_mean_pct": percent(against.mean()),
            "gave_back_pct": percent(gave_back),
            "bars": bars,
            "t": after,
        },
        strength=min(-after, 30.0),
        could=("exits", "stops"),
    )


def _early(situation: Situation) -> Iterator[Finding]:
    own = situation.finished & ~situation.stopped
    if own.sum() < FEWEST:
        return
    usual = max(1, int(np.median(situation.held)))
    for bars in sorted({max(2, usual), max(5, 2 * usual), max(10, 4 * usual)}, reverse=True):
        after: Floats = situation.ahead(bars, after=situation.exit)[own]
        t = t_of(after)
        if t < CLEAR or float(np.nanmean(after)) < max(2 * situation.costs, 0.5 * float(situation.gross[own].mean())):
            continue
        more = float(np.nanmean(after))
        yield Finding(
            code="exits_too_early",
            severity="high" if more > abs(float(situation.gross[own].mean())) else "medium",
            sentence=f"In the {bars} bars after an exit the price went on by {percent(more)} % more than the market "
            f"usually does "
            f"(t = {t:.1f}); trades earned {percent(situation.gross[own].mean())} %.",
            figures={
                "bars": bars,
                "missed_pct": percent(more),
                "earned_pct": percent(situation.gross[own].mean()),
                "t": t,
            },
            strength=min(t, 30.0),
            could=("exits",),
        )
        return
