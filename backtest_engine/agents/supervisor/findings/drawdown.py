"""A fall of the account that few people would have sat through, or that its return does not pay for."""

from collections.abc import Iterator

import numpy as np

from backtest_engine.agents.supervisor.records import Finding
from backtest_engine.agents.supervisor.situation import Situation

DEEP, VERY_DEEP = 30.0, 50.0


def find(situation: Situation) -> Iterator[Finding]:
    """Yield `drawdown`."""
    fall, held = -situation.metric("max_drawdown_pct"), _of_holding(situation)
    ruined = any(notice.code == "wiped_out" for notice in situation.result.warnings)
    if fall < DEEP and not ruined:
        return
    a_year = situation.metric("return_ann_pct")
    leverage = 1 / situation.result.broker.margin
    yield Finding(
        code="drawdown",
        severity="high" if fall >= VERY_DEEP or ruined else "medium",
        sentence=f"The account fell by {fall:.0f} % at worst (holding: {held:.0f} %), for {a_year:+.1f} % a year"
        + (f" with a leverage of up to {leverage:g}." if leverage > 1 else "."),
        figures={
            "max_drawdown_pct": -fall,
            "holding_drawdown_pct": -held,
            "return_ann_pct": a_year,
            "leverage": leverage,
        },
        strength=fall / 5 + (10.0 if leverage > 1 and fall > held else 0.0),
        could=("sizing", "stops"),
    )


def _of_holding(situation: Situation) -> float:
    close = situation.close[situation.first :]
    return 100 * float((1 - close / np.maximum.accumulate(close)).max())
