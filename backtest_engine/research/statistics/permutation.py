"""Whether the times of the entries matter: the same holding times, placed at random, on the same bars.

Source: the randomisation test of a trading rule's timing, Aronson (2006), "Evidence-Based Technical Analysis",
chapter 6, with the p value of Phipson and Smyth (2010), which counts the observed order as one of the permutations.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np

from backtest_engine.domain import Trade

Floats = np.ndarray[Any, np.dtype[np.float64]]
Ints = np.ndarray[Any, np.dtype[np.int64]]

_NORMAL = NormalDist()


@dataclass(frozen=True, kw_only=True)
class Permutation:
    """`p` is the share of random timings, the real one among them, that earned as much; `samples` were drawn.

    `score` is by how many standard deviations of the random ones the real timing earned more than they on average.
    """

    p: float
    samples: int
    earned: float
    middle: float
    score: float

    def after(self, tries: int) -> float:
        """Return the p value of the best of so many tries, as if each were independent of the others (Šidák).

        Samples cannot show a p value much below one over their number: there the normal tail stands for them.
        """
        rare = self.p <= 10 / (self.samples + 1)
        single = min(self.p, _NORMAL.cdf(-self.score)) if rare else self.p
        return -math.expm1(max(tries, 1) * math.log1p(-min(single, 1 - 1e-12)))


@dataclass(frozen=True, kw_only=True, eq=False)
class _Holdings:
    """Trades by episode: a stretch of bars in which something was held. `offset` counts from the episode's start."""

    episode: Ints
    offset: Ints
    length: Ints
    side: Floats
    lengths: Ints


def entry_permutation(
    trades: Sequence[Trade], opens: Floats, *, first: int = 0, samples: int = 1_000, seed: int = 0
) -> Permutation | None:
    """Return how the trades' times compare with random ones; None without trades, or without room to move them.

    `opens` has the opening prices of all bars, shape (bars,); no bar before `first` is traded. Earned is the sum of
    logarithmic returns from open to open, times the side: costs are the same for all, since as many trades are made.
    """
    bars = len(opens)
    held = _holdings(trades, bars)
    if held is None:
        return None
    free = bars - 1 - first - int(held.lengths.sum())
    if free < 0 or (free == 0 and len(held.lengths) < 2):
        return None
    price = np.log(opens)
    begin = np.array([_first_bar(trade) for trade in trades])
    earned = float((held.side * (price[begin + held.length] - price[begin])).sum())
    random = np.random.default_rng(seed)
    samples = max(200, min(samples, 20_000_000 // len(trades)))
    at_once = max(1, 2_000_000 // len(trades))
    parts = [min(at_once, samples - done) for done in range(0, samples, at_once)]
    drawn = np.concatenate([_placed(held, price, free, first, random, part) for part in parts])
    # Sums in another order differ in the last digits.
    as_good = int((drawn >= earned - 1e-12 * max(1.0, abs(earned))).sum())
    spread = float(drawn.std())
    return Permutation(
        p=(as_good + 1) / (samples + 1),
        samples=samples,
        earned=earned,
        middle=float(np.median(drawn)),
        score=(earned - float(drawn.mean())) / spread if spread > 0 else 0.0,
    )


def _placed(held: _Holdings, price: Floats, free: int, first: int, random: np.random.Generator, samples: int) -> Floats:
    """Return what the episodes earn in random orders, with the free bars at random places between them."""
    count = len(held.lengths)
    order = np.argsort(random.random((samples, count)), axis=1)
    lengths = held.lengths[order]
    before = np.sort(random.integers(0, free + 1, size=(samples, count)), axis=1)
    starts = np.empty((samples, count), dtype=np.int64)
    np.put_along_axis(starts, order, first + before + np.cumsum(lengths, axis=1) - lengths, axis=1)
    begin = starts[:, held.episode] + held.offset
    end = np.minimum(begin + held.length, len(price) - 1)
    earned: Floats = (held.side * (price[end] - price[begin])).sum(axis=1)
    return earned


def _holdings(trades: Sequence[Trade], bars: int) -> _Holdings | None:
    if not trades:
        return None
    begin = np.array([_first_bar(trade) for trade in trades], dtype=np.int64)
    end = np.array([min(trade.exit_bar, bars - 1) for trade in trades], dtype=np.int64)
    order = np.argsort(begin, kind="stable")
    episode = np.zeros(len(trades), dtype=np.int64)
    starts: list[int] = []
    ends: list[int] = []
    for row in order:
        if not starts or begin[row] >= ends[-1]:
            starts.append(int(begin[row]))
            ends.append(int(end[row]))
        else:
            ends[-1] = max(ends[-1], int(end[row]))
        episode[row] = len(starts) - 1
    lengths = np.maximum(np.array(ends) - np.array(starts), 0)
    return _Holdings(
        episode=episode,
        offset=begin - np.array(starts)[episode],
        length=end - begin,
        side=np.array([1.0 if trade.size > 0 else -1.0 for trade in trades]),
        lengths=lengths,
    )


def _first_bar(trade: Trade) -> int:
    return min(trade.entry_bar, trade.exit_bar)
