"""Prices that decisions are made from: how far away, the best since the entry, what was gained."""

import math

from backtest_engine.simulation.kernel.jit import jit
from backtest_engine.simulation.kernel.layout import (
    BAR,
    CLOSE_PRICE,
    COUNTERS,
    HIGH,
    HIGHEST_CLOSE,
    HIGHEST_HIGH,
    INVESTED,
    LOW,
    LOWEST_CLOSE,
    LOWEST_LOW,
    OPEN,
    POSITION,
    SINCE,
    T_BAR,
    T_ENTRY,
    T_RISK,
    T_SIZE,
    TRADES,
    UPTO,
)
from backtest_engine.simulation.kernel.plan import AMOUNT, PERCENT, RANGE, RISK


@jit
def away(r, f, series, place, start, sign, i):
    """Return the price that lies so far above another, below it where the sign is negative, by the rule at a place."""
    if r[place] == PERCENT:
        return start * (1 + f[place] / 100) if sign > 0 else start * (1 - f[place] / 100)
    distance = f[place] if r[place] == AMOUNT else f[place] * series[r[place + 1], i]
    return start + distance if sign > 0 else start - distance


@jit
def gained(r, f, series, trades, place, price, trade, sign, i):
    """Whether a price is ahead of a trade's entry by as much as the rule at a place says."""
    entry = trades[trade, T_ENTRY]
    if r[place] == RISK:
        ahead = f[place] * trades[trade, T_RISK]
        level = entry + ahead if sign > 0 else entry - ahead
    else:
        level = away(r, f, series, place, entry, sign, i)
    return price >= level if sign > 0 else price <= level


@jit
def tighter(sign, stop, level):
    """Return the stop, 0 for none, that is nearer to the price; an unknown level moves nothing."""
    if sign > 0:
        return level if level > stop else stop
    old = math.inf if stop == 0 else stop
    return level if level < old else old


@jit
def know_best(s, k, bars, trades):
    """Work out the best prices since the oldest trade's entry, that bar and today's included."""
    i = k[COUNTERS, BAR]
    entered = int(trades[k[OPEN, 0], T_BAR])
    if k[COUNTERS, SINCE] != entered or k[COUNTERS, UPTO] > i:
        k[COUNTERS, SINCE] = entered
        k[COUNTERS, UPTO] = entered - 1
        s[HIGHEST_CLOSE] = -math.inf
        s[HIGHEST_HIGH] = -math.inf
        s[LOWEST_CLOSE] = math.inf
        s[LOWEST_LOW] = math.inf
    for bar in range(k[COUNTERS, UPTO] + 1, i + 1):
        s[HIGHEST_CLOSE] = max(s[HIGHEST_CLOSE], bars[CLOSE_PRICE, bar])
        s[LOWEST_CLOSE] = min(s[LOWEST_CLOSE], bars[CLOSE_PRICE, bar])
        s[HIGHEST_HIGH] = max(s[HIGHEST_HIGH], bars[HIGH, bar])
        s[LOWEST_LOW] = min(s[LOWEST_LOW], bars[LOW, bar])
    k[COUNTERS, UPTO] = i


@jit
def measure(s, k, bars, trades, which):
    """Return what a `PositionValue` is today, by its place in `plan.MEASURES`."""
    i = k[COUNTERS, BAR]
    oldest = k[OPEN, 0]
    if which == 0:
        return trades[oldest, T_ENTRY]
    if which == 1:
        return i - trades[oldest, T_BAR]
    if which == 2:
        return profit_percent(s, k, bars, trades)
    know_best(s, k, bars, trades)
    return s[HIGHEST_CLOSE + which - 3]


@jit
def profit_percent(s, k, bars, trades):
    """Return the open profit in percent of what was invested."""
    invested = 0.0
    for place in range(k[COUNTERS, TRADES]):
        slot = k[OPEN, place]
        invested += abs(trades[slot, T_SIZE]) * trades[slot, T_ENTRY]
    if invested == 0:
        return 0.0
    profit = bars[CLOSE_PRICE, k[COUNTERS, BAR]] * s[POSITION] - s[INVESTED]
    return profit / invested * 100
