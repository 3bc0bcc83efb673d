"""What a strategy does to the account: order, close, cancel. See `simulation.broker`."""

import math

from backtest_engine.simulation.kernel.account import lose, put_last, queue_close, remove, take_order
from backtest_engine.simulation.kernel.jit import jit
from backtest_engine.simulation.kernel.layout import (
    BAD_SIZE,
    ENTRY,
    EXPIRED,
    NEGATIVE_PRICE,
    O_KIND,
    O_LIMIT,
    O_RISK,
    O_SL,
    O_STOP,
    O_TP,
    O_TRADE,
    OK,
    REPLACED,
    STOP_LOSS,
    T_SL,
    T_SL_ORDER,
    T_TP,
    T_TP_ORDER,
    WRONG_SIDE,
    WRONG_SIDE_ORDER,
)


@jit
def size_allowed(size):
    """Whether a size is a fraction or whole units."""
    return 0 < size < 1 or (size >= 1 and math.floor(size) == size and size < math.inf)


@jit
def _levels_in_order(st, size, limit, stop, sl, tp):
    """Return whether the stop, the price and the target of an order are in order; what would be a price is above 0."""
    if st.house:
        for price in (limit, stop, sl, tp):
            if price < 0:
                st.stopped_at = price
                return NEGATIVE_PRICE
    reference = limit
    if reference == 0:
        reference = stop
    if reference == 0:
        reference = st.close * (1 + math.copysign(st.spread, size))
    low, high = (sl, tp) if size > 0 else (tp, sl)
    if (low == 0 or low < reference) and (high == 0 or reference < high):
        return OK
    st.stopped_at = reference
    return WRONG_SIDE_ORDER


@jit
def new_order(st, size, limit, stop, sl, tp, risk):
    """Queue an entry order of a signed size; 0 is no price. Return how that went."""
    if not size_allowed(abs(size)):
        st.stopped_at = size
        return BAD_SIZE
    found = _levels_in_order(st, size, limit, stop, sl, tp)
    slot = take_order(st, ENTRY, size)
    st.orders[slot, O_LIMIT] = limit
    st.orders[slot, O_STOP] = stop
    st.orders[slot, O_SL] = sl
    st.orders[slot, O_TP] = tp
    st.orders[slot, O_RISK] = risk
    if found != OK:
        lose(st, slot, WRONG_SIDE, st.bar)
        put_last(st, slot)
        remove(st, slot)
        return found
    if st.exclusive:
        _replace_all(st)
    put_last(st, slot)
    st.placed += 1
    return OK


@jit
def _replace_all(st):
    """Cancel waiting orders and queue the closing of every trade; as a library, let every second one survive."""
    place = 0
    while place < st.order_count:
        slot = st.queue[place]
        if st.orders[slot, O_KIND] < STOP_LOSS:
            if st.orders[slot, O_KIND] == ENTRY:
                lose(st, slot, REPLACED, st.bar)
            remove(st, slot)
            if st.house:
                continue
        place += 1
    close_all(st, 1.0)


@jit
def close_all(st, portion):
    """Queue the closing of a portion of every trade; the youngest trade's close ends up in front."""
    for place in range(st.trade_count):
        queue_close(st, st.open[place], portion)


@jit
def cancel(st, slot):
    """Take a waiting order out of the queue, and from the trade whose level it was."""
    if st.orders[slot, O_KIND] == ENTRY:
        lose(st, slot, EXPIRED, st.bar)
    trade = int(st.orders[slot, O_TRADE])
    if trade >= 0 and st.trades[trade, T_SL_ORDER] == slot:
        st.trades[trade, T_SL] = 0.0
        st.trades[trade, T_SL_ORDER] = -1
    elif trade >= 0 and st.trades[trade, T_TP_ORDER] == slot:
        st.trades[trade, T_TP] = 0.0
        st.trades[trade, T_TP_ORDER] = -1
    remove(st, slot)


@jit
def cancel_entries(st):
    """Cancel every order that waits and is no trade's level."""
    place = 0
    while place < st.order_count:
        slot = st.queue[place]
        if st.orders[slot, O_KIND] < STOP_LOSS:
            cancel(st, slot)
        else:
            place += 1
