"""Limits for a loss, and for what is at stake."""

from collections.abc import Iterator

from backtest_engine.agents.supervisor.edits import changed, sides_changed
from backtest_engine.agents.supervisor.proposals.stops import of_winners
from backtest_engine.agents.supervisor.records import Finding, Proposal
from backtest_engine.agents.supervisor.situation import Situation
from backtest_engine.spec import AtrDistance, FractionSize, VolatilitySize

WANTED_DRAWDOWN = 20.0


def few(finding: Finding, situation: Situation) -> Iterator[Proposal]:
    """Yield a stop that most winners never came near."""
    yield from _stops(finding, situation)


def deep(finding: Finding, situation: Situation) -> Iterator[Proposal]:
    """Yield a smaller size, one that follows the volatility, and a stop where there is none."""
    fall = -float(finding.figures["max_drawdown_pct"])
    leverage = float(finding.figures["leverage"])
    now = situation.rules.sizing
    fraction = (now.fraction if isinstance(now, FractionSize) else 1.0) * WANTED_DRAWDOWN / fall
    smaller = changed(situation.rules, sizing=FractionSize(fraction=max(0.01, round(fraction, 2))))
    if smaller is not None:
        yield Proposal(
            kind="sizing",
            finding=finding.code,
            reason=f"The account fell by {fall:.0f} %"
            + (f" with up to {leverage:g} times its money at stake." if leverage > 1 else "."),
            expected=f"A drawdown of about {WANTED_DRAWDOWN:.0f} %; the return shrinks with it.",
            spec=smaller,
            words=f"size: {max(1, round(100 * fraction))} % of the equity",
        )
    steady = changed(situation.rules, sizing=VolatilitySize(target=0.15))
    if steady is not None and not isinstance(now, VolatilitySize):
        yield Proposal(
            kind="sizing",
            finding=finding.code,
            reason="A fixed share of the account is at most risk when the market is wildest.",
            expected="The account moves by about 15 % a year.",
            spec=steady,
            words="size by volatility: 15 % a year",
        )
    if not any(side.stopped for side in situation.sides.values()):
        yield from _stops(finding, situation)


def _stops(finding: Finding, situation: Situation) -> Iterator[Proposal]:
    for share in (0.9, 0.98):
        multiple = of_winners(situation, share)
        spec = sides_changed(
            situation.rules,
            lambda _, side, multiple=multiple: {} if side.stop_loss else {"stop_loss": AtrDistance(multiple=multiple)},  # type: ignore[misc]
        )
        if spec is None or spec == situation.rules:
            continue
        yield Proposal(
            kind="stops",
            finding=finding.code,
            reason=f"{finding.sentence} {share:.0%} of the winners were never more than {multiple / 1.2:.1f} times "
            f"the ATR behind.",
            expected=f"Losses end at about {multiple:g} times the ATR.",
            spec=spec,
            words=f"stop loss {multiple:g} times the ATR away",
        )
