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
    BAR,
    BELOW_ONE_UNIT,
    BROKE,
    CASH,
    CLOSE_PRICE,
    CLOSING,
    COUNTERS,
    ENTERED,
    ENTRY,
    FILLED,
    HEDGING,
    HIGH,
    HOUSE,
    LEVERAGE,
    LOST,
    LOST_AVAILABLE,
    LOST_FIELDS,
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
    ON_CLOSE,
    OPEN,
    OPEN_PRICE,
    OPPOSITE_ORDER,
    ORDERS,
    QUEUE,
    SERIALS,
    SHORTFALL,
    SPREAD,
    STEPS,
    STILL_WAITING,
    STOP_LOSS,
    T_SERIAL,
    T_SIZE,
    TRADES,
    WALK,
    WIPED_OUT_AT,
)


@jit
def process(s, k, bars, equity, orders, trades, closed, i):
    """Play bar `i`: fill what can be filled, mark the account at the close. Return how that went."""
    k[COUNTERS, BAR] = i
    if k[COUNTERS, ORDERS]:
        found = _process_queue(s, k, bars, orders, trades, closed, i)
        if found != OK:
            return found
    equity[i] = worth(s, k, bars[CLOSE_PRICE, i])
    if equity[i] <= 0:
        _wipe_out(s, k, bars, equity, orders, trades, closed, i)
        k[COUNTERS, WIPED_OUT_AT] = i
        return BROKE
    return OK


@jit
def finish(s, k, bars, equity, orders, trades, closed, i):
    """End the run on its last bar `i`: close what is open."""
    if k[COUNTERS, HOUSE]:
        finish_house(s, k, bars, equity, orders, trades, closed, i)
        return OK
    for place in range(k[COUNTERS, TRADES] - 1, -1, -1):
        queue_close(s, k, orders, trades, k[OPEN, place], 1.0)
    return process(s, k, bars, equity, orders, trades, closed, i)


@jit
def count_waiting(s, k, orders):
    """Count the entry orders that still wait at the end of the data."""
    for place in range(k[COUNTERS, ORDERS]):
        slot = k[QUEUE, place]
        if orders[slot, O_KIND] == ENTRY:
            lose(s, k, orders, slot, STILL_WAITING, orders[slot, O_PLACED])


@jit
def _process_queue(s, k, bars, orders, trades, closed, i):
    k[COUNTERS, ENTERED] = 0
    again = True
    while again:
        again = False
        count = k[COUNTERS, ORDERS]
        for place in range(count):
            slot = k[QUEUE, place]
            k[WALK, place] = slot
            k[SERIALS, place] = int(orders[slot, O_SERIAL])
        for place in range(count):
            slot = k[WALK, place]
            if orders[slot, O_WAITING] == 1 and orders[slot, O_SERIAL] == k[SERIALS, place]:
                found, looked_at_again = _process_order(s, k, bars, orders, trades, closed, slot, i)
                if found != OK:
                    return found
                again = again or looked_at_again
    if k[COUNTERS, ENTERED]:
        play_own_levels(s, k, bars, orders, trades, closed, i)
    return OK


@jit
def _process_order(s, k, bars, orders, trades, closed, slot, i):
    """Fill an order if this bar does; return how that went, and whether the queue must be looked at again."""
    buying = orders[slot, O_SIZE] > 0
    stop = orders[slot, O_STOP]
    hit = stop != 0 and (bars[HIGH, i] >= stop if buying else bars[LOW, i] <= stop)
    if stop != 0 and not hit:
        return OK, False
    orders[slot, O_STOP] = 0.0
    filled, price = _fill_price(k, bars, orders, slot, i, hit, stop)
    if not filled:
        return OK, False
    at_last_close = k[COUNTERS, ON_CLOSE] and orders[slot, O_LIMIT] == 0 and not hit
    bar = i - 1 if at_last_close and orders[slot, O_KIND] < STOP_LOSS else i
    if orders[slot, O_KIND] != ENTRY:
        return _exit(s, k, orders, trades, closed, slot, price, bar), False
    return _enter(s, k, bars, orders, trades, closed, slot, i, price, bar, hit)


@jit
def _fill_price(k, bars, orders, slot, i, hit, stop):
    """Return whether an order whose stop, if any, was just hit is filled, and at what price."""
    buying = orders[slot, O_SIZE] > 0
    limit = orders[slot, O_LIMIT]
    if hit and k[COUNTERS, HOUSE]:
        return gap_price(bars, buying, limit, stop, i)
    if limit != 0:
        if not (bars[LOW, i] <= limit if buying else bars[HIGH, i] >= limit):
            return False, 0.0
        if hit and (limit <= stop if buying else limit >= stop):
            return False, 0.0
        # The stop takes the open's place, also where the bar opened beyond it.
        base = stop if hit else bars[OPEN_PRICE, i]
        return True, min(base, limit) if buying else max(base, limit)
    if k[COUNTERS, ON_CLOSE] and orders[slot, O_KIND] < STOP_LOSS:
        price = bars[CLOSE_PRICE, i - 1]
    else:
        price = bars[OPEN_PRICE, i]
    if hit:
        price = max(price, stop) if buying else min(price, stop)
    return True, price


@jit
def _exit(s, k, orders, trades, closed, slot, price, bar):
    """Fill an order that closes a trade or a part of it."""
    trade = int(orders[slot, O_TRADE])
    if trades[trade, T_SERIAL] == orders[slot, O_TRADE_SERIAL]:
        size = math.copysign(min(abs(orders[slot, O_SIZE]), abs(trades[trade, T_SIZE])), trades[trade, T_SIZE])
        reduce(s, k, orders, trades, closed, trade, size, price, bar, int(orders[slot, O_KIND]))
    elif orders[slot, O_KIND] != CLOSING:
        return BAD_LEVEL
    if orders[slot, O_WAITING] == 1:
        remove(k, orders, slot)
    return OK


@jit
def _enter(s, k, bars, orders, trades, closed, slot, i, price, bar, hit):
    """Fill an entry order: close opposite trades, then open one with the rest.

    Return how that went, and whether the queue must be looked at again.
    """
    size = orders[slot, O_SIZE]
    adjusted = price * (1 + math.copysign(s[SPREAD], size))
    unit = adjusted + fee(s, size, price) / abs(size)
    # Open trades are worth what the market stands at; as a library, what its close will be.
    mark = price if k[COUNTERS, HOUSE] else bars[CLOSE_PRICE, i]
    if -1 < size < 1:
        size = _units(s, k, trades, size, unit, price, mark)
        if size == 0:
            _lose_unpaid(s, k, orders, trades, slot, unit, mark, 0.0)
            remove(k, orders, slot)
            return OK, False
    rest = size if k[COUNTERS, HEDGING] else _net(s, k, orders, trades, closed, size, price, bar)
    if rest != 0 and abs(rest) * unit > available(s, k, trades, mark) * s[LEVERAGE]:
        _lose_unpaid(s, k, orders, trades, slot, unit, mark, rest)
        remove(k, orders, slot)
        return OK, False
    k[COUNTERS, FILLED] += 1
    again = False
    if rest != 0:
        trade, found = open_trade(s, k, orders, trades, slot, rest, adjusted, bar)
        if found != OK:
            return found, False
        again = _after_entry(k, bars, orders, trades, slot, trade, i, price, hit)
    remove(k, orders, slot)
    return OK, again


@jit
def _units(s, k, trades, fraction, unit, price, mark):
    """Return the signed units that a fraction of what is available buys."""
    if k[COUNTERS, HOUSE] and not k[COUNTERS, HEDGING]:
        opposite = 0.0
        for place in range(k[COUNTERS, TRADES]):
            held = trades[k[OPEN, place], T_SIZE]
            if held * fraction < 0:
                opposite += abs(held)
        if opposite > 0:
            return net_units(s, k, fraction, opposite, unit, price, mark)
    budget = available(s, k, trades, mark) * s[LEVERAGE] * abs(fraction)
    return math.copysign(affordable(s, budget, unit), fraction)


@jit
def _net(s, k, orders, trades, closed, size, price, bar):
    """Close opposite trades, oldest first, as far as the size goes; return what is left of it."""
    place = 0
    while place < k[COUNTERS, TRADES]:
        trade = k[OPEN, place]
        held = trades[trade, T_SIZE]
        if held * size >= 0:
            place += 1
            continue
        if abs(size) < abs(held):
            reduce(s, k, orders, trades, closed, trade, -size, price, bar, OPPOSITE_ORDER)
            return 0.0
        size = rounded(s, size + held)
        reduce(s, k, orders, trades, closed, trade, held, price, bar, OPPOSITE_ORDER)
        if size == 0:
            return 0.0
    return size


@jit
def _after_entry(k, bars, orders, trades, slot, trade, i, price, hit):
    """Return whether the queue is looked at again, so that the levels of the new trade act on the same bar."""
    sl, tp = orders[slot, O_SL], orders[slot, O_TP]
    if sl == 0 and tp == 0:
        return False
    if k[COUNTERS, HOUSE]:
        remember_entry(k, bars, orders, trades, slot, trade, i, price, hit)
        return False
    if orders[slot, O_LIMIT] != 0:
        return False
    if not hit:
        return True
    if tp == 0:
        return False
    if orders[slot, O_SIZE] > 0:
        return tp <= bars[HIGH, i] and (sl == 0 or sl < bars[LOW, i])
    return tp >= bars[LOW, i] and (sl == 0 or sl > bars[HIGH, i])


@jit
def _wipe_out(s, k, bars, equity, orders, trades, closed, i):
    """Close the trades at the close; as a library, every second of them, and write the account off."""
    if k[COUNTERS, HOUSE]:
        wipe_out_house(s, k, bars, equity, orders, trades, closed, i)
        return
    place = 0
    while place < k[COUNTERS, TRADES]:
        trade = k[OPEN, place]
        reduce(s, k, orders, trades, closed, trade, trades[trade, T_SIZE], bars[CLOSE_PRICE, i], i, ACCOUNT_WIPED_OUT)
        place += 1
    recount(s, k, trades)
    s[SHORTFALL] = max(0.0, -worth(s, k, bars[CLOSE_PRICE, i]))
    s[CASH] = 0.0
    equity[i:] = 0.0


@jit
def _lose_unpaid(s, k, orders, trades, slot, unit, mark, rest):
    """Count an order that the account cannot pay, by what it lacked."""
    free = available(s, k, trades, mark)
    smallest = 1.0 if s[STEPS] == 0 else 1 / s[STEPS]
    size = smallest if rest == 0 else abs(rest)
    if free <= 0:
        reason = NO_CASH
    elif rest == 0:
        reason = BELOW_ONE_UNIT
    else:
        reason = MARGIN if s[LEVERAGE] > 1 or k[COUNTERS, TRADES] > 0 else NO_CASH
    if lose(s, k, orders, slot, reason, k[COUNTERS, BAR]):
        row = LOST + reason * LOST_FIELDS
        s[row + LOST_UNIT] = unit
        s[row + LOST_NEEDED] = size * unit / s[LEVERAGE]
        s[row + LOST_AVAILABLE] = free
        s[row + LOST_POWER] = free * s[LEVERAGE]
        s[row + LOST_SMALLEST] = smallest
