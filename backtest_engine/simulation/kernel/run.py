"""Plays a whole specification: on each bar first the fills, then the decision."""

from backtest_engine.simulation.kernel.account import queue_close
from backtest_engine.simulation.kernel.entries import enter, enters
from backtest_engine.simulation.kernel.exits import leaves, move_stops, take_parts
from backtest_engine.simulation.kernel.fills import count_waiting, finish, process
from backtest_engine.simulation.kernel.jit import entry_point, jit
from backtest_engine.simulation.kernel.layout import (
    BAR,
    BROKE,
    CLOSED,
    COUNTERS,
    EVENTS,
    EXPIRES,
    FREE_ORDER_COUNT,
    FREE_TRADE_COUNT,
    FULL,
    GIVEN,
    O_KIND,
    OK,
    OPEN,
    ORDERS,
    POSITION,
    QUEUE,
    STOP_LOSS,
    TOO_MANY_ORDERS,
    TRADES,
)
from backtest_engine.simulation.kernel.orders import cancel_entries, close_all
from backtest_engine.simulation.kernel.plan import (
    LONG,
    P_ENTRY,
    R_FIRST,
    R_MOVES,
    R_ONE_ENTRY,
    R_ORDER_LIMIT,
    R_PARTS,
    R_REVERSE,
    R_WAIT,
    SHORT,
    SIDE,
    SIDE_PLACES,
)

# What may be noted for each order that is allowed (`sandbox.journal.EVENTS_PER_ORDER`).
EVENTS_PER_ORDER = 4


@entry_point
def run(s, k, bars, equity, orders, trades, closed, r, f, series, held, ops, constants, start):
    """Play bars `start` to the last. Return how that went: `FULL` where the arrays are too small to go on."""
    count = bars.shape[1]
    for i in range(start, count):
        if not _fits(k, closed):
            return FULL
        found = process(s, k, bars, equity, orders, trades, closed, i)
        if found == OK and i >= r[R_FIRST]:
            found = _decide(s, k, bars, orders, trades, closed, r, f, series, held, ops, constants)
        if found == BROKE:
            count_waiting(s, k, orders)
            return OK
        if found != OK:
            return found
        if r[R_ORDER_LIMIT] and _too_many(k, r[R_ORDER_LIMIT]):
            return TOO_MANY_ORDERS
    if start < count:
        if not _fits(k, closed):
            return FULL
        found = finish(s, k, bars, equity, orders, trades, closed, count - 1)
        if found not in (OK, BROKE):
            return found
    count_waiting(s, k, orders)
    return OK


@jit
def _fits(k, closed):
    """Whether the arrays have room for whatever one more bar may bring."""
    waiting, open_trades = k[COUNTERS, ORDERS], k[COUNTERS, TRADES]
    most_trades = open_trades + waiting
    return (
        k[COUNTERS, FREE_TRADE_COUNT] > waiting
        and k[COUNTERS, FREE_ORDER_COUNT] > 3 * most_trades + 4
        and k[COUNTERS, CLOSED] + 2 * most_trades + waiting < closed.shape[0]
    )


@jit
def _too_many(k, limit):
    return k[COUNTERS, GIVEN] > limit or k[COUNTERS, EVENTS] > limit * EVENTS_PER_ORDER


@jit
def _decide(s, k, bars, orders, trades, closed, r, f, series, held, ops, constants):
    """Follow the first rule that holds: exits before entries, or the other way round for one that reverses."""
    if r[R_WAIT] == 1 or (r[R_WAIT] > 1 and k[COUNTERS, BAR] + 1 >= k[COUNTERS, EXPIRES]):
        k[COUNTERS, EVENTS] += _cancellable(k, orders)
        cancel_entries(s, k, orders, trades)
    # A stop is not moved on a bar that gives an order, unless positions are added to or turned round.
    always = r[R_MOVES] and (not r[R_ONE_ENTRY] or r[R_REVERSE])
    if always:
        found = move_stops(s, k, bars, orders, trades, r, f, series)
        if found != OK:
            return found
    if not r[R_REVERSE] and _leave(s, k, bars, orders, trades, r, f, series, held, ops, constants):
        return OK
    for side in (LONG, SHORT):
        if r[SIDE + side * SIDE_PLACES + P_ENTRY] >= 0 and enters(
            s, k, bars, orders, trades, closed, r, f, series, held, side
        ):
            return enter(s, k, bars, orders, trades, r, f, series, side)
    if r[R_REVERSE] and _leave(s, k, bars, orders, trades, r, f, series, held, ops, constants):
        return OK
    return _manage(s, k, bars, orders, trades, r, f, series, always)


@jit
def _leave(s, k, bars, orders, trades, r, f, series, held, ops, constants):
    """Close the position where a rule says so; return whether one did."""
    if s[POSITION] == 0:
        return False
    for side in (LONG, SHORT):
        if r[SIDE + side * SIDE_PLACES + P_ENTRY] >= 0 and leaves(
            s, k, bars, trades, r, f, series, held, ops, constants, side
        ):
            k[COUNTERS, EVENTS] += k[COUNTERS, TRADES]
            close_all(s, k, orders, trades, 1.0)
            return True
    return False


@jit
def _manage(s, k, bars, orders, trades, r, f, series, moved):
    """Move the stops of the position, and take parts of it."""
    if s[POSITION] == 0:
        return OK
    if r[R_MOVES] and not moved:
        found = move_stops(s, k, bars, orders, trades, r, f, series)
        if found != OK:
            return found
    if r[R_PARTS]:
        take_parts(s, k, bars, orders, trades, r, f, series)
    return OK


@jit
def _cancellable(k, orders):
    count = 0
    for place in range(k[COUNTERS, ORDERS]):
        if orders[k[QUEUE, place], O_KIND] < STOP_LOSS:
            count += 1
    return count
