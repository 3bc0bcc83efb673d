"""The rules that are ours. See `simulation.house`."""

import math

from backtest_engine.simulation.kernel.account import reduce, rounded, worth
from backtest_engine.simulation.kernel.jit import jit
from backtest_engine.simulation.kernel.layout import (
    ACCOUNT_WIPED_OUT,
    ALL_THERE_IS,
    END_OF_DATA,
    O_LIMIT,
    O_SERIAL,
    O_TRADE,
    O_WAITING,
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
)


@jit
def finish_house(st, i):
    """Close what is open after the last bar, oldest first, at its close; no order is filled any more."""
    _close_at_close(st, i, END_OF_DATA)
    st.cash = max(0.0, st.cash)
    st.equity = st.cash


@jit
def wipe_out_house(st, i):
    """Close every trade at the close; the account is what is left, at least 0."""
    _close_at_close(st, i, ACCOUNT_WIPED_OUT)
    st.shortfall = max(0.0, -st.cash)
    st.cash = max(0.0, st.cash)
    st.equity = st.cash


@jit
def _close_at_close(st, i, reason):
    while st.trade_count > 0:
        trade = st.open[0]
        reduce(st, trade, st.trades[trade, T_SIZE], st.close, i, reason)


@jit
def gap_price(st, buying, limit, stop, i):
    """Return whether an order whose stop was just hit is filled, and at what price: a gap fills at the open."""
    opened = st.open_price
    price = max(opened, stop) if buying else min(opened, stop)
    # A gap beyond the limit does not fill; a limit on the near side of the stop waits for the price to come back.
    if limit != 0:
        waits = (price > limit or stop >= limit) if buying else (price < limit or stop <= limit)
        if waits:
            return False, 0.0
    return True, price


@jit
def affordable(st, budget, unit):
    """Return the units, in whole steps, that a budget buys."""
    if st.steps == 0:
        return float(budget // unit)
    count = (budget * st.steps) // unit
    if count != 0 and count / st.steps * unit > budget:
        count -= 1
    return count / st.steps


@jit
def net_units(st, fraction, opposite, unit, price, mark):
    """Return the signed units of a fraction of what is available once opposite trades are closed."""
    budget = max(0.0, worth(st, mark)) * st.leverage * abs(fraction)
    left = budget - opposite * price
    if left >= 0:
        units = opposite + affordable(st, left, unit)
    elif abs(fraction) >= ALL_THERE_IS:
        units = opposite
    else:
        units = min(opposite, affordable(st, budget, price))
    units = rounded(st, units)
    return math.copysign(units, fraction) if units != 0 else 0.0


@jit
def remember_entry(st, slot, trade, i, price, hit):
    """Note how a trade with levels was opened: they may act on the same bar."""
    st.entered += 1
    market = not hit and st.orders[slot, O_LIMIT] == 0
    st.trades[trade, T_ENTERED] = i
    st.trades[trade, T_ENTERED_AT] = st.open_price if market else price
    st.trades[trade, T_BY_STOP] = 1.0 if hit and price != st.open_price else 0.0
    st.trades[trade, T_TARGET_COUNTS] = 1.0 if st.orders[slot, O_LIMIT] == 0 else 0.0


@jit
def play_own_levels(st, i):
    """Let the levels of the trades that were opened on this bar act on it, stops first."""
    count = st.order_count
    for place in range(count):
        slot = st.queue[place]
        st.walk[place] = slot
        st.serials[place] = int(st.orders[slot, O_SERIAL])
    for place in range(count):
        slot = st.walk[place]
        trade = int(st.orders[slot, O_TRADE])
        if st.orders[slot, O_WAITING] != 1 or st.orders[slot, O_SERIAL] != st.serials[place] or trade < 0:
            continue
        if st.trades[trade, T_ENTERED] == i:
            _play_level(st, slot, trade, i)


@jit
def _play_level(st, slot, trade, i):
    long = st.trades[trade, T_SIZE] > 0
    opened = st.trades[trade, T_ENTERED_AT]
    counts = st.trades[trade, T_TARGET_COUNTS] == 1
    if slot == int(st.trades[trade, T_SL_ORDER]) and _stop_reached(st, trade, i):
        reached = counts and _target_reached(st, trade, i)
        if st.trades[trade, T_BY_STOP] == 1 or reached:
            st.trades[trade, T_SAME_BAR] = 1.0
            st.trades[trade, T_BETTER] = _target_price(st, trade, i) if reached else st.close
        level = st.trades[trade, T_SL]
        price = min(opened, level) if long else max(opened, level)
        reduce(st, trade, st.trades[trade, T_SIZE], price, i, STOP_LOSS)
    elif slot == int(st.trades[trade, T_TP_ORDER]) and counts and _target_reached(st, trade, i):
        price = _target_price(st, trade, i)
        reduce(st, trade, st.trades[trade, T_SIZE], price, i, TAKE_PROFIT)


@jit
def _stop_reached(st, trade, i):
    level = st.trades[trade, T_SL]
    return level != 0 and (st.low <= level if st.trades[trade, T_SIZE] > 0 else st.high >= level)


@jit
def _target_reached(st, trade, i):
    level = st.trades[trade, T_TP]
    return level != 0 and (st.high >= level if st.trades[trade, T_SIZE] > 0 else st.low <= level)


@jit
def _target_price(st, trade, i):
    if st.trades[trade, T_SIZE] > 0:
        return max(st.open_price, st.trades[trade, T_TP])
    return min(st.open_price, st.trades[trade, T_TP])
