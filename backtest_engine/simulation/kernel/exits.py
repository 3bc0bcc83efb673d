"""When positions are closed, their stops moved, and parts of them taken."""

import math

from backtest_engine.simulation.kernel.account import queue_close, set_level
from backtest_engine.simulation.kernel.entries import on_side, sign_of
from backtest_engine.simulation.kernel.jit import jit
from backtest_engine.simulation.kernel.layout import BAD_LEVEL, OK, STOP_LOSS, T_BAR, T_ENTRY, T_PARTS, T_SIZE, T_SL
from backtest_engine.simulation.kernel.plan import (
    LONG,
    NONE,
    P_BEGINS,
    P_BREAK_EVEN,
    P_BY_HIGH,
    P_EXIT,
    P_MAX_BARS,
    P_PART_COUNT,
    P_PARTS,
    P_PORTIONS,
    P_TOUCH,
    P_TRAIL,
    SHORT,
    SIDE,
    SIDE_PLACES,
)
from backtest_engine.simulation.kernel.prices import away, gained, tighter


@jit
def leaves(st, side):
    """Whether the position of a side is closed on this bar: by its condition, its trailing rule or its age."""
    if not on_side(st, side):
        return False
    base = SIDE + side * SIDE_PLACES
    if st.r[base + P_EXIT] >= 0 and st.held_now[st.r[base + P_EXIT]]:
        return True
    if st.r[base + P_TRAIL] != NONE and not st.r[base + P_TOUCH] and _fell_back(st, side):
        return True
    return st.r[base + P_MAX_BARS] != 0 and st.bar - st.trades[st.open[0], T_BAR] >= st.f[base + P_MAX_BARS]


@jit
def _fell_back(st, side):
    """Whether the close is so far from the best price since the oldest entry, once trailing has begun."""
    base, sign = SIDE + side * SIDE_PLACES, sign_of(side)
    if sign > 0:
        best = st.highest_high if st.r[base + P_BY_HIGH] else st.highest_close
    else:
        best = st.lowest_low if st.r[base + P_BY_HIGH] else st.lowest_close
    if st.r[base + P_BEGINS] != NONE and not gained(st, base + P_BEGINS, best, st.open[0], sign):
        return False
    level = away(st, base + P_TRAIL, best, -sign)
    return st.close <= level if sign > 0 else st.close >= level


@jit
def move_stops(st):
    """Let the stop of each open trade follow, oldest first. Return how that went."""
    for place in range(st.trade_count):
        trade = st.open[place]
        side = SHORT if st.trades[trade, T_SIZE] < 0 else LONG
        found = _follow(st, trade, side)
        if found == OK:
            found = _break_even(st, trade, side)
        if found != OK:
            return found
    return OK


@jit
def _follow(st, trade, side):
    """Let a trade's stop trail the price."""
    base, sign = SIDE + side * SIDE_PLACES, sign_of(side)
    if st.r[base + P_TRAIL] == NONE or not st.r[base + P_TOUCH]:
        return OK
    best = st.close
    if st.r[base + P_BY_HIGH]:
        best = st.high if sign > 0 else st.low
    level = away(st, base + P_TRAIL, best, -sign)
    if st.r[base + P_BEGINS] != NONE and not (gained(st, base + P_BEGINS, best, trade, sign) and level > 0):
        return OK
    return _tighten(st, trade, sign, level)


@jit
def _break_even(st, trade, side):
    """Move a trade's stop to its entry once it is ahead."""
    base, sign = SIDE + side * SIDE_PLACES, sign_of(side)
    if st.r[base + P_BREAK_EVEN] == NONE:
        return OK
    if not gained(st, base + P_BREAK_EVEN, st.close, trade, sign):
        return OK
    return _tighten(st, trade, sign, st.trades[trade, T_ENTRY])


@jit
def _tighten(st, trade, sign, level):
    """Set a trade's stop anew, at the nearer of its own and a level: its order moves in the queue either way."""
    stop = tighter(sign, st.trades[trade, T_SL], level)
    st.events += 1
    if not 0 < stop < math.inf:
        st.stopped_at = stop
        return BAD_LEVEL
    set_level(st, trade, STOP_LOSS, stop)
    return OK


@jit
def take_parts(st):
    """Queue the closing of a part of each open trade that is far enough ahead for its next one."""
    for place in range(st.trade_count):
        trade = st.open[place]
        side = SHORT if st.trades[trade, T_SIZE] < 0 else LONG
        base, sign = SIDE + side * SIDE_PLACES, sign_of(side)
        taken = int(st.trades[trade, T_PARTS])
        if taken >= st.r[base + P_PART_COUNT]:
            continue
        rule = base + P_PARTS + 2 * taken
        if gained(st, rule, st.close, trade, sign):
            st.events += 1
            queue_close(st, trade, st.f[base + P_PORTIONS + taken])
            st.trades[trade, T_PARTS] = taken + 1
