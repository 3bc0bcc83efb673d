"""A profit that comes from a handful of trades."""

from collections.abc import Iterator

import numpy as np

from backtest_engine.agents.supervisor.records import Finding
from backtest_engine.agents.supervisor.situation import Situation, percent

BEST = 5


def find(situation: Situation) -> Iterator[Finding]:
    """Yield `concentration`."""
    total = float(situation.pnl.sum()) if situation.count else 0.0
    if situation.count < 4 * BEST or total <= 0:
        return
    best = float(np.sort(situation.pnl)[-BEST:].sum())
    if best < 0.8 * total:
        return
    yield Finding(
        code="concentration",
        severity="medium" if best >= total else "low",
        sentence=f"The best {BEST} of {situation.count} trades made {percent(best / total):.0f} % of the profit: "
        f"without them there is " + ("none." if best >= total else "little."),
        figures={"best_trades": BEST, "share_pct": percent(best / total), "profit": total},
        strength=min(best / total, 5.0),
    )
