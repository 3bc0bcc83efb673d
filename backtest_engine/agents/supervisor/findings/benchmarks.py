"""Less than buying and holding, or than entries at random times, would have made."""

import math
from collections.abc import Iterator

import numpy as np

from backtest_engine.agents.supervisor.records import Finding
from backtest_engine.agents.supervisor.situation import Situation
from backtest_engine.research.significance import permuted
from backtest_engine.research.statistics.sharpe import moments


def find(situation: Situation) -> Iterator[Finding]:
    """Yield `worse_than_buy_and_hold`, `worse_than_random_entries`."""
    if situation.count == 0:
        return
    yield from _holding(situation)
    yield from _random(situation)


def _holding(situation: Situation) -> Iterator[Finding]:
    close = situation.close[situation.first :]
    held, own = moments(np.diff(close) / close[:-1]).sharpe or 0.0, moments(situation.bar_returns).sharpe or 0.0
    earned, holding = situation.metric("return_pct"), situation.metric("buy_hold_return_pct")
    if not (earned < holding and own < held and held > 0):
        return
    scale = math.sqrt(252)
    yield Finding(
        code="worse_than_buy_and_hold",
        severity="medium",
        sentence=f"Buying and holding returned {holding:+.1f} % with {held * scale:.2f} of return for each unit of "
        f"risk (Sharpe ratio of 252 bars), "
        f"the strategy {earned:+.1f} % with {own * scale:.2f}.",
        figures={
            "return_pct": earned,
            "buy_hold_return_pct": holding,
            "sharpe_per_bar": own,
            "buy_hold_sharpe_per_bar": held,
        },
        strength=2.0 + min((held - own) * scale, 5.0),
        could=("exits", "filters"),
    )


def _random(situation: Situation) -> Iterator[Finding]:
    found = permuted(situation.result, samples=500)
    if found is None or found.p <= 0.5 or situation.count < 5:
        return
    opposite = found.p > 0.975
    yield Finding(
        code="worse_than_random_entries",
        severity="high" if opposite else "medium",
        sentence=f"{100 * found.p:.0f} % of random entry times with the same holding times would have earned as "
        f"much or more"
        + (": so bad a timing is hardly chance, the signal seems to point the other way." if opposite else "."),
        figures={"p": found.p, "samples": found.samples},
        strength=3.0 + (10.0 if opposite else 0.0) * found.p,
        could=("sides", "filters") if opposite else ("filters",),
    )
