"""Entries in the markets alone in which trades have earned."""

from collections.abc import Iterator, Mapping

from backtest_engine.agents.supervisor.edits import SideName, with_filter
from backtest_engine.agents.supervisor.records import Finding, Proposal
from backtest_engine.agents.supervisor.situation import Situation
from backtest_engine.spec import Comparison, Condition, Indicator, Number, Price


def trend(finding: Finding, situation: Situation) -> Iterator[Proposal]:
    """Yield entries while the market rises alone, or falls alone."""
    rising = finding.figures["regime"] == "falls"
    bars = int(finding.figures["bars"])
    spec = with_filter(situation.rules, _beside_average(bars, rising))
    if spec is None:
        return
    kept = situation.count - int(finding.figures["trades"])
    word = "above" if rising else "below"
    yield Proposal(
        kind="filters",
        finding=finding.code,
        reason=finding.sentence,
        expected=f"About {kept} of {situation.count} trades stay, which made {finding.figures['others_pct']:g} % each.",
        spec=spec,
        words=f"entries only while the close is {word} SMA({bars})",
    )


def volatility(finding: Finding, situation: Situation) -> Iterator[Proposal]:
    """Yield entries in calm markets alone, or in wild ones."""
    wild = finding.figures["regime"] == "wild"
    limit = float(finding.figures["atr_pct"])
    natr = Indicator(name="natr", parameters={"period": 14})
    condition = Comparison(left=natr, relation="<" if wild else ">", right=Number(value=limit))
    spec = with_filter(situation.rules, condition)
    if spec is None:
        return
    yield Proposal(
        kind="filters",
        finding=finding.code,
        reason=finding.sentence,
        expected=f"The trades that stay made {finding.figures['others_pct']:g} % each.",
        spec=spec,
        words=f"entries only while the ATR(14) is {'below' if wild else 'above'} {limit:g} % of the price",
    )


def trend_filters(situation: Situation) -> Mapping[SideName, Condition]:
    """Return the condition that each side trades with the trend."""
    return {"long": _beside_average(situation.trend_bars, True), "short": _beside_average(situation.trend_bars, False)}


def _beside_average(bars: int, above: bool) -> Condition:
    average = Indicator(name="sma", parameters={"period": bars})
    return Comparison(left=Price(), relation=">" if above else "<", right=average)
