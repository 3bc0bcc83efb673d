"""How much each factor counts: weights that sum to 1, and the presets that come with the project."""

import math
from collections.abc import Mapping

from backtest_engine.scanner.factors import FACTORS

TOLERANCE = 1e-6

PRESETS: Mapping[str, Mapping[str, float]] = {
    "balanced": {
        "trend": 0.25,
        "momentum": 0.2,
        "mean_reversion": 0.2,
        "breakout": 0.15,
        "volatility": 0.1,
        "volume": 0.1,
    },
    "aggressive": {
        "trend": 0.25,
        "momentum": 0.3,
        "mean_reversion": 0.05,
        "breakout": 0.3,
        "volatility": 0.0,
        "volume": 0.1,
    },
    "conservative": {
        "trend": 0.3,
        "momentum": 0.1,
        "mean_reversion": 0.25,
        "breakout": 0.05,
        "volatility": 0.25,
        "volume": 0.05,
    },
}
DEFAULT_PRESET = "balanced"


def problem_with(weights: Mapping[str, float], *, more: frozenset[str] = frozenset()) -> str | None:
    """Say what is wrong with weights, or None. `more` are names of factors besides the project's own."""
    known = {*FACTORS, *more}
    unknown = sorted(set(weights) - known)
    if unknown:
        return f"There is no factor called {', '.join(unknown)}; there are {', '.join(sorted(known))}."
    for name, weight in weights.items():
        if not math.isfinite(weight) or weight < 0:
            return f"The weight of {name} is {weight:g}; a weight is 0 or more."
    total = math.fsum(weights.values())
    if abs(total - 1.0) > TOLERANCE:
        return f"The weights sum to {total:.10g}, not to 1."
    return None
