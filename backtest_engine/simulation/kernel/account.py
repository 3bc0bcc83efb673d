"""Cash, open trades and the queue: how a trade is opened, reduced and closed. See `simulation.account`."""

import math

import numpy as np

from backtest_engine.simulation.kernel.jit import jit
from backtest_engine.simulation.kernel.layout import (
    BAD_LEVEL,
    BAR,
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
    CASH,
    CLOSED,
    CLOSING,
    COUNTERS,
    FIXED,
    FREE_ORDER_COUNT,
    FREE_ORDERS,
    FREE_TRADE_COUNT,
    FREE_TRADES,
    GAIN_SUM,
    GAINS,
    INVESTED,
    LEVERAGE,
    LOSS_SUM,
    LOSSES,
    LOST,
    LOST_BAR,
    LOST_COUNT,
    LOST_FIELDS,
    LOST_LIMIT,
    LOST_SIZE,
    LOST_SL,
    LOST_STOP,
    LOST_TP,
    LOST_UNIT,
    MINIMUM,
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
    OPEN,
    ORDERS,
    PER_UNIT,
    POSITION,
    QUEUE,
    RATE,
    SERIAL,
    STEPS,
    STOP_LOSS,
    STOPPED_AT,
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
    TRADES,
)


@jit
def fee(s, size, price):
    """Return the commission for so many units at a price."""
    return max(s[MINIMUM], s[FIXED] + abs(size) * price * s[RATE] + abs(size) * s[PER_UNIT])


@jit
def worth(s, k, price):
    """Return the equity with open trades at a price, from scratch."""
    if k[COUNTERS, TRADES] == 0:
        return s[CASH]
    return s[CASH] + (price * s[POSITION] - s[INVESTED])


@jit
def available(s, k, trades, mark):
    """Return what can still be invested, without leverage, with open trades at a price."""
    if k[COUNTERS, TRADES] == 0:
        return max(0.0, s[CASH])
    used = 0.0
    for place in range(k[COUNTERS, TRADES]):
        used += abs(trades[k[OPEN, place], T_SIZE]) * mark / s[LEVERAGE]
    return max(0.0, worth(s, k, mark) - used)


@jit
def recount(s, k, trades):
    """Sum up the open trades, oldest first."""
    position = 0.0
    invested = 0.0
    for place in range(k[COUNTERS, TRADES]):
        slot = k[OPEN, place]
        position += trades[slot, T_SIZE]
        invested += trades[slot, T_SIZE] * trades[slot, T_ENTRY]
    s[POSITION] = position
    s[INVESTED] = invested


@jit
def lose(s, k, orders, slot, reason, bar):
    """Count an entry order that came to nothing; return whether it is the first for that reason."""
    row = LOST + reason * LOST_FIELDS
    s[row + LOST_COUNT] += 1
    if s[row + LOST_COUNT] > 1:
        return False
    s[row + LOST_BAR] = bar
    s[row + LOST_SIZE] = orders[slot, O_SIZE]
    s[row + LOST_LIMIT] = orders[slot, O_LIMIT]
    s[row + LOST_STOP] = orders[slot, O_STOP]
    s[row + LOST_SL] = orders[slot, O_SL]
    s[row + LOST_TP] = orders[slot, O_TP]
    s[row + LOST_UNIT] = math.nan
    return True


@jit
def take_order(k, orders, kind, size):
    """Return the row of a new order that is in no queue yet."""
    k[COUNTERS, FREE_ORDER_COUNT] -= 1
    slot = k[FREE_ORDERS, k[COUNTERS, FREE_ORDER_COUNT]]
    k[COUNTERS, SERIAL] += 1
    orders[slot, :] = 0.0
    orders[slot, O_KIND] = kind
    orders[slot, O_SIZE] = size
    orders[slot, O_RISK] = math.nan
    orders[slot, O_PLACED] = k[COUNTERS, BAR]
    orders[slot, O_TRADE] = -1
    orders[slot, O_SERIAL] = k[COUNTERS, SERIAL]
    orders[slot, O_WAITING] = 1.0
    return slot


@jit
def put_in_front(k, slot):
    """Queue an order before all others."""
    for place in range(k[COUNTERS, ORDERS], 0, -1):
        k[QUEUE, place] = k[QUEUE, place - 1]
    k[QUEUE, 0] = slot
    k[COUNTERS, ORDERS] += 1


@jit
def put_last(k, slot):
    """Queue an order after all others."""
    k[QUEUE, k[COUNTERS, ORDERS]] = slot
    k[COUNTERS, ORDERS] += 1


@jit
def remove(k, orders, slot):
    """Take an order out of the queue; its row is free."""
    orders[slot, O_WAITING] = 0.0
    place = 0
    while k[QUEUE, place] != slot:
        place += 1
    k[COUNTERS, ORDERS] -= 1
    for after in range(place, k[COUNTERS, ORDERS]):
        k[QUEUE, after] = k[QUEUE, after + 1]
    k[FREE_ORDERS, k[COUNTERS, FREE_ORDER_COUNT]] = slot
    k[COUNTERS, FREE_ORDER_COUNT] += 1


@jit
def rounded(s, size):
    """Return a size in whole steps of the market, where it trades parts of a unit."""
    if s[STEPS] == 0:
        return size
    return np.rint(size * s[STEPS]) / s[STEPS]


@jit
def queue_close(s, k, orders, trades, trade, portion):
    """Queue the closing of a portion of a trade, before all others."""
    amount = abs(trades[trade, T_SIZE]) * portion
    if s[STEPS] == 0:
        size = max(1.0, np.rint(amount))
    else:
        size = max(1.0, np.rint(amount * s[STEPS])) / s[STEPS]
    slot = take_order(k, orders, CLOSING, math.copysign(size, -trades[trade, T_SIZE]))
    orders[slot, O_TRADE] = trade
    orders[slot, O_TRADE_SERIAL] = trades[trade, T_SERIAL]
    put_in_front(k, slot)


@jit
def set_level(k, orders, trades, trade, kind, price):
    """Set a trade's stop-loss (which goes in front) or take-profit (which goes last) anew; 0 removes it."""
    level, field = (T_SL, T_SL_ORDER) if kind == STOP_LOSS else (T_TP, T_TP_ORDER)
    old = int(trades[trade, field])
    if old >= 0:
        remove(k, orders, old)
    trades[trade, level] = price
    trades[trade, field] = -1
    if price == 0:
        return
    slot = take_order(k, orders, kind, -trades[trade, T_SIZE])
    orders[slot, O_TRADE] = trade
    orders[slot, O_TRADE_SERIAL] = trades[trade, T_SERIAL]
    trades[trade, field] = slot
    if kind == STOP_LOSS:
        orders[slot, O_STOP] = price
        put_in_front(k, slot)
    else:
        orders[slot, O_LIMIT] = price
        put_last(k, slot)


@jit
def open_trade(s, k, orders, trades, order, size, price, bar):
    """Open a trade with the levels of its order, the target first. Return its row and how that went."""
    k[COUNTERS, FREE_TRADE_COUNT] -= 1
    trade = k[FREE_TRADES, k[COUNTERS, FREE_TRADE_COUNT]]
    k[COUNTERS, SERIAL] += 1
    trades[trade, :] = 0.0
    trades[trade, T_SIZE] = size
    trades[trade, T_ENTRY] = price
    trades[trade, T_BAR] = bar
    trades[trade, T_SL_ORDER] = -1
    trades[trade, T_TP_ORDER] = -1
    trades[trade, T_RISK] = orders[order, O_RISK]
    trades[trade, T_SERIAL] = k[COUNTERS, SERIAL]
    trades[trade, T_PARTS] = 0
    trades[trade, T_ENTERED] = -1
    k[OPEN, k[COUNTERS, TRADES]] = trade
    k[COUNTERS, TRADES] += 1
    recount(s, k, trades)
    s[CASH] -= fee(s, size, price)
    for kind in (TAKE_PROFIT, STOP_LOSS):
        level = orders[order, O_TP] if kind == TAKE_PROFIT else orders[order, O_SL]
        if level != 0:
            if not 0 < level < math.inf:
                s[STOPPED_AT] = level
                return trade, BAD_LEVEL
            set_level(k, orders, trades, trade, kind, level)
    return trade, OK


@jit
def _let_go(k, orders, trades, trade):
    """Take a trade that is closed out of the open ones, and its levels out of the queue."""
    place = 0
    while k[OPEN, place] != trade:
        place += 1
    k[COUNTERS, TRADES] -= 1
    for after in range(place, k[COUNTERS, TRADES]):
        k[OPEN, after] = k[OPEN, after + 1]
    for field in (T_SL_ORDER, T_TP_ORDER):
        order = int(trades[trade, field])
        if order >= 0 and orders[order, O_WAITING] == 1:
            remove(k, orders, order)
    trades[trade, T_SERIAL] = 0
    k[FREE_TRADES, k[COUNTERS, FREE_TRADE_COUNT]] = trade
    k[COUNTERS, FREE_TRADE_COUNT] += 1


@jit
def reduce(s, k, orders, trades, closed, trade, size, price, bar, reason):
    """Close a size, signed like the trade, at a price, and record it."""
    entry = trades[trade, T_ENTRY]
    row = closed[k[COUNTERS, CLOSED]]
    k[COUNTERS, CLOSED] += 1
    row[:] = 0.0
    row[C_ENTRY_BAR] = trades[trade, T_BAR]
    row[C_ENTRY] = entry
    row[C_RISK] = trades[trade, T_RISK]
    if size == trades[trade, T_SIZE]:
        row[C_SL] = trades[trade, T_SL]
        row[C_TP] = trades[trade, T_TP]
        row[C_SAME_BAR] = trades[trade, T_SAME_BAR]
        row[C_BETTER] = trades[trade, T_BETTER]
        _let_go(k, orders, trades, trade)
    else:
        trades[trade, T_SIZE] = rounded(s, trades[trade, T_SIZE] - size)
        for field in (T_SL_ORDER, T_TP_ORDER):
            order = int(trades[trade, field])
            if order >= 0:
                orders[order, O_SIZE] = -trades[trade, T_SIZE]
    paid = fee(s, size, price)
    row[C_SIZE] = size
    row[C_EXIT_BAR] = bar
    row[C_EXIT] = price
    row[C_COMMISSION] = paid + fee(s, size, entry)
    row[C_REASON] = reason
    s[CASH] += size * (price - entry) - paid
    recount(s, k, trades)
    _count_return(s, k, row)


@jit
def _count_return(s, k, row):
    """Add a closed trade's return to the sums of gains and of losses."""
    gross = math.copysign(1.0, row[C_SIZE]) * (row[C_EXIT] / row[C_ENTRY] - 1)
    gained = gross - row[C_COMMISSION] / (abs(row[C_SIZE]) * row[C_ENTRY])
    if gained > 0:
        k[COUNTERS, GAINS] += 1
        s[GAIN_SUM] += gained
    elif gained <= 0:
        k[COUNTERS, LOSSES] += 1
        s[LOSS_SUM] += -gained
