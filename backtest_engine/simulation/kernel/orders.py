"""What a strategy does to the account: order, close, cancel. See `simulation.broker`."""

import math

from backtest_engine.simulation.kernel.account import lose, put_last, queue_close, remove, take_order
from backtest_engine.simulation.kernel.jit import jit
from backtest_engine.simulation.kernel.layout import (
    BAD_SIZE,
    BAR,
    CLOSE_PRICE,
    COUNTERS,
    ENTRY,
    EXCLUSIVE,
    EXPIRED,
    HOUSE,
    NEGATIVE_PRICE,
    O_KIND,
    O_LIMIT,
    O_RISK,
    O_SL,
    O_STOP,
    O_TP,
    O_TRADE,
    OK,
    OPEN,
    ORDERS,
    PLACED,
    QUEUE,
    REPLACED,
    SPREAD,
    STOP_LOSS,
    STOPPED_AT,
    T_SL,
    T_SL_ORDER,
    T_TP,
    T_TP_ORDER,
    TRADES,
    WRONG_SIDE,
    WRONG_SIDE_ORDER,
)


@jit
def size_allowed(size):
    """Whether a size is a fraction or whole units."""
    return 0 < size < 1 or (size >= 1 and math.floor(size) == size and size < math.inf)


@jit
def _levels_in_order(s, k, bars, size, limit, stop, sl, tp):
    """Return whether the stop, the price and the target of an order are in order; what would be a price is above 0."""
    if k[COUNTERS, HOUSE]:
        for price in (limit, stop, sl, tp):
            if price < 0:
                s[STOPPED_AT] = price
                return NEGATIVE_PRICE
    reference = limit
    if reference == 0:
        reference = stop
    if reference == 0:
        reference = bars[CLOSE_PRICE, k[COUNTERS, BAR]] * (1 + math.copysign(s[SPREAD], size))
    low, high = (sl, tp) if size > 0 else (tp, sl)
    if (low == 0 or low < reference) and (high == 0 or reference < high):
        return OK
    s[STOPPED_AT] = reference
    return WRONG_SIDE_ORDER


@jit
def new_order(s, k, bars, orders, trades, size, limit, stop, sl, tp, risk):
    """Queue an entry order of a signed size; 0 is no price. Return how that went."""
    if not size_allowed(abs(size)):
        s[STOPPED_AT] = size
        return BAD_SIZE
    found = _levels_in_order(s, k, bars, size, limit, stop, sl, tp)
    slot = take_order(k, orders, ENTRY, size)
    orders[slot, O_LIMIT] = limit
    orders[slot, O_STOP] = stop
    orders[slot, O_SL] = sl
    orders[slot, O_TP] = tp
    orders[slot, O_RISK] = risk
    if found != OK:
        lose(s, k, orders, slot, WRONG_SIDE, k[COUNTERS, BAR])
        put_last(k, slot)
        remove(k, orders, slot)
        return found
    if k[COUNTERS, EXCLUSIVE]:
        _replace_all(s, k, orders, trades)
    put_last(k, slot)
    k[COUNTERS, PLACED] += 1
    return OK


@jit
def _replace_all(s, k, orders, trades):
    """Cancel waiting orders and queue the closing of every trade; as a library, let every second one survive."""
    place = 0
    while place < k[COUNTERS, ORDERS]:
        slot = k[QUEUE, place]
        if orders[slot, O_KIND] < STOP_LOSS:
            if orders[slot, O_KIND] == ENTRY:
                lose(s, k, orders, slot, REPLACED, k[COUNTERS, BAR])
            remove(k, orders, slot)
            if k[COUNTERS, HOUSE]:
                continue
        place += 1
    close_all(s, k, orders, trades, 1.0)


@jit
def close_all(s, k, orders, trades, portion):
    """Queue the closing of a portion of every trade; the youngest trade's close ends up in front."""
    for place in range(k[COUNTERS, TRADES]):
        queue_close(s, k, orders, trades, k[OPEN, place], portion)


@jit
def cancel(s, k, orders, trades, slot):
    """Take a waiting order out of the queue, and from the trade whose level it was."""
    if orders[slot, O_KIND] == ENTRY:
        lose(s, k, orders, slot, EXPIRED, k[COUNTERS, BAR])
    trade = int(orders[slot, O_TRADE])
    if trade >= 0 and trades[trade, T_SL_ORDER] == slot:
        trades[trade, T_SL] = 0.0
        trades[trade, T_SL_ORDER] = -1
    elif trade >= 0 and trades[trade, T_TP_ORDER] == slot:
        trades[trade, T_TP] = 0.0
        trades[trade, T_TP_ORDER] = -1
    remove(k, orders, slot)


@jit
def cancel_entries(s, k, orders, trades):
    """Cancel every order that waits and is no trade's level."""
    place = 0
    while place < k[COUNTERS, ORDERS]:
        slot = k[QUEUE, place]
        if orders[slot, O_KIND] < STOP_LOSS:
            cancel(s, k, orders, trades, slot)
        else:
            place += 1
