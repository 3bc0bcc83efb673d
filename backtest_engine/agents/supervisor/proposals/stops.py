"""A stop beyond what the price moves on any bar."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from backtest_engine.agents.supervisor.edits import SideName, sides_changed
from backtest_engine.agents.supervisor.records import Finding, Proposal
from backtest_engine.agents.supervisor.situation import Situation
from backtest_engine.spec import AtrDistance, Side


def propose(finding: Finding, situation: Situation) -> Iterator[Proposal]:
    """Yield stops at multiples of the ATR that the winners' worst moments stayed within."""
    near = float(finding.figures["distance_atr"])
    for multiple in sorted({max(2.5, round(2 * near, 1)), max(4.0, round(4 * near, 1))}):
        spec = sides_changed(situation.rules, lambda name, side, multiple=multiple: _wider(name, side, multiple))  # type: ignore[misc]
        if spec is None or spec == situation.rules:
            continue
        yield Proposal(
            kind="stops",
            finding=finding.code,
            reason=f"The stop stands {near:.1f} times the ATR away, within the noise of a bar; "
            f"{finding.figures['recovered_pct']:.0f} % of the stopped "
            "trades came back to their entry.",
            expected=f"Fewer than {finding.figures['stopped_pct']:.0f} % of the trades are stopped; those that are "
            f"lose more.",
            spec=spec,
            words=f"stop {multiple:g} times the ATR away",
        )


def _wider(name: SideName, side: Side, multiple: float) -> Mapping[str, Any]:
    distance = AtrDistance(multiple=multiple)
    fields: dict[str, Any] = {}
    if side.stop_loss is not None:
        fields["stop_loss"] = distance
    if side.trailing_stop is not None:
        fields["trailing_stop"] = side.trailing_stop.model_copy(update={"distance": distance})
    return fields


def of_winners(situation: Situation, share: float) -> float:
    """Return the multiple of the ATR that so large a share of the winners never went against their entry."""
    won = situation.returns > 0
    against = situation.excursions[0][won] / np.maximum(situation.atr[situation.signal][won], 1e-9)
    return float(np.clip(round(float(np.quantile(against, share)) * 1.2, 1), 1.5, 8.0)) if won.any() else 3.0
