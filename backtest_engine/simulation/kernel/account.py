"""Cash, open trades and the queue: how a trade is opened, reduced and closed. See `simulation.account`."""

import math

import numpy as np

from backtest_engine.simulation.kernel.jit import jit
from backtest_engine.simulation.kernel.layout import (
    BAD_LEVEL,
    C_BETTER,
    C_COMMISSION,
    C_ENTRY,
    C_ENTRY_BAR,
    C_EXIT,
    C_EXIT_BAR,
    C_REASON,
    C_RISK,
    C_SAME_BAR,
    C_SIZE,
    C_SL,
    C_TP,
    CLOSING,
    LOST_BAR,
    LOST_COUNT,
    LOST_LIMIT,
    LOST_SIZE,
    LOST_SL,
    LOST_STOP,
    LOST_TP,
    LOST_UNIT,
    O_KIND,
    O_LIMIT,
    O_PLACED,
    O_RISK,
    O_SERIAL,
    O_SIZE,
    O_SL,
    O_STOP,
    O_TP,
    O_TRADE,
    O_TRADE_SERIAL,
    O_WAITING,
    OK,
    STOP_LOSS,
    T_BAR,
    T_BETTER,
    T_ENTERED,
    T_ENTRY,
    T_PARTS,
    T_RISK,
    T_SAME_BAR,
    T_SERIAL,
    T_SIZE,
    T_SL,
    T_SL_ORDER,
    T_TP,
    T_TP_ORDER,
    TAKE_PROFIT,
)


@jit
def fee(st, size, price):
    """Return the commission for so many units at a price."""
    return max(st.minimum, st.fixed + abs(size) * price * st.rate + abs(size) * st.per_unit)


@jit
def worth(st, price):
    """Return the equity with open trades at a price, from scratch."""
    if st.trade_count == 0:
        return st.cash
    return st.cash + (price * st.position - st.invested)


@jit
def available(st, mark):
    """Return what can still be invested, without leverage, with open trades at a price."""
    if st.trade_count == 0:
        return max(0.0, st.cash)
    used = 0.0
    for place in range(st.trade_count):
        used += abs(st.trades[st.open[place], T_SIZE]) * mark / st.leverage
    return max(0.0, worth(st, mark) - used)


@jit
def recount(st):
    """Sum up the open trades, oldest first."""
    position = 0.0
    invested = 0.0
    for place in range(st.trade_count):
        slot = st.open[place]
        position += st.trades[slot, T_SIZE]
        invested += st.trades[slot, T_SIZE] * st.trades[slot, T_ENTRY]
    st.position = position
    st.invested = invested


@jit
def lose(st, slot, reason, bar):
    """Count an entry order that came to nothing; return whether it is the first for that reason."""
    row = st.lost[reason]
    row[LOST_COUNT] += 1
    if row[LOST_COUNT] > 1:
        return False
    row[LOST_BAR] = bar
    row[LOST_SIZE] = st.orders[slot, O_SIZE]
    row[LOST_LIMIT] = st.orders[slot, O_LIMIT]
    row[LOST_STOP] = st.orders[slot, O_STOP]
    row[LOST_SL] = st.orders[slot, O_SL]
    row[LOST_TP] = st.orders[slot, O_TP]
    row[LOST_UNIT] = math.nan
    return True


@jit
def take_order(st, kind, size):
    """Return the row of a new order that is in no queue yet."""
    st.free_order_count -= 1
    slot = st.free_orders[st.free_order_count]
    st.serial += 1
    st.orders[slot, :] = 0.0
    st.orders[slot, O_KIND] = kind
    st.orders[slot, O_SIZE] = size
    st.orders[slot, O_RISK] = math.nan
    st.orders[slot, O_PLACED] = st.bar
    st.orders[slot, O_TRADE] = -1
    st.orders[slot, O_SERIAL] = st.serial
    st.orders[slot, O_WAITING] = 1.0
    return slot


@jit
def put_in_front(st, slot):
    """Queue an order before all others."""
    for place in range(st.order_count, 0, -1):
        st.queue[place] = st.queue[place - 1]
    st.queue[0] = slot
    st.order_count += 1


@jit
def put_last(st, slot):
    """Queue an order after all others."""
    st.queue[st.order_count] = slot
    st.order_count += 1


@jit
def remove(st, slot):
    """Take an order out of the queue; its row is free."""
    st.orders[slot, O_WAITING] = 0.0
    place = 0
    while st.queue[place] != slot:
        place += 1
    st.order_count -= 1
    for after in range(place, st.order_count):
        st.queue[after] = st.queue[after + 1]
    st.free_orders[st.free_order_count] = slot
    st.free_order_count += 1


@jit
def rounded(st, size):
    """Return a size in whole steps of the market, where it trades parts of a unit."""
    if st.steps == 0:
        return size
    return np.rint(size * st.steps) / st.steps


@jit
def queue_close(st, trade, portion):
    """Queue the closing of a portion of a trade, before all others."""
    amount = abs(st.trades[trade, T_SIZE]) * portion
    if st.steps == 0:
        size = max(1.0, np.rint(amount))
    else:
        size = max(1.0, np.rint(amount * st.steps)) / st.steps
    slot = take_order(st, CLOSING, math.copysign(size, -st.trades[trade, T_SIZE]))
    st.orders[slot, O_TRADE] = trade
    st.orders[slot, O_TRADE_SERIAL] = st.trades[trade, T_SERIAL]
    put_in_front(st, slot)


@jit
def set_level(st, trade, kind, price):
    """Set a trade's stop-loss (which goes in front) or take-profit (which goes last) anew; 0 removes it."""
    level, field = (T_SL, T_SL_ORDER) if kind == STOP_LOSS else (T_TP, T_TP_ORDER)
    old = int(st.trades[trade, field])
    if old >= 0:
        remove(st, old)
    st.trades[trade, level] = price
    st.trades[trade, field] = -1
    if price == 0:
        return
    slot = take_order(st, kind, -st.trades[trade, T_SIZE])
    st.orders[slot, O_TRADE] = trade
    st.orders[slot, O_TRADE_SERIAL] = st.trades[trade, T_SERIAL]
    st.trades[trade, field] = slot
    if kind == STOP_LOSS:
        st.orders[slot, O_STOP] = price
        put_in_front(st, slot)
    else:
        st.orders[slot, O_LIMIT] = price
        put_last(st, slot)


@jit
def open_trade(st, order, size, price, bar):
    """Open a trade with the levels of its order, the target first. Return its row and how that went."""
    st.free_trade_count -= 1
    trade = st.free_trades[st.free_trade_count]
    st.serial += 1
    st.trades[trade, :] = 0.0
    st.trades[trade, T_SIZE] = size
    st.trades[trade, T_ENTRY] = price
    st.trades[trade, T_BAR] = bar
    st.trades[trade, T_SL_ORDER] = -1
    st.trades[trade, T_TP_ORDER] = -1
    st.trades[trade, T_RISK] = st.orders[order, O_RISK]
    st.trades[trade, T_SERIAL] = st.serial
    st.trades[trade, T_PARTS] = 0
    st.trades[trade, T_ENTERED] = -1
    st.open[st.trade_count] = trade
    st.trade_count += 1
    recount(st)
    st.cash -= fee(st, size, price)
    for kind in (TAKE_PROFIT, STOP_LOSS):
        level = st.orders[order, O_TP] if kind == TAKE_PROFIT else st.orders[order, O_SL]
        if level != 0:
            if not 0 < level < math.inf:
                st.stopped_at = level
                return trade, BAD_LEVEL
            set_level(st, trade, kind, level)
    return trade, OK


@jit
def _let_go(st, trade):
    """Take a trade that is closed out of the open ones, and its levels out of the queue."""
    place = 0
    while st.open[place] != trade:
        place += 1
    st.trade_count -= 1
    for after in range(place, st.trade_count):
        st.open[after] = st.open[after + 1]
    for field in (T_SL_ORDER, T_TP_ORDER):
        order = int(st.trades[trade, field])
        if order >= 0 and st.orders[order, O_WAITING] == 1:
            remove(st, order)
    st.trades[trade, T_SERIAL] = 0
    st.free_trades[st.free_trade_count] = trade
    st.free_trade_count += 1


@jit
def reduce(st, trade, size, price, bar, reason):
    """Close a size, signed like the trade, at a price, and record it."""
    entry = st.trades[trade, T_ENTRY]
    row = st.closed[st.closed_count]
    st.closed_count += 1
    row[:] = 0.0
    row[C_ENTRY_BAR] = st.trades[trade, T_BAR]
    row[C_ENTRY] = entry
    row[C_RISK] = st.trades[trade, T_RISK]
    if size == st.trades[trade, T_SIZE]:
        row[C_SL] = st.trades[trade, T_SL]
        row[C_TP] = st.trades[trade, T_TP]
        row[C_SAME_BAR] = st.trades[trade, T_SAME_BAR]
        row[C_BETTER] = st.trades[trade, T_BETTER]
        _let_go(st, trade)
    else:
        st.trades[trade, T_SIZE] = rounded(st, st.trades[trade, T_SIZE] - size)
        for field in (T_SL_ORDER, T_TP_ORDER):
            order = int(st.trades[trade, field])
            if order >= 0:
                st.orders[order, O_SIZE] = -st.trades[trade, T_SIZE]
    paid = fee(st, size, price)
    row[C_SIZE] = size
    row[C_EXIT_BAR] = bar
    row[C_EXIT] = price
    row[C_COMMISSION] = paid + fee(st, size, entry)
    row[C_REASON] = reason
    st.cash += size * (price - entry) - paid
    recount(st)
    st.last_exit_bar = bar
    st.last_profit = size * (price - entry) - row[C_COMMISSION]
    _count_return(st, row)


@jit
def _count_return(st, row):
    """Add a closed trade's return to the sums of gains and of losses."""
    gross = math.copysign(1.0, row[C_SIZE]) * (row[C_EXIT] / row[C_ENTRY] - 1)
    gained = gross - row[C_COMMISSION] / (abs(row[C_SIZE]) * row[C_ENTRY])
    if gained > 0:
        st.gains += 1
        st.gain_sum += gained
    elif gained <= 0:
        st.losses += 1
        st.loss_sum += -gained
