"""Which bars to cut the data after: those that would show that a strategy knew later bars, which no code can know.

Bars are drawn with a seed that the strategy cannot know, by what each order earned and by chance over all bars. Orders
that earn nothing, however many, do not take the place of those that do.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from backtest_engine.checks.synthetic_future import Future
from backtest_engine.domain import Trade
from backtest_engine.sandbox.journal import NEW, REFUSED, Journal

_LONG_WARM_UP: Final = 10
# Bars over which a move is followed after an order.
_LATER: Final = 5
_SMALLEST_STAKE: Final = 1e-6
# Standard errors by which moves after orders may be better than those after any bar.
_LUCK: Final = (3.0, 5.0)

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Cut:
    """A bar to cut the data after, and what follows it: nothing, or a future that was made up."""

    bar: int
    future: Future | None = None


@dataclass(frozen=True, kw_only=True)
class Moves:
    """What the market did after each bar, from the next open: (bars,) as shares of the price, 0 where nothing follows.

    `next` to the close of the next bar, `later` to that of the fifth.
    """

    next: Array
    later: Array

    @classmethod
    def of(cls, opens: Array, closes: Array) -> "Moves":
        """Compute them from prices."""
        count = len(opens)
        if count < 3:
            return cls(next=np.zeros(count), later=np.zeros(count))
        entry = np.append(opens[1:], closes[-1])
        with np.errstate(divide="ignore", invalid="ignore"):
            one = np.append(closes[1:], closes[-1]) / entry - 1
            five = closes[np.minimum(np.arange(count) + _LATER, count - 1)] / entry - 1
        one[-1] = five[-1] = 0.0
        return cls(next=np.nan_to_num(one, posinf=0.0, neginf=0.0), later=np.nan_to_num(five, posinf=0.0, neginf=0.0))


def stakes_of(journal: Journal, trades: Sequence[Trade], closes: Array, cash: float) -> Array:
    """Return what the orders of each bar bet on rising (above 0) or falling prices, as shares of the account: (bars,).

    `closes` are (bars,), `cash` is what the account began with, both in quote currency.
    """
    bars = len(closes)
    found = np.zeros(bars)
    for event in journal.events:
        if event[1] in (NEW, REFUSED) and 0 <= event[0] < bars:
            found[event[0]] += _share(event[2], float(closes[event[0]]), cash)
    decided = {event[0] for event in journal.events}
    for trade in trades:
        # Market orders are decided on the bar before they fill.
        if trade.exit_reason == "closed" and trade.exit_bar - 1 in decided:
            found[trade.exit_bar - 1] -= _share(trade.size, trade.exit_price, cash)
    found[np.abs(found) < _SMALLEST_STAKE] = 0.0
    return found


def _share(size: float, price: float, cash: float) -> float:
    """Return a size as a share of the account, at most all of it; sizes below one are shares already."""
    return size if abs(size) < 1 else float(np.clip(size * price / cash, -1, 1))


def foresight(stakes: Array, moves: Moves) -> bool:
    """Whether moves after orders were better than those after any bar, by more than luck explains."""
    directions = np.sign(stakes)
    at = directions != 0
    if at.sum() < _LATER:
        return False
    for move, most, bars in ((moves.next, _LUCK[0], 1), (moves.later, _LUCK[1], _LATER)):
        spread = move.std()
        if spread > 0:
            gained = (directions[at] * (move[at] - move.mean())).mean()
            # Moves over several bars overlap, so fewer of them are independent.
            if gained / (spread / np.sqrt(at.sum() / bars)) > most:
                return True
    return False


def early_bars(journal: Journal, *, bars: int, seed: int) -> tuple[int, ...]:
    """Return bars at which what was filled in backwards shows: the first decisions, and two inside a long warm-up."""
    first = sorted({event[0] for event in journal.events if journal.warmup < event[0] <= bars - 2})[:3][-1:]
    last = min(journal.warmup, bars - 2)
    if last < _LONG_WARM_UP:
        return tuple(first)
    pick = _pick(seed, 1)
    return (*sorted({pick.randint(last // 3, last // 2), pick.randint(last // 2, last - 1)}), *first)


def early_futures(journal: Journal, *, bars: int, seed: int) -> tuple[Cut, ...]:
    """Return early bars with futures after them that go different ways, quiet ones more often than others.

    A choice that is made once from the whole file, such as a side or a length, comes out the same from most of it; from
    files that part early and go different ways it does not.
    """
    first, last = journal.warmup + 1, bars - 2
    if first > last:
        return ()
    pick, quarter = _pick(seed, 2), (last - first) // 4
    one, *others = (first + pick.randint(quarter // 5, quarter) for _ in range(3))
    return *(Cut(one, future) for future in Future), *(Cut(bar, Future.NARROW) for bar in others)


def telling_bars(
    journal: Journal, *, stakes: Array, moves: Moves, limit: int, seed: int, known: Sequence[int] = ()
) -> tuple[int, ...]:
    """Return other bars than those `known`: half of them drawn by what orders earned, the rest by chance.

    Of the rest, one in three is a bar without an order, drawn by how far the market moved after it, since not ordering
    can be foresight, too; the others are spread from the first to the last bar.
    """
    first, last = journal.warmup + 1, len(stakes) - 2
    if first > last:
        return ()
    pick, chosen = _pick(seed, 3 + len(known)), list(known)
    gains = np.maximum(stakes * moves.next, 0) + np.maximum(stakes * moves.later, 0) / 2
    gains[:first] = gains[last + 1 :] = 0.0
    # Squares: whoever knows some of the moves chooses large ones.
    gains **= 2
    earned = (limit + 1) // 2
    if not known and gains.any():
        chosen.append(int(gains.argmax()))
    chosen += _weighted(gains, earned - len(chosen) + len(known), chosen, pick)
    decided = {event[0] for event in journal.events if first <= event[0] <= last}
    idle = moves.next**2
    idle[:first] = idle[last + 1 :] = 0.0
    idle[list(decided)] = 0.0
    rest = limit - (len(chosen) - len(known))
    chosen += _weighted(idle, (rest + 2) // 3, chosen, pick)
    chosen += _spread(decided, first, last, limit - (len(chosen) - len(known)), chosen, pick)
    return tuple(dict.fromkeys(chosen))[len(dict.fromkeys(known)) :]


def _spread(
    decided: set[int], first: int, last: int, parts: int, chosen: Sequence[int], pick: random.Random
) -> list[int]:
    """Return a bar in each of so many parts of the file: one with an order where there is any."""
    found = []
    for part in range(parts):
        start, end = (first + (last + 1 - first) * edge // parts for edge in (part, part + 1))
        others = sorted(bar for bar in decided.difference(chosen) if start <= bar < end)
        found.append(pick.choice(others) if others else pick.randint(start, max(start, end - 1)))
    return found


def _weighted(weights: Array, count: int, chosen: Sequence[int], pick: random.Random) -> list[int]:
    """Return so many different places, drawn by their weights; fewer where there are no more with any."""
    left = weights.copy()
    left[list(chosen)] = 0.0
    found: list[int] = []
    while len(found) < count and left.sum() > 0:
        place = int(np.searchsorted(np.cumsum(left), pick.random() * left.sum(), side="right"))
        place = min(place, len(left) - 1)
        found.append(place)
        left[place] = 0.0
    return found


def _pick(seed: int, purpose: int) -> random.Random:
    return random.Random(seed ^ purpose)  # noqa: S311 -- the seed is the secret
