"""Sharpe ratios of bars, and how likely luck explains them.

Sources: Bailey and López de Prado (2012), "The Sharpe Ratio Efficient Frontier", Journal of Risk 15(2): the
probabilistic Sharpe ratio; the same (2014), "The Deflated Sharpe Ratio", Journal of Portfolio Management 40(5): the
largest Sharpe ratio to expect of luck. Every ratio here is that of a bar, never of a year.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist, variance
from typing import Any

import numpy as np

Floats = np.ndarray[Any, np.dtype[np.float64]]

EULER = 0.5772156649015329
_NORMAL = NormalDist()


@dataclass(frozen=True, kw_only=True)
class Moments:
    """Moments of the returns of bars. `sharpe` is mean / standard deviation (n − 1), None where they never differ.

    `kurtosis` is 3 for a normal distribution; `bars` is the number of returns.
    """

    bars: int
    sharpe: float | None
    skew: float
    kurtosis: float


@dataclass(frozen=True, kw_only=True)
class Tries:
    """How often the goal was tried on these bars, this time included, and the variance (n − 1) of the Sharpe ratios."""

    count: int = 1
    variance: float = 0.0


def moments(returns: Floats) -> Moments:
    """Return the moments of bar returns of shape (bars,)."""
    count = len(returns)
    if count < 2:
        return Moments(bars=count, sharpe=None, skew=0.0, kurtosis=3.0)
    mean = float(returns.mean())
    centred = returns - mean
    squares = float((centred**2).mean())
    # Rounding leaves a little of a constant.
    if squares <= (1e-12 * max(abs(mean), 1e-12)) ** 2:
        return Moments(bars=count, sharpe=None, skew=0.0, kurtosis=3.0)
    return Moments(
        bars=count,
        sharpe=mean / math.sqrt(squares * count / (count - 1)),
        skew=float((centred**3).mean()) / squares**1.5,
        kurtosis=float((centred**4).mean()) / squares**2,
    )


def probabilistic_sharpe(measured: Moments, *, benchmark: float = 0.0) -> float | None:
    """Return the probability that the true Sharpe ratio of a bar exceeds the benchmark; None where it has none.

    PSR(b) = Φ((SR − b) √(T − 1) / √(1 − γ₃ SR + (γ₄ − 1)/4 SR²)), equation 8 of the 2012 paper.
    """
    ratio = measured.sharpe
    if ratio is None or measured.bars < 2:
        return None
    spread = 1 - measured.skew * ratio + (measured.kurtosis - 1) / 4 * ratio**2
    # Skew and kurtosis of so few returns can contradict each other.
    if spread <= 0:
        return None
    return _NORMAL.cdf((ratio - benchmark) * math.sqrt(measured.bars - 1) / math.sqrt(spread))


def expected_largest_sharpe(*, tries: int, variance_of_tries: float) -> float:
    """Return the Sharpe ratio of a bar that the best of so many tries without any skill is expected to reach.

    SR₀ = √V ((1 − γ) Φ⁻¹(1 − 1/N) + γ Φ⁻¹(1 − 1/(N e))), equation 1 of the 2014 paper; 0 for one try.
    """
    if tries <= 1 or variance_of_tries <= 0:
        return 0.0
    high = _NORMAL.inv_cdf(1 - 1 / tries)
    higher = _NORMAL.inv_cdf(1 - 1 / (tries * math.e))
    return math.sqrt(variance_of_tries) * ((1 - EULER) * high + EULER * higher)


def variance_of(sharpes: Sequence[float]) -> float:
    """Return the sample variance (n − 1) of the tries' Sharpe ratios; 0 for fewer than two."""
    return variance(sharpes) if len(sharpes) > 1 else 0.0


def deflated_sharpe(measured: Moments, *, tries: int, variance_of_tries: float) -> float | None:
    """Return the probability that a Sharpe ratio is more than the luck of the best of so many tries."""
    largest = expected_largest_sharpe(tries=tries, variance_of_tries=variance_of_tries)
    return probabilistic_sharpe(measured, benchmark=largest)
