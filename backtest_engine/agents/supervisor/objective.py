"""What a supervision is for: a metric to improve, or figures to reach."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from backtest_engine.domain import BacktestResult
from backtest_engine.research.objectives import DEFAULT, Objective, objective_of

_COMPARED = re.compile(r"[<>=]")


@dataclass(frozen=True, kw_only=True)
class Aim:
    """`objective` is the metric that a change has to improve; its conditions, if any, are what to reach."""

    objective: Objective = field(default_factory=Objective)
    text: str = DEFAULT

    def reached(self, metrics: Mapping[str, Any], result: BacktestResult) -> bool:
        """Return whether all conditions are met; never where there are none."""
        return bool(self.objective.conditions) and self.objective.met(result.metrics)

    def better(self, before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
        """Return whether the metric is better."""
        plain = Objective(metric=self.objective.metric)
        old, new = plain.score(before), plain.score(after)
        return new is not None and (old is None or new > old)


def aim_of(text: str | None) -> Aim:
    """Return the aim in words such as `sharpe_ratio` or `max_drawdown_pct > -20 and trade_count >= 30`.

    Raises `InvalidParameter` for a metric that there is not.
    """
    if not text:
        return Aim()
    if not _COMPARED.search(text):
        return Aim(objective=objective_of(text.strip(), None), text=text.strip())
    first = re.match(r"\s*([a-z_]+)", text)
    metric = objective_of(first[1] if first else text, None).metric
    return Aim(objective=objective_of(metric, text), text=text.strip())
