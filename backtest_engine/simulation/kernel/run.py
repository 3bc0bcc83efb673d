"""Plays a whole specification: on each bar first the fills, then the decision."""

from backtest_engine.simulation.kernel.conditions import holds
from backtest_engine.simulation.kernel.entries import enter, enters
from backtest_engine.simulation.kernel.exits import leaves, move_stops, take_parts
from backtest_engine.simulation.kernel.fills import count_waiting, finish, process
from backtest_engine.simulation.kernel.jit import entry_point, jit
from backtest_engine.simulation.kernel.layout import (
    BROKE,
    CLOSED_A_BAR,
    CLOSED_FIELDS,
    FULL,
    NO_ROOM,
    O_KIND,
    OK,
    STOP_LOSS,
    TOO_MANY_ORDERS,
)
from backtest_engine.simulation.kernel.orders import cancel_entries, close_all
from backtest_engine.simulation.kernel.plan import (
    LONG,
    P_ENTRY,
    P_EXIT,
    P_PROGRAM,
    P_PROGRAM_END,
    R_BEST,
    R_FIRST,
    R_MOVES,
    R_ONE_ENTRY,
    R_ORDER_LIMIT,
    R_PARTS,
    R_PROGRAMS,
    R_REVERSE,
    R_WAIT,
    SHORT,
    SIDE,
    SIDE_PLACES,
)
from backtest_engine.simulation.kernel.prices import know_best

# What may be noted for each order that is allowed (`sandbox.journal.EVENTS_PER_ORDER`).
EVENTS_PER_ORDER = 4


@entry_point
def run(record, bars, equity, closed, rule_series, rule_held, series, held, ops, constants, start):
    """Play bars `start` to the last; fill in the equity of each and the closed trades.

    `rule_series` and `rule_held` are what rules read on the bar itself, `series` and `held` what programs look up.
    Return how that went: `FULL` where `closed` is too small, `NO_ROOM` where the record is.
    """
    st = record[0]
    count = bars.shape[1]
    for i in range(start, count):
        if st.order_count == 0 and st.trade_count == 0 and st.cash > 0 and not _signals(st, rule_held, i):
            st.bar = i
            equity[i] = st.cash
            continue
        found = _room(st, closed)
        if found != OK:
            return found
        found = process(st, bars, i)
        equity[i] = st.equity
        if found == BROKE:
            equity[i:] = st.equity
            break
        if found == OK and i >= st.r[R_FIRST]:
            _read(st, rule_series, rule_held, i)
            if st.trade_count > 0:
                _look_back(st, bars, series, held, ops, constants)
            found = _decide(st)
        if found == OK and st.r[R_ORDER_LIMIT] and _too_many(st, st.r[R_ORDER_LIMIT]):
            found = TOO_MANY_ORDERS
        if found != OK:
            return found
        _flush(st, closed)
    if start < count and st.wiped_out_at < 0:
        found = finish(st, bars, count - 1)
        equity[count - 1] = st.equity
        if found != OK and found != BROKE:
            return found
    _flush(st, closed)
    count_waiting(st)
    return OK


@jit
def _signals(st, held, i):
    """Whether an entry is signalled on a bar."""
    for side in (LONG, SHORT):
        row = st.r[SIDE + side * SIDE_PLACES + P_ENTRY]
        if row >= 0 and held[row, i]:
            return True
    return False


@jit
def _look_back(st, bars, series, held, ops, constants):
    """Work out what the rules for an open position ask of earlier bars."""
    if st.r[R_BEST]:
        know_best(st, bars)
    if st.r[R_PROGRAMS]:
        for side in (LONG, SHORT):
            base = SIDE + side * SIDE_PLACES
            start, end = st.r[base + P_PROGRAM], st.r[base + P_PROGRAM_END]
            if start < end:
                st.held_now[st.r[base + P_EXIT]] = holds(st, series, held, ops, constants, start, end)


@jit
def _read(st, series, held, i):
    """Look up what the rules read on this bar."""
    for row in range(series.shape[0]):
        st.now[row] = series[row, i]
    for row in range(held.shape[0]):
        st.held_now[row] = held[row, i]


@jit
def _flush(st, closed):
    """Move the trades that were closed on this bar to those of all bars."""
    for place in range(st.closed_count):
        for field in range(CLOSED_FIELDS):
            closed[st.closed_before + place, field] = st.closed[place, field]
    st.closed_before += st.closed_count
    st.closed_count = 0


@jit
def _room(st, closed):
    """Whether there is room for whatever one more bar may bring: each order may open a trade, with two levels."""
    if st.order_count == 0 and st.trade_count == 0:
        return OK
    most_trades = st.trade_count + st.order_count
    most_closed = 2 * most_trades + st.order_count
    if st.free_trade_count <= st.order_count or st.free_order_count <= 3 * most_trades + 4:
        return NO_ROOM
    if most_closed >= CLOSED_A_BAR:
        return NO_ROOM
    # The last bar may be played twice.
    return OK if st.closed_before + 2 * most_closed + st.closed_count < closed.shape[0] else FULL


@jit
def _too_many(st, limit):
    return st.given > limit or st.events > limit * EVENTS_PER_ORDER


@jit
def _decide(st):
    """Follow the first rule that holds: exits before entries, or the other way round for one that reverses."""
    if st.r[R_WAIT] == 1 or (st.r[R_WAIT] > 1 and st.bar + 1 >= st.expires):
        st.events += _cancellable(st)
        cancel_entries(st)
    # A stop is not moved on a bar that gives an order, unless positions are added to or turned round.
    always = st.r[R_MOVES] and (not st.r[R_ONE_ENTRY] or st.r[R_REVERSE])
    if always:
        found = move_stops(st)
        if found != OK:
            return found
    if not st.r[R_REVERSE] and _leave(st):
        return OK
    for side in (LONG, SHORT):
        if st.r[SIDE + side * SIDE_PLACES + P_ENTRY] >= 0 and enters(st, side):
            return enter(st, side)
    if st.r[R_REVERSE] and _leave(st):
        return OK
    return _manage(st, always)


@jit
def _leave(st):
    """Close the position where a rule says so; return whether one did."""
    if st.position == 0:
        return False
    for side in (LONG, SHORT):
        if st.r[SIDE + side * SIDE_PLACES + P_ENTRY] >= 0 and leaves(st, side):
            st.events += st.trade_count
            close_all(st, 1.0)
            return True
    return False


@jit
def _manage(st, moved):
    """Move the stops of the position, and take parts of it."""
    if st.position == 0:
        return OK
    if st.r[R_MOVES] and not moved:
        found = move_stops(st)
        if found != OK:
            return found
    if st.r[R_PARTS]:
        take_parts(st)
    return OK


@jit
def _cancellable(st):
    count = 0
    for place in range(st.order_count):
        if st.orders[st.queue[place], O_KIND] < STOP_LOSS:
            count += 1
    return count
