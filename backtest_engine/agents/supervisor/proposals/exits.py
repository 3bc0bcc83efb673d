"""Leaving when trades usually are at their best, and staying where the price usually goes on."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from backtest_engine.agents.supervisor.edits import sides_changed
from backtest_engine.agents.supervisor.records import Finding, Proposal
from backtest_engine.agents.supervisor.situation import Situation, percent
from backtest_engine.spec import AtrDistance, PercentDistance, StrategySpec, TrailingStop


def late(finding: Finding, situation: Situation) -> Iterator[Proposal]:
    """Yield an end after the bars in which trades earned, a target, and a stop that follows."""
    bars = int(finding.figures["bars"])
    spec = sides_changed(
        situation.rules, lambda _, side: {"max_bars": min(bars, side.max_bars or bars), "max_bars_unit": None}
    )
    if spec is not None:
        yield Proposal(
            kind="exits",
            finding=finding.code,
            reason=f"Trades earn in their first {bars} bars and lose after them (t = {finding.figures['t']:.1f}).",
            expected=f"What is lost after bar {bars} is kept.",
            spec=spec,
            words=f"sold after {bars} bars at the latest",
        )
    favourable = situation.excursions[1]
    target = percent(float(np.quantile(favourable, 0.5)))
    if target > percent(2 * situation.costs):
        yield from _one(
            situation.rules,
            {"take_profit": PercentDistance(percent=target)},
            Proposal(
                kind="exits",
                finding=finding.code,
                reason=f"Half of the trades were ahead by {target} % or more at some time; they ended with "
                f"{percent(situation.gross.mean())} % on average.",
                expected=f"Half of the trades end with {target} %.",
                spec=situation.rules,
                words=f"take profit {target} %",
            ),
        )
    yield from _one(
        situation.rules,
        {"trailing_stop": TrailingStop(distance=AtrDistance(multiple=3.0), anchor="high")},
        Proposal(
            kind="stops",
            finding=finding.code,
            reason=f"Trades gave back {finding.figures['gave_back_pct']:g} % from their best price.",
            expected="A trade gives back no more than 3 times the ATR.",
            spec=situation.rules,
            words="a stop that trails by 3 times the ATR",
        ),
    )


def early(finding: Finding, situation: Situation) -> Iterator[Proposal]:
    """Yield a target that is further away, or none, and a holding time as long as the price goes on."""
    bars = int(finding.figures["bars"]) + int(np.median(situation.held))
    missed = float(finding.figures["missed_pct"])
    reason = f"The price goes on by {missed:g} % in the {finding.figures['bars']} bars after an exit."
    taken = np.mean([exit_reason == "take_profit" for exit_reason in situation.reasons])
    shown: list[tuple[dict[str, Any], str, bool]] = []
    if taken >= 0.3:
        wider = percent(situation.gross[situation.finished & ~situation.stopped].mean() + missed / 100)
        shown.append(({"take_profit": PercentDistance(percent=wider)}, f"take profit {wider} %", False))
        shown.append(({"take_profit": None}, "no take profit", True))
    shown.append(
        (
            {"exit": None, "take_profit": None, "max_bars": bars, "max_bars_unit": None},
            f"sold after {bars} bars and not before",
            True,
        )
    )
    for fields, words, drops in shown:
        yield from _one(
            situation.rules,
            fields,
            Proposal(
                kind="exits",
                finding=finding.code,
                reason=reason,
                expected=f"Trades earn up to {missed:g} % more.",
                spec=situation.rules,
                words=words,
                changes_meaning=drops,
            ),
        )


def _one(spec: StrategySpec, fields: dict[str, Any], asked: Proposal) -> Iterator[Proposal]:
    found = sides_changed(spec, lambda *_: fields)
    if found is not None and found != spec:
        yield Proposal(**{**{name: getattr(asked, name) for name in asked.__dataclass_fields__}, "spec": found})
