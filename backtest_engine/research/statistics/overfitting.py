"""How often the best of a search is below the middle where it was not searched.

Source: Bailey, Borwein, López de Prado and Zhu (2017), "The Probability of Backtest Overfitting", Journal of
Computational Finance 20(4): combinatorially symmetric cross-validation. Half of the blocks of bars choose the best
candidate, the other half says where it ranks; over all ways to halve them.
"""

from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

Floats = np.ndarray[Any, np.dtype[np.float64]]

BLOCKS = 10
# Sharpe ratios that are held in memory at once.
_AT_ONCE = 4_000_000


@dataclass(frozen=True, kw_only=True)
class Overfitting:
    """`probability` that the best in one half is below the median of the other; `splits` ways to halve were taken."""

    probability: float
    splits: int
    candidates: int
    blocks: int


def block_sums(returns: Floats, blocks: int = BLOCKS) -> Floats:
    """Return count, sum and sum of squares of bar returns (bars,) in each of the blocks, of shape (3, blocks).

    They are all that cross-validation needs of a candidate. Blocks differ by one bar at most.
    """
    edges = np.linspace(0, len(returns), blocks + 1).astype(int)
    sums = np.concatenate([[0.0], np.cumsum(returns)])
    squares = np.concatenate([[0.0], np.cumsum(returns**2)])
    return np.stack([np.diff(edges).astype(float), np.diff(sums[edges]), np.diff(squares[edges])])


def probability_of_overfitting(sums: Floats) -> Overfitting | None:
    """Return the probability for candidates' block sums of shape (candidates, 3, blocks); None for fewer than two."""
    candidates, _, blocks = sums.shape
    if candidates < 2 or blocks < 2 or blocks % 2 or not sums[:, 0].all():
        return None
    halves = np.zeros((len(list(combinations(range(blocks), blocks // 2))), blocks))
    for row, chosen in enumerate(combinations(range(blocks), blocks // 2)):
        halves[row, list(chosen)] = 1.0
    below = 0.0
    step = max(1, _AT_ONCE // candidates)
    for first in range(0, len(halves), step):
        below += _below_median(halves[first : first + step], sums)
    return Overfitting(probability=below / len(halves), splits=len(halves), candidates=candidates, blocks=blocks)


def _below_median(halves: Floats, sums: Floats) -> float:
    """Return in how many splits the chosen one ranks in the lower half; one on the very middle counts as half."""
    chosen = np.argmax(_sharpe(halves, sums), axis=1)
    outside = _sharpe(1 - halves, sums)
    its = outside[np.arange(len(halves)), chosen][:, None]
    # The relative rank ω = r / (N + 1) with ties at their middle; λ = log(ω / (1 − ω)) < 0 is below the median.
    rank = (outside < its).sum(axis=1) + ((outside == its).sum(axis=1) + 1) / 2
    relative = rank / (outside.shape[1] + 1)
    return float((relative < 0.5).sum() + 0.5 * (relative == 0.5).sum())


def _sharpe(halves: Floats, sums: Floats) -> Floats:
    """Return the Sharpe ratio of each candidate on each half, of shape (splits, candidates); 0 without variance."""
    count, total, squares = (halves @ sums[:, row].T for row in range(3))
    spread = squares / count - (total / count) ** 2
    with np.errstate(all="ignore"):
        ratio: Floats = np.where(spread > 1e-18, total / count / np.sqrt(np.maximum(spread, 1e-300)), 0.0)
    return ratio
