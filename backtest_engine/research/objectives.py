"""What a search looks for: a metric to make large or small, and conditions that a candidate must meet."""

import math
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from backtest_engine.errors import InvalidParameter
from backtest_engine.simulation.statistics import NAMES

DEFAULT = "sharpe_ratio"
# Names of the API that differ from those of the metrics.
ALIASES = {"trade_count": "trades"}
# Less of these is better.
SMALLER = frozenset(
    {
        *("volatility_ann_pct", "commissions", "max_drawdown_duration_seconds", "avg_drawdown_duration_seconds"),
        *("max_trade_duration_seconds", "avg_trade_duration_seconds"),
    }
)
_TEXTS = frozenset({"start", "end"})
_COMPARISONS: Mapping[str, Callable[[float, float], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    "==": operator.eq,
    ">": operator.gt,
    "<": operator.lt,
}
_CONDITION = re.compile(r"\s*([a-z_]+)\s*(>=|<=|==|>|<)\s*(-?\d+(?:\.\d+)?(?:e-?\d+)?)\s*")


@dataclass(frozen=True, kw_only=True)
class Objective:
    """A metric to search for, under conditions."""

    metric: str = DEFAULT
    conditions: tuple[tuple[str, str, float], ...] = ()

    @property
    def needed(self) -> frozenset[str]:
        """The metrics that it looks at."""
        return frozenset({self.metric, *(name for name, _, _ in self.conditions)})

    def value(self, metrics: Mapping[str, Any]) -> float | None:
        """Return the metric of a candidate; None where it has none."""
        value = metrics.get(self.metric)
        return float(value) if isinstance(value, int | float) and math.isfinite(value) else None

    def score(self, metrics: Mapping[str, Any]) -> float | None:
        """Return what is to be large; None where the candidate has no value or breaks a condition."""
        value = self.value(metrics)
        if value is None or not self.met(metrics):
            return None
        return -value if self.metric in SMALLER else value

    def met(self, metrics: Mapping[str, Any]) -> bool:
        """Return whether the candidate meets every condition."""
        for name, sign, bound in self.conditions:
            value = metrics.get(name)
            if not isinstance(value, int | float) or not _COMPARISONS[sign](value, bound):
                return False
        return True


def objective_of(metric: str | None, constraint: str | None) -> Objective:
    """Return the objective in words such as `sharpe_ratio` and `trade_count >= 20 and max_drawdown_pct > -30`."""
    return Objective(metric=_metric(metric or DEFAULT, "objective"), conditions=tuple(_conditions(constraint or "")))


def _conditions(text: str) -> list[tuple[str, str, float]]:
    found = []
    for part in re.split(r"\band\b|,", text) if text.strip() else ():
        match = _CONDITION.fullmatch(part)
        if match is None:
            raise InvalidParameter(
                f"The constraint {part.strip()!r} is not a comparison such as trade_count >= 20."[:300],
                details={"parameter": "constraint"},
            )
        name, sign, bound = match.groups()
        found.append((_metric(name, "constraint"), sign, float(bound)))
    return found


def _metric(name: str, parameter: str) -> str:
    metric = ALIASES.get(name, name)
    if metric not in NAMES or metric in _TEXTS:
        known = ", ".join(sorted((set(NAMES) | set(ALIASES)) - _TEXTS))
        raise InvalidParameter(
            f"There is no metric {name!r}."[:200], hint=f"Known: {known}.", details={"parameter": parameter}
        )
    return metric
