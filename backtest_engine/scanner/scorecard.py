"""Whether signals were worth anything: what came after them, beside what came after any bar."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from backtest_engine.registry import Array

HORIZONS = (1, 5, 20)
Z = 1.959963984540054  # of 95 %


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What came of a signal after so many bars: `direction` 1 or -1, `return_pct` of the price, not of a trade."""

    direction: int
    horizon: int
    return_pct: float


def forward_return_pct(close: Array, place: int, horizon: int) -> float | None:
    """Return the change of the close from bar `place` to `horizon` bars later, in percent; None before it is there."""
    if place + horizon >= len(close) or not close[place] > 0:
        return None
    return float(100.0 * (close[place + horizon] / close[place] - 1.0))


def wilson(hits: int, count: int) -> tuple[float, float] | None:
    """Return the 95 % interval of a share (Wilson, JASA 22, 1927, 209-212); None without a trial."""
    if not count:
        return None
    share, square = hits / count, Z * Z
    middle = (share + square / (2 * count)) / (1 + square / count)
    half = Z / (1 + square / count) * math.sqrt(share * (1 - share) / count + square / (4 * count * count))
    return middle - half, middle + half


def mean_interval(values: Array) -> tuple[float, float] | None:
    """Return the 95 % interval of a mean, by the normal distribution; None for fewer than two values."""
    if len(values) < 2:
        return None
    half = Z * float(values.std(ddof=1)) / math.sqrt(len(values))
    return float(values.mean()) - half, float(values.mean()) + half


def figures(returns_pct: Iterable[float]) -> dict[str, Any]:
    """Return how often a return in the direction of the signal was positive, and its mean, with intervals and n."""
    values = np.array(list(returns_pct), dtype=float)
    hits = int((values > 0).sum())
    return {
        "n": len(values),
        "hit_rate": hits / len(values) if len(values) else None,
        "hit_rate_interval": _pair(wilson(hits, len(values))),
        "mean_return_pct": float(values.mean()) if len(values) else None,
        "mean_return_interval": _pair(mean_interval(values)),
    }


def scorecard(outcomes: Sequence[Outcome], baseline: Mapping[int, Sequence[float]]) -> list[dict[str, Any]]:
    """Return a row for each horizon: signals, and beside them the universe without a signal.

    `baseline` has, by horizon, the return of every bar of the same markets over the same time. A market that rises
    makes buying look good, so the baseline takes both sides in the proportion in which the signals took them.
    """
    rows = []
    for horizon in HORIZONS:
        own = [one for one in outcomes if one.horizon == horizon]
        longs = sum(one.direction > 0 for one in own)
        rows.append(
            {
                "horizon": horizon,
                "signals": figures(one.direction * one.return_pct for one in own),
                "baseline": _both_sides(np.asarray(baseline.get(horizon, ()), dtype=float), longs, len(own)),
            }
        )
    return rows


def _both_sides(returns_pct: Array, longs: int, count: int) -> dict[str, Any]:
    """Return the figures of buying and selling at any bar, in the share that the signals had."""
    share = longs / count if count else 1.0
    up, down = figures(returns_pct), figures(-returns_pct)
    return {
        "n": up["n"],
        **{
            name: None if up[name] is None else share * up[name] + (1.0 - share) * down[name]
            for name in ("hit_rate", "mean_return_pct")
        },
    }


def _pair(interval: tuple[float, float] | None) -> list[float] | None:
    return None if interval is None else list(interval)
