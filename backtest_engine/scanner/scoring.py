"""Factors and weights to a score, a label, and what would change it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from backtest_engine.scanner.factors import FACTORS, ClosedBars, Factor, Reading

# Labels from the lowest score up, and the bounds between them; a bound belongs to the label farther from zero.
LABELS = ("strong_sell", "sell", "neutral", "buy", "strong_buy")
BOUNDS = (-0.5, -0.1, 0.1, 0.5)
MOST_FLIPS = 3


def label_of(score: float) -> str:
    """Return the label of a score in [-1, 1]."""
    return LABELS[sum(score > bound if bound < 0 else score >= bound for bound in BOUNDS)]


@dataclass(frozen=True, kw_only=True)
class Contribution:
    """What one factor adds to a score: `weight` after missing factors were left out, `value` in [-1, 1]."""

    factor: str
    value: float
    weight: float
    reason: str

    @property
    def points(self) -> float:
        """Return what it adds."""
        return self.value * self.weight

    def as_dict(self) -> dict[str, Any]:
        """Return it as the API shows it."""
        return {
            "factor": self.factor,
            "value": round(self.value, 4),
            "weight": round(self.weight, 4),
            "points": round(self.points, 4),
            "reason": self.reason,
        }


@dataclass(frozen=True, kw_only=True)
class Score:
    """The score of one market on one interval. `missing` are factors that had too little to go by."""

    value: float
    contributions: tuple[Contribution, ...]
    missing: tuple[str, ...] = field(default=())

    @property
    def label(self) -> str:
        """Return `strong_buy`, `buy`, `neutral`, `sell` or `strong_sell`."""
        return label_of(self.value)

    def flips(self) -> list[dict[str, Any]]:
        """Return which factor alone would change the label, the smallest change first, at most three.

        Each says the factor, its value now, the value from which the label is another, and that label.
        """
        found = []
        for part in self.contributions:
            if part.weight <= 0:
                continue
            rest = self.value - part.points
            for bound, label in _neighbours(self.value):
                needed = (bound - rest) / part.weight
                if -1.0 <= needed <= 1.0:
                    found.append((abs(needed - part.value), part, needed, label))
        found.sort(key=lambda flip: flip[0])
        return [
            {"factor": part.factor, "value": round(part.value, 4), "needed": round(needed, 4), "label": label}
            for _, part, needed, label in found[:MOST_FLIPS]
        ]


def score_of(
    bars: ClosedBars, weights: Mapping[str, float], *, factors: Mapping[str, Factor] = FACTORS
) -> Score | None:
    """Score the last bar; None where no factor with a weight has an opinion.

    The weights of factors that have none are shared out among the others in proportion.
    """
    readings: dict[str, Reading | None] = {
        name: factors[name].read(bars) for name, weight in weights.items() if weight > 0
    }
    known = {name: reading for name, reading in readings.items() if reading is not None}
    total = sum(weights[name] for name in known)
    if not known:
        return None
    parts = tuple(
        Contribution(factor=name, value=reading.value, weight=weights[name] / total, reason=reading.reason)
        for name, reading in known.items()
    )
    missing = tuple(name for name, reading in readings.items() if reading is None)
    return Score(value=sum(part.points for part in parts), contributions=parts, missing=missing)


def together(scores: Mapping[str, float], weights: Mapping[str, float]) -> float:
    """Return the mean of scores by interval, weighted; an interval without a weight counts as 1."""
    counted = {interval: weights.get(interval, 1.0) for interval in scores}
    total = sum(counted.values())
    return sum(scores[interval] * weight for interval, weight in counted.items()) / total if total else 0.0


def _neighbours(score: float) -> list[tuple[float, str]]:
    """Return the bounds around a score, each with the label on its other side."""
    place = LABELS.index(label_of(score))
    below = [(BOUNDS[place - 1], LABELS[place - 1])] if place else []
    above = [(BOUNDS[place], LABELS[place + 1])] if place < len(BOUNDS) else []
    return below + above
