"""The rules that are ours. See `simulation.house`."""

import math

from backtest_engine.simulation.kernel.account import reduce, rounded, worth
from backtest_engine.simulation.kernel.jit import jit
from backtest_engine.simulation.kernel.layout import (
    ACCOUNT_WIPED_OUT,
    ALL_THERE_IS,
    CASH,
    CLOSE_PRICE,
    COUNTERS,
    END_OF_DATA,
    ENTERED,
    HIGH,
    LEVERAGE,
    LOW,
    O_LIMIT,
    O_SERIAL,
    O_TRADE,
    O_WAITING,
    OPEN,
    OPEN_PRICE,
    ORDERS,
    QUEUE,
    SERIALS,
    SHORTFALL,
    STEPS,
    STOP_LOSS,
    T_BETTER,
    T_BY_STOP,
    T_ENTERED,
    T_ENTERED_AT,
    T_SAME_BAR,
    T_SIZE,
    T_SL,
    T_SL_ORDER,
    T_TARGET_COUNTS,
    T_TP,
    T_TP_ORDER,
    TAKE_PROFIT,
    TRADES,
    WALK,
)


@jit
def finish_house(s, k, bars, equity, orders, trades, closed, i):
    """Close what is open after the last bar, oldest first, at its close; no order is filled any more."""
    _close_at_close(s, k, bars, orders, trades, closed, i, END_OF_DATA)
    s[CASH] = max(0.0, s[CASH])
    equity[i] = s[CASH]


@jit
def wipe_out_house(s, k, bars, equity, orders, trades, closed, i):
    """Close every trade at the close; the account is what is left, at least 0."""
    _close_at_close(s, k, bars, orders, trades, closed, i, ACCOUNT_WIPED_OUT)
    s[SHORTFALL] = max(0.0, -s[CASH])
    s[CASH] = max(0.0, s[CASH])
    equity[i:] = s[CASH]


@jit
def _close_at_close(s, k, bars, orders, trades, closed, i, reason):
    while k[COUNTERS, TRADES] > 0:
        trade = k[OPEN, 0]
        reduce(s, k, orders, trades, closed, trade, trades[trade, T_SIZE], bars[CLOSE_PRICE, i], i, reason)


@jit
def gap_price(bars, buying, limit, stop, i):
    """Return whether an order whose stop was just hit is filled, and at what price: a gap fills at the open."""
    opened = bars[OPEN_PRICE, i]
    price = max(opened, stop) if buying else min(opened, stop)
    # A gap beyond the limit does not fill; a limit on the near side of the stop waits for the price to come back.
    if limit != 0:
        waits = (price > limit or stop >= limit) if buying else (price < limit or stop <= limit)
        if waits:
            return False, 0.0
    return True, price


@jit
def affordable(s, budget, unit):
    """Return the units, in whole steps, that a budget buys."""
    if s[STEPS] == 0:
        return float(budget // unit)
    count = (budget * s[STEPS]) // unit
    if count != 0 and count / s[STEPS] * unit > budget:
        count -= 1
    return count / s[STEPS]


@jit
def net_units(s, k, fraction, opposite, unit, price, mark):
    """Return the signed units of a fraction of what is available once opposite trades are closed."""
    budget = max(0.0, worth(s, k, mark)) * s[LEVERAGE] * abs(fraction)
    left = budget - opposite * price
    if left >= 0:
        units = opposite + affordable(s, left, unit)
    elif abs(fraction) >= ALL_THERE_IS:
        units = opposite
    else:
        units = min(opposite, affordable(s, budget, price))
    units = rounded(s, units)
    return math.copysign(units, fraction) if units != 0 else 0.0


@jit
def remember_entry(k, bars, orders, trades, slot, trade, i, price, hit):
    """Note how a trade with levels was opened: they may act on the same bar."""
    k[COUNTERS, ENTERED] += 1
    market = not hit and orders[slot, O_LIMIT] == 0
    trades[trade, T_ENTERED] = i
    trades[trade, T_ENTERED_AT] = bars[OPEN_PRICE, i] if market else price
    trades[trade, T_BY_STOP] = 1.0 if hit and price != bars[OPEN_PRICE, i] else 0.0
    trades[trade, T_TARGET_COUNTS] = 1.0 if orders[slot, O_LIMIT] == 0 else 0.0


@jit
def play_own_levels(s, k, bars, orders, trades, closed, i):
    """Let the levels of the trades that were opened on this bar act on it, stops first."""
    count = k[COUNTERS, ORDERS]
    for place in range(count):
        slot = k[QUEUE, place]
        k[WALK, place] = slot
        k[SERIALS, place] = int(orders[slot, O_SERIAL])
    for place in range(count):
        slot = k[WALK, place]
        trade = int(orders[slot, O_TRADE])
        if orders[slot, O_WAITING] != 1 or orders[slot, O_SERIAL] != k[SERIALS, place] or trade < 0:
            continue
        if trades[trade, T_ENTERED] == i:
            _play_level(s, k, bars, orders, trades, closed, slot, trade, i)


@jit
def _play_level(s, k, bars, orders, trades, closed, slot, trade, i):
    long = trades[trade, T_SIZE] > 0
    opened = trades[trade, T_ENTERED_AT]
    counts = trades[trade, T_TARGET_COUNTS] == 1
    if slot == int(trades[trade, T_SL_ORDER]) and _stop_reached(bars, trades, trade, i):
        reached = counts and _target_reached(bars, trades, trade, i)
        if trades[trade, T_BY_STOP] == 1 or reached:
            trades[trade, T_SAME_BAR] = 1.0
            trades[trade, T_BETTER] = _target_price(bars, trades, trade, i) if reached else bars[CLOSE_PRICE, i]
        level = trades[trade, T_SL]
        price = min(opened, level) if long else max(opened, level)
        reduce(s, k, orders, trades, closed, trade, trades[trade, T_SIZE], price, i, STOP_LOSS)
    elif slot == int(trades[trade, T_TP_ORDER]) and counts and _target_reached(bars, trades, trade, i):
        price = _target_price(bars, trades, trade, i)
        reduce(s, k, orders, trades, closed, trade, trades[trade, T_SIZE], price, i, TAKE_PROFIT)


@jit
def _stop_reached(bars, trades, trade, i):
    level = trades[trade, T_SL]
    return level != 0 and (bars[LOW, i] <= level if trades[trade, T_SIZE] > 0 else bars[HIGH, i] >= level)


@jit
def _target_reached(bars, trades, trade, i):
    level = trades[trade, T_TP]
    return level != 0 and (bars[HIGH, i] >= level if trades[trade, T_SIZE] > 0 else bars[LOW, i] <= level)


@jit
def _target_price(bars, trades, trade, i):
    if trades[trade, T_SIZE] > 0:
        return max(bars[OPEN_PRICE, i], trades[trade, T_TP])
    return min(bars[OPEN_PRICE, i], trades[trade, T_TP])
