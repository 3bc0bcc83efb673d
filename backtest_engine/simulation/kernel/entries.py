"""When an entry order is sent, and with which levels."""

import math

from backtest_engine.simulation.kernel.jit import jit
from backtest_engine.simulation.kernel.layout import (
    BAR,
    C_COMMISSION,
    C_ENTRY,
    C_EXIT,
    C_EXIT_BAR,
    C_SIZE,
    CLOSE_PRICE,
    CLOSED,
    COUNTERS,
    EVENTS,
    EXPIRES,
    GIVEN,
    O_KIND,
    OK,
    OPEN,
    ORDERS,
    POSITION,
    QUEUE,
    STOP_LOSS,
    T_ENTRY,
    TOO_MANY_WAITING,
    TRADES,
)
from backtest_engine.simulation.kernel.orders import close_all, new_order
from backtest_engine.simulation.kernel.plan import (
    AFTER_LOSS,
    LEVEL,
    LIMIT,
    MARKET,
    NO_REST,
    NONE,
    P_BARS,
    P_BEGINS,
    P_ENTRY,
    P_GUARDED,
    P_ORDER,
    P_ORDER_ROW,
    P_REMEMBERS,
    P_STOP,
    P_TARGET,
    P_TOUCH,
    P_TRAIL,
    R_BOTH_SIDES,
    R_ENTRIES,
    R_ONE_ENTRY,
    R_REST,
    R_REVERSE,
    R_SCALE,
    R_SCALE_UP,
    R_WAIT,
    RISK,
    SHORT,
    SIDE,
    SIDE_PLACES,
    STOP,
)
from backtest_engine.simulation.kernel.prices import away
from backtest_engine.simulation.kernel.sizes import size_of

# The broker looks at every waiting order: more than this is refused (`sandbox.replay.WAITING_ORDERS`).
MOST_WAITING = 2_000


@jit
def sign_of(side):
    """Return 1 for the long side, -1 for the short one."""
    return -1 if side == SHORT else 1


@jit
def on_side(s, r, side):
    """Whether there is a position on a side; where only one side is traded, whether there is any."""
    if not r[R_BOTH_SIDES]:
        return s[POSITION] != 0
    return s[POSITION] < 0 if side == SHORT else s[POSITION] > 0


@jit
def enters(s, k, bars, orders, trades, closed, r, f, series, held, side):
    """Whether an entry order of a side is sent on this bar."""
    i = k[COUNTERS, BAR]
    signal = held[r[SIDE + side * SIDE_PLACES + P_ENTRY], i]
    if not signal and not r[R_SCALE]:
        return False
    if r[R_WAIT] > 1 and not _none_waits(k, orders):
        return False
    if signal and _has_room(s, k, r, f, side) and _rested(k, closed, r, f):
        return True
    return r[R_SCALE] != NONE and _adds(s, k, bars, trades, r, f, series, side)


@jit
def _none_waits(k, orders):
    for place in range(k[COUNTERS, ORDERS]):
        if orders[k[QUEUE, place], O_KIND] < STOP_LOSS:
            return False
    return True


@jit
def _has_room(s, k, r, f, side):
    position, count = s[POSITION], k[COUNTERS, TRADES]
    same = position < 0 if side == SHORT else position > 0
    other = position > 0 if side == SHORT else position < 0
    if r[R_ONE_ENTRY] or r[R_SCALE]:
        return not same if r[R_REVERSE] else position == 0
    if r[R_REVERSE]:
        return other or count < f[R_ENTRIES]
    return count < f[R_ENTRIES] and not (r[R_BOTH_SIDES] and other)


@jit
def _rested(k, closed, r, f):
    if r[R_REST] == NO_REST or k[COUNTERS, CLOSED] == 0:
        return True
    last = closed[k[COUNTERS, CLOSED] - 1]
    if k[COUNTERS, BAR] - last[C_EXIT_BAR] >= f[R_REST]:
        return True
    return r[R_REST] == AFTER_LOSS and last[C_SIZE] * (last[C_EXIT] - last[C_ENTRY]) - last[C_COMMISSION] >= 0


@jit
def _adds(s, k, bars, trades, r, f, series, side):
    """Whether the close is far enough from the last entry for one more."""
    if not on_side(s, r, side) or not k[COUNTERS, TRADES] < f[R_ENTRIES]:
        return False
    i = k[COUNTERS, BAR]
    last = trades[k[OPEN, k[COUNTERS, TRADES] - 1], T_ENTRY]
    up = (side != SHORT) == (r[R_SCALE_UP] == 1)
    level = away(r, f, series, R_SCALE, last, 1 if up else -1, i)
    return bars[CLOSE_PRICE, i] >= level if up else bars[CLOSE_PRICE, i] <= level


@jit
def enter(s, k, bars, orders, trades, r, f, series, side):
    """Send the entry order of a side, after what turns the position round. Return how that went."""
    turned = s[POSITION] > 0 if side == SHORT else s[POSITION] < 0
    if r[R_REVERSE] and (r[R_ONE_ENTRY] or turned):
        k[COUNTERS, EVENTS] += k[COUNTERS, TRADES]
        close_all(s, k, orders, trades, 1.0)
    i, sign, base = k[COUNTERS, BAR], sign_of(side), SIDE + side * SIDE_PLACES
    market = r[base + P_ORDER] == MARKET
    price = bars[CLOSE_PRICE, i] if market else series[r[base + P_ORDER_ROW], i]
    has_stop, stop = _stop(r, f, series, base, price, sign, i)
    has_target, target = _target(r, f, series, base, price, stop, sign, i)
    if r[base + P_GUARDED] and not _in_order(price, has_stop, stop, has_target, target, sign):
        return OK
    sent, size = size_of(s, k, bars, trades, r, f, series, price, stop, sign)
    if not sent:
        return OK
    if k[COUNTERS, ORDERS] >= MOST_WAITING:
        return TOO_MANY_WAITING
    limit = price if r[base + P_ORDER] == LIMIT else 0.0
    at = price if r[base + P_ORDER] == STOP else 0.0
    risk = abs(price - stop) if r[base + P_REMEMBERS] else math.nan
    k[COUNTERS, EVENTS] += 1
    k[COUNTERS, GIVEN] += 1
    found = new_order(s, k, bars, orders, trades, sign * size, limit, at, stop, target, risk)
    if found == OK and not market and r[R_WAIT] > 1:
        k[COUNTERS, EXPIRES] = i + 1 + r[base + P_BARS]
    return found


@jit
def _stop(r, f, series, base, price, sign, i):
    """Return whether the order carries a stop, and which: of a fixed and a trailing one the nearer."""
    kind = r[base + P_STOP]
    stop = 0.0
    if kind == LEVEL:
        stop = series[r[base + P_STOP + 1], i]
    elif kind != NONE:
        stop = away(r, f, series, base + P_STOP, price, -sign, i)
    if r[base + P_TRAIL] == NONE or not r[base + P_TOUCH] or r[base + P_BEGINS] != NONE:
        return kind != NONE, stop
    trailing = away(r, f, series, base + P_TRAIL, price, -sign, i)
    if kind == NONE:
        return True, trailing
    nearer = trailing > stop if sign > 0 else trailing < stop
    return True, trailing if nearer else stop


@jit
def _target(r, f, series, base, price, stop, sign, i):
    kind = r[base + P_TARGET]
    if kind == NONE:
        return False, 0.0
    if kind == LEVEL:
        return True, series[r[base + P_TARGET + 1], i]
    if kind == RISK:
        ahead = f[base + P_TARGET] * abs(price - stop)
        return True, price + ahead if sign > 0 else price - ahead
    return True, away(r, f, series, base + P_TARGET, price, sign, i)


@jit
def _in_order(price, has_stop, stop, has_target, target, sign):
    """Whether 0, the stop, the price and the target are in order; mirrored for the short side."""
    has_low, low = (has_stop, stop) if sign > 0 else (has_target, target)
    has_high, high = (has_target, target) if sign > 0 else (has_stop, stop)
    if has_low and not (0 < low < price):
        return False
    if not 0 < price:
        return False
    return not has_high or price < high
