"""Leaving out a side that loses, or turning a signal round that points the wrong way."""

from collections.abc import Iterator

from backtest_engine.agents.supervisor.edits import OTHER, SideName, swapped, with_filter, without_side
from backtest_engine.agents.supervisor.proposals.regimes import trend_filters
from backtest_engine.agents.supervisor.records import Finding, Proposal
from backtest_engine.agents.supervisor.situation import Situation


def one(finding: Finding, situation: Situation) -> Iterator[Proposal]:
    """Yield the other side alone, and the losing one with the trend alone."""
    name: SideName = "long" if finding.figures["side"] == "long" else "short"
    alone = without_side(situation.rules, name)
    if alone is not None:
        yield Proposal(
            kind="sides",
            finding=finding.code,
            reason=finding.sentence,
            expected=f"The {OTHER[name]} side alone made {finding.figures['other_pnl']:,.0f}.",
            spec=alone,
            words=f"{OTHER[name]} only",
            changes_meaning=True,
        )
    filtered = with_filter(situation.rules, trend_filters(situation), only=name)
    if filtered is not None:
        yield Proposal(
            kind="filters",
            finding=finding.code,
            reason=finding.sentence,
            expected=f"Fewer {name} trades against the market.",
            spec=filtered,
            words=f"{name} entries only with the trend of {situation.trend_bars} bars",
        )


def opposite(finding: Finding, situation: Situation) -> Iterator[Proposal]:
    """Yield the opposite trades where the signal points the wrong way beyond chance, and entries with the trend."""
    if finding.severity == "high" and (turned := swapped(situation.rules)) is not None:
        yield Proposal(
            kind="sides",
            finding=finding.code,
            reason=finding.sentence,
            expected="What was lost before costs is earned.",
            spec=turned,
            words="sells where it bought, and buys where it sold",
            changes_meaning=True,
        )
    filtered = with_filter(situation.rules, trend_filters(situation))
    if filtered is not None:
        yield Proposal(
            kind="filters",
            finding=finding.code,
            reason=finding.sentence,
            expected="Entries at times that are no worse than random ones.",
            spec=filtered,
            words=f"entries only with the trend of {situation.trend_bars} bars",
        )
