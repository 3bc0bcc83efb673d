"""A few losses, without a stop, that take all that the other trades earned."""

from collections.abc import Iterator

import numpy as np

from backtest_engine.agents.supervisor.records import Finding
from backtest_engine.agents.supervisor.situation import Situation, percent

FEWEST, FEW = 12, 0.06


def find(situation: Situation) -> Iterator[Finding]:
    """Yield `few_losses_take_all`."""
    if situation.count < FEWEST:
        return
    count = max(1, round(FEW * situation.count))
    order = np.argsort(situation.returns)
    worst, others = situation.returns[order[:count]], situation.returns[order[count:]]
    stopped = (
        all(side.stopped for side in situation.sides.values()) if situation.sides else bool(situation.stopped.any())
    )
    earned, lost = float(others.sum()), -float(worst.sum())
    typical = float(np.median(np.abs(others)))
    if stopped or earned <= 0 or lost < 0.5 * earned or float(-worst.max()) < 3 * typical:
        return
    yield Finding(
        code="few_losses_take_all",
        severity="high" if lost > 0.7 * earned else "medium",
        sentence=f"{count} of {situation.count} trades lost {percent(lost)} % of their size together and took "
        f"{percent(min(lost / earned, 9.99)):.0f} % of "
        f"what the others earned; nothing stops a loss, the largest was {percent(-worst.min())} %.",
        figures={
            "trades": count,
            "lost_pct": percent(lost),
            "earned_pct": percent(earned),
            "largest_loss_pct": percent(-worst.min()),
            "typical_pct": percent(typical),
        },
        strength=8.0 + min(5 * lost / earned, 15.0),
        could=("stops",),
    )
