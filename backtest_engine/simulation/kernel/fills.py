"""How a bar fills what waits. See `simulation.broker`; what is ours, not backtesting.py's, is in `house`."""

import math

from backtest_engine.simulation.kernel.account import (
    available,
    fee,
    lose,
    open_trade,
    queue_close,
    recount,
    reduce,
    remove,
    rounded,
    worth,
)
from backtest_engine.simulation.kernel.house import (
    affordable,
    finish_house,
    gap_price,
    net_units,
    play_own_levels,
    remember_entry,
    wipe_out_house,
)
from backtest_engine.simulation.kernel.jit import jit
from backtest_engine.simulation.kernel.layout import (
    ACCOUNT_WIPED_OUT,
    BAD_LEVEL,
    BELOW_ONE_UNIT,
    BROKE,
    CLOSE_PRICE,
    CLOSING,
    ENTRY,
    HIGH,
    LOST_AVAILABLE,
    LOST_NEEDED,
    LOST_POWER,
    LOST_SMALLEST,
    LOST_UNIT,
    LOW,
    MARGIN,
    NO_CASH,
    O_KIND,
    O_LIMIT,
    O_PLACED,
    O_SERIAL,
    O_SIZE,
    O_SL,
    O_STOP,
    O_TP,
    O_TRADE,
    O_TRADE_SERIAL,
    O_WAITING,
    OK,
    OPEN_PRICE,
    OPPOSITE_ORDER,
    STILL_WAITING,
    STOP_LOSS,
    T_SERIAL,
    T_SIZE,
)


@jit
def process(st, bars, i):
    """Play bar `i`: fill what can be filled, mark the account at the close. Return how that went."""
    st.bar = i
    st.open_price = bars[OPEN_PRICE, i]
    st.high = bars[HIGH, i]
    st.low = bars[LOW, i]
    st.close = bars[CLOSE_PRICE, i]
    st.close_before = bars[CLOSE_PRICE, i - 1]
    if st.order_count:
        found = _process_queue(st, i)
        if found != OK:
            return found
    st.equity = worth(st, st.close)
    if st.equity <= 0:
        _wipe_out(st, i)
        st.wiped_out_at = i
        return BROKE
    return OK


@jit
def finish(st, bars, i):
    """End the run on its last bar `i`: close what is open."""
    if st.house:
        finish_house(st, i)
        return OK
    for place in range(st.trade_count - 1, -1, -1):
        queue_close(st, st.open[place], 1.0)
    return process(st, bars, i)


@jit
def count_waiting(st):
    """Count the entry orders that still wait at the end of the data."""
    for place in range(st.order_count):
        slot = st.queue[place]
        if st.orders[slot, O_KIND] == ENTRY:
            lose(st, slot, STILL_WAITING, int(st.orders[slot, O_PLACED]))


@jit
def _process_queue(st, i):
    st.entered = 0
    again = True
    while again:
        again = False
        count = st.order_count
        for place in range(count):
            slot = st.queue[place]
            st.walk[place] = slot
            st.serials[place] = int(st.orders[slot, O_SERIAL])
        for place in range(count):
            slot = st.walk[place]
            if st.orders[slot, O_WAITING] == 1 and st.orders[slot, O_SERIAL] == st.serials[place]:
                found, looked_at_again = _process_order(st, slot, i)
                if found != OK:
                    return found
                again = again or looked_at_again
    if st.entered:
        play_own_levels(st, i)
    return OK


@jit
def _process_order(st, slot, i):
    """Fill an order if this bar does; return how that went, and whether the queue must be looked at again."""
    buying = st.orders[slot, O_SIZE] > 0
    stop = st.orders[slot, O_STOP]
    hit = stop != 0 and (st.high >= stop if buying else st.low <= stop)
    if stop != 0 and not hit:
        return OK, False
    st.orders[slot, O_STOP] = 0.0
    filled, price = _fill_price(st, slot, i, hit, stop)
    if not filled:
        return OK, False
    at_last_close = st.on_close and st.orders[slot, O_LIMIT] == 0 and not hit
    bar = i - 1 if at_last_close and st.orders[slot, O_KIND] < STOP_LOSS else i
    if st.orders[slot, O_KIND] != ENTRY:
        return _exit(st, slot, price, bar), False
    return _enter(st, slot, i, price, bar, hit)


@jit
def _fill_price(st, slot, i, hit, stop):
    """Return whether an order whose stop, if any, was just hit is filled, and at what price."""
    buying = st.orders[slot, O_SIZE] > 0
    limit = st.orders[slot, O_LIMIT]
    if hit and st.house:
        return gap_price(st, buying, limit, stop, i)
    if limit != 0:
        if not (st.low <= limit if buying else st.high >= limit):
            return False, 0.0
        if hit and (limit <= stop if buying else limit >= stop):
            return False, 0.0
        # The stop takes the open's place, also where the bar opened beyond it.
        base = stop if hit else st.open_price
        return True, min(base, limit) if buying else max(base, limit)
    if st.on_close and st.orders[slot, O_KIND] < STOP_LOSS:
        price = st.close_before
    else:
        price = st.open_price
    if hit:
        price = max(price, stop) if buying else min(price, stop)
    return True, price


@jit
def _exit(st, slot, price, bar):
    """Fill an order that closes a trade or a part of it."""
    trade = int(st.orders[slot, O_TRADE])
    if st.trades[trade, T_SERIAL] == st.orders[slot, O_TRADE_SERIAL]:
        size = math.copysign(min(abs(st.orders[slot, O_SIZE]), abs(st.trades[trade, T_SIZE])), st.trades[trade, T_SIZE])
        reduce(st, trade, size, price, bar, int(st.orders[slot, O_KIND]))
    elif st.orders[slot, O_KIND] != CLOSING:
        return BAD_LEVEL
    if st.orders[slot, O_WAITING] == 1:
        remove(st, slot)
    return OK


@jit
def _enter(st, slot, i, price, bar, hit):
    """Fill an entry order: close opposite trades, then open one with the rest.

    Return how that went, and whether the queue must be looked at again.
    """
    size = st.orders[slot, O_SIZE]
    adjusted = price * (1 + math.copysign(st.spread, size))
    unit = adjusted + fee(st, size, price) / abs(size)
    # Open trades are worth what the market stands at; as a library, what its close will be.
    mark = price if st.house else st.close
    if -1 < size < 1:
        size = _units(st, size, unit, price, mark)
        if size == 0:
            _lose_unpaid(st, slot, unit, mark, 0.0)
            remove(st, slot)
            return OK, False
    rest = size if st.hedging else _net(st, size, price, bar)
    if rest != 0 and abs(rest) * unit > available(st, mark) * st.leverage:
        _lose_unpaid(st, slot, unit, mark, rest)
        remove(st, slot)
        return OK, False
    st.filled += 1
    again = False
    if rest != 0:
        trade, found = open_trade(st, slot, rest, adjusted, bar)
        if found != OK:
            return found, False
        again = _after_entry(st, slot, trade, i, price, hit)
    remove(st, slot)
    return OK, again


@jit
def _units(st, fraction, unit, price, mark):
    """Return the signed units that a fraction of what is available buys."""
    if st.house and not st.hedging:
        opposite = 0.0
        for place in range(st.trade_count):
            held = st.trades[st.open[place], T_SIZE]
            if held * fraction < 0:
                opposite += abs(held)
        if opposite > 0:
            return net_units(st, fraction, opposite, unit, price, mark)
    budget = available(st, mark) * st.leverage * abs(fraction)
    return math.copysign(affordable(st, budget, unit), fraction)


@jit
def _net(st, size, price, bar):
    """Close opposite trades, oldest first, as far as the size goes; return what is left of it."""
    place = 0
    while place < st.trade_count:
        trade = st.open[place]
        held = st.trades[trade, T_SIZE]
        if held * size >= 0:
            place += 1
            continue
        if abs(size) < abs(held):
            reduce(st, trade, -size, price, bar, OPPOSITE_ORDER)
            return 0.0
        size = rounded(st, size + held)
        reduce(st, trade, held, price, bar, OPPOSITE_ORDER)
        if size == 0:
            return 0.0
    return size


@jit
def _after_entry(st, slot, trade, i, price, hit):
    """Return whether the queue is looked at again, so that the levels of the new trade act on the same bar."""
    sl, tp = st.orders[slot, O_SL], st.orders[slot, O_TP]
    if sl == 0 and tp == 0:
        return False
    if st.house:
        remember_entry(st, slot, trade, i, price, hit)
        return False
    if st.orders[slot, O_LIMIT] != 0:
        return False
    if not hit:
        return True
    if tp == 0:
        return False
    if st.orders[slot, O_SIZE] > 0:
        return tp <= st.high and (sl == 0 or sl < st.low)
    return tp >= st.low and (sl == 0 or sl > st.high)


@jit
def _wipe_out(st, i):
    """Close the trades at the close; as a library, every second of them, and write the account off."""
    if st.house:
        wipe_out_house(st, i)
        return
    place = 0
    while place < st.trade_count:
        trade = st.open[place]
        reduce(st, trade, st.trades[trade, T_SIZE], st.close, i, ACCOUNT_WIPED_OUT)
        place += 1
    recount(st)
    st.shortfall = max(0.0, -worth(st, st.close))
    st.cash = 0.0
    st.equity = 0.0


@jit
def _lose_unpaid(st, slot, unit, mark, rest):
    """Count an order that the account cannot pay, by what it lacked."""
    free = available(st, mark)
    smallest = 1.0 if st.steps == 0 else 1 / st.steps
    size = smallest if rest == 0 else abs(rest)
    if free <= 0:
        reason = NO_CASH
    elif rest == 0:
        reason = BELOW_ONE_UNIT
    else:
        reason = MARGIN if st.leverage > 1 or st.trade_count > 0 else NO_CASH
    if lose(st, slot, reason, st.bar):
        row = st.lost[reason]
        row[LOST_UNIT] = unit
        row[LOST_NEEDED] = size * unit / st.leverage
        row[LOST_AVAILABLE] = free
        row[LOST_POWER] = free * st.leverage
        row[LOST_SMALLEST] = smallest
