"""When an entry order is sent, and with which levels."""

import math

from backtest_engine.simulation.kernel.jit import jit
from backtest_engine.simulation.kernel.layout import O_KIND, OK, STOP_LOSS, T_ENTRY
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


@jit
def sign_of(side):
    """Return 1 for the long side, -1 for the short one."""
    return -1 if side == SHORT else 1


@jit
def on_side(st, side):
    """Whether there is a position on a side; where only one side is traded, whether there is any."""
    if not st.r[R_BOTH_SIDES]:
        return st.position != 0
    return st.position < 0 if side == SHORT else st.position > 0


@jit
def enters(st, side):
    """Whether an entry order of a side is sent on this bar."""
    signal = st.held_now[st.r[SIDE + side * SIDE_PLACES + P_ENTRY]]
    if not signal and not st.r[R_SCALE]:
        return False
    if st.r[R_WAIT] > 1 and not _none_waits(st):
        return False
    if signal and _has_room(st, side) and _rested(st):
        return True
    return st.r[R_SCALE] != NONE and _adds(st, side)


@jit
def _none_waits(st):
    for place in range(st.order_count):
        if st.orders[st.queue[place], O_KIND] < STOP_LOSS:
            return False
    return True


@jit
def _has_room(st, side):
    position, count = st.position, st.trade_count
    same = position < 0 if side == SHORT else position > 0
    other = position > 0 if side == SHORT else position < 0
    if st.r[R_ONE_ENTRY] or st.r[R_SCALE]:
        return not same if st.r[R_REVERSE] else position == 0
    if st.r[R_REVERSE]:
        return other or count < st.f[R_ENTRIES]
    return count < st.f[R_ENTRIES] and not (st.r[R_BOTH_SIDES] and other)


@jit
def _rested(st):
    if st.r[R_REST] == NO_REST or st.closed_before + st.closed_count == 0:
        return True
    if st.bar - st.last_exit_bar >= st.f[R_REST]:
        return True
    return st.r[R_REST] == AFTER_LOSS and st.last_profit >= 0


@jit
def _adds(st, side):
    """Whether the close is far enough from the last entry for one more."""
    if not on_side(st, side) or not st.trade_count < st.f[R_ENTRIES]:
        return False
    last = st.trades[st.open[st.trade_count - 1], T_ENTRY]
    up = (side != SHORT) == (st.r[R_SCALE_UP] == 1)
    level = away(st, R_SCALE, last, 1 if up else -1)
    return st.close >= level if up else st.close <= level


@jit
def enter(st, side):
    """Send the entry order of a side, after what turns the position round. Return how that went."""
    turned = st.position > 0 if side == SHORT else st.position < 0
    if st.r[R_REVERSE] and (st.r[R_ONE_ENTRY] or turned):
        st.events += st.trade_count
        close_all(st, 1.0)
    sign, base = sign_of(side), SIDE + side * SIDE_PLACES
    market = st.r[base + P_ORDER] == MARKET
    price = st.close if market else st.now[st.r[base + P_ORDER_ROW]]
    has_stop, stop = _stop(st, base, price, sign)
    has_target, target = _target(st, base, price, stop, sign)
    if st.r[base + P_GUARDED] and not _in_order(price, has_stop, stop, has_target, target, sign):
        return OK
    sent, size = size_of(st, price, stop, sign)
    if not sent:
        return OK
    limit = price if st.r[base + P_ORDER] == LIMIT else 0.0
    at = price if st.r[base + P_ORDER] == STOP else 0.0
    risk = abs(price - stop) if st.r[base + P_REMEMBERS] else math.nan
    st.events += 1
    st.given += 1
    found = new_order(st, sign * size, limit, at, stop, target, risk)
    if found == OK and not market and st.r[R_WAIT] > 1:
        st.expires = st.bar + 1 + st.r[base + P_BARS]
    return found


@jit
def _stop(st, base, price, sign):
    """Return whether the order carries a stop, and which: of a fixed and a trailing one the nearer."""
    kind = st.r[base + P_STOP]
    stop = 0.0
    if kind == LEVEL:
        stop = st.now[st.r[base + P_STOP + 1]]
    elif kind != NONE:
        stop = away(st, base + P_STOP, price, -sign)
    if st.r[base + P_TRAIL] == NONE or not st.r[base + P_TOUCH] or st.r[base + P_BEGINS] != NONE:
        return kind != NONE, stop
    trailing = away(st, base + P_TRAIL, price, -sign)
    if kind == NONE:
        return True, trailing
    nearer = trailing > stop if sign > 0 else trailing < stop
    return True, trailing if nearer else stop


@jit
def _target(st, base, price, stop, sign):
    kind = st.r[base + P_TARGET]
    if kind == NONE:
        return False, 0.0
    if kind == LEVEL:
        return True, st.now[st.r[base + P_TARGET + 1]]
    if kind == RISK:
        ahead = st.f[base + P_TARGET] * abs(price - stop)
        return True, price + ahead if sign > 0 else price - ahead
    return True, away(st, base + P_TARGET, price, sign)


@jit
def _in_order(price, has_stop, stop, has_target, target, sign):
    """Whether 0, the stop, the price and the target are in order; mirrored for the short side."""
    has_low, low = (has_stop, stop) if sign > 0 else (has_target, target)
    has_high, high = (has_target, target) if sign > 0 else (has_stop, stop)
    if has_low and not (0 < low < price):
        return False
    if not price > 0:
        return False
    return not has_high or price < high
