"""Trading less, where costs take what trades earn."""

from collections.abc import Iterator

import numpy as np

from backtest_engine.agents.supervisor.edits import changed, longer, with_filter
from backtest_engine.agents.supervisor.proposals.regimes import trend_filters
from backtest_engine.agents.supervisor.records import Finding, Proposal
from backtest_engine.agents.supervisor.situation import Situation
from backtest_engine.spec import CoolDown


def propose(finding: Finding, situation: Situation) -> Iterator[Proposal]:
    """Yield a pause after each exit, slower indicators, and entries with the trend alone."""
    figures = finding.figures
    cost, gross = float(figures["cost_per_trade_pct"]), float(figures["gross_per_trade_pct"])
    said = f"A trade earns {gross:g} % before costs of {cost:g} %, on {situation.count} trades."
    factor = float(np.clip(round(4 * cost / max(gross, cost / 4)), 3, 8))
    slow = longer(situation.rules, factor)
    if slow is not None and slow != situation.rules:
        yield Proposal(
            kind="parameters",
            finding=finding.code,
            reason=f"{said} Slower signals come less often and move further.",
            expected=f"About a {1 / factor:.0%} of the trades, each with a larger move.",
            spec=slow,
            words=f"indicators {factor:g} times as long",
            changes_meaning=True,
        )
    pause = max(5, round(2 * float(figures["bars_per_trade"])))
    rested = None if situation.rules.reverse else changed(situation.rules, cool_down=CoolDown(bars=pause))
    if rested is not None and situation.rules.cool_down is None:
        yield Proposal(
            kind="filters",
            finding=finding.code,
            reason=f"{said} A pause of {pause} bars after each exit keeps it from trading every "
            f"{figures['bars_per_trade']:.0f} bars.",
            expected="Fewer trades, and less for costs.",
            spec=rested,
            words=f"a pause of {pause} bars after each exit",
        )
    filtered = with_filter(situation.rules, trend_filters(situation))
    if filtered is not None:
        yield Proposal(
            kind="filters",
            finding=finding.code,
            reason=f"{said} Entries with the trend of {situation.trend_bars} bars alone are fewer.",
            expected="About half of the trades.",
            spec=filtered,
            words=f"entries only with the trend of {situation.trend_bars} bars",
        )
