"""What is left of many results when it is asked how many of them luck would have given.

Sources: Holm (1979), Scandinavian Journal of Statistics 6; Hansen (2005), "A Test for Superior Predictive Ability",
Journal of Business & Economic Statistics 23(4).
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from backtest_engine.research.statistics.bootstrap import block_length, stationary_rows

Floats = np.ndarray[Any, np.dtype[np.float64]]


def holm(values: Sequence[float]) -> list[float]:
    """Return the p values as Holm corrects them: rejecting those below α keeps any false alarm below α."""
    order = sorted(range(len(values)), key=lambda row: values[row])
    corrected = [1.0] * len(values)
    largest = 0.0
    for rank, row in enumerate(order):
        largest = max(largest, min(1.0, (len(values) - rank) * values[row]))
        corrected[row] = largest
    return corrected


def superior_ability(returns: Floats, *, samples: int = 1_000, seed: int = 0) -> dict[str, float]:
    """Return Hansen's consistent p value that no column of returns (bars, candidates) has a mean above 0.

    Each mean is divided by the standard error that allows for neighbouring bars (the kernel of the stationary
    bootstrap, Hansen's equation 10), not by the samples' own, which rejects noise too often where blocks are long.
    """
    bars, count = returns.shape
    length = float(np.mean([block_length(returns[:, column]) for column in range(count)]))
    means = returns.mean(axis=0)
    error = np.sqrt(np.maximum(_long_run_variance(returns, length), 1e-300))
    statistic = max(0.0, float((math.sqrt(bars) * means / error).max()))
    threshold = -error / math.sqrt(bars) * math.sqrt(2 * math.log(math.log(max(bars, 3))))
    centre = np.where(means >= threshold, means, 0.0)
    rows = stationary_rows(bars, samples=samples, length=length, seed=seed)
    drawn = np.array([returns[row].mean(axis=0) for row in rows]) - centre
    largest = np.maximum((math.sqrt(bars) * drawn / error).max(axis=1), 0.0)
    return {"p": float(((largest >= statistic).sum() + 1) / (samples + 1)), "block_length": length}


def _long_run_variance(returns: Floats, length: float) -> Floats:
    bars = len(returns)
    centred = returns - returns.mean(axis=0)
    total: Floats = (centred**2).mean(axis=0)
    stop = 1 - 1 / length
    for lag in range(1, min(bars - 1, max(1, int(10 * length)))):
        weight = (bars - lag) / bars * stop**lag + lag / bars * stop ** (bars - lag)
        total = total + 2 * weight * (centred[:-lag] * centred[lag:]).sum(axis=0) / bars
    return total
