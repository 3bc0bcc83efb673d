"""Prices that decisions are made from: how far away, the best since the entry, what was gained."""

import math

from backtest_engine.simulation.kernel.jit import jit
from backtest_engine.simulation.kernel.layout import CLOSE_PRICE, HIGH, LOW, T_BAR, T_ENTRY, T_RISK, T_SIZE
from backtest_engine.simulation.kernel.plan import AMOUNT, PERCENT, RISK


@jit
def away(st, place, start, sign):
    """Return the price that lies so far above another, below it where the sign is negative, by the rule at a place."""
    if st.r[place] == PERCENT:
        return start * (1 + st.f[place] / 100) if sign > 0 else start * (1 - st.f[place] / 100)
    distance = st.f[place] if st.r[place] == AMOUNT else st.f[place] * st.now[st.r[place + 1]]
    return start + distance if sign > 0 else start - distance


@jit
def gained(st, place, price, trade, sign):
    """Whether a price is ahead of a trade's entry by as much as the rule at a place says."""
    entry = st.trades[trade, T_ENTRY]
    if st.r[place] == RISK:
        ahead = st.f[place] * st.trades[trade, T_RISK]
        level = entry + ahead if sign > 0 else entry - ahead
    else:
        level = away(st, place, entry, sign)
    return price >= level if sign > 0 else price <= level


@jit
def tighter(sign, stop, level):
    """Return the stop, 0 for none, that is nearer to the price; an unknown level moves nothing."""
    if sign > 0:
        return level if level > stop else stop
    old = math.inf if stop == 0 else stop
    return level if level < old else old


@jit
def know_best(st, bars):
    """Work out the best prices since the oldest trade's entry, that bar and today's included."""
    i = st.bar
    entered = int(st.trades[st.open[0], T_BAR])
    if st.since != entered or st.upto > i:
        st.since = entered
        st.upto = entered - 1
        st.highest_close = -math.inf
        st.highest_high = -math.inf
        st.lowest_close = math.inf
        st.lowest_low = math.inf
    for bar in range(st.upto + 1, i + 1):
        st.highest_close = max(st.highest_close, bars[CLOSE_PRICE, bar])
        st.lowest_close = min(st.lowest_close, bars[CLOSE_PRICE, bar])
        st.highest_high = max(st.highest_high, bars[HIGH, bar])
        st.lowest_low = min(st.lowest_low, bars[LOW, bar])
    st.upto = i


@jit
def measure(st, which):
    """Return what a `PositionValue` is today, by its place in `plan.MEASURES`."""
    i = st.bar
    oldest = st.open[0]
    if which == 0:
        return st.trades[oldest, T_ENTRY]
    if which == 1:
        return i - st.trades[oldest, T_BAR]
    if which == 2:
        return profit_percent(st)
    if which == 3:
        return st.highest_close
    if which == 4:
        return st.lowest_close
    return st.highest_high if which == 5 else st.lowest_low


@jit
def profit_percent(st):
    """Return the open profit in percent of what was invested."""
    invested = 0.0
    for place in range(st.trade_count):
        slot = st.open[place]
        invested += abs(st.trades[slot, T_SIZE]) * st.trades[slot, T_ENTRY]
    if invested == 0:
        return 0.0
    profit = st.close * st.position - st.invested
    return profit / invested * 100
