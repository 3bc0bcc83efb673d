"""When positions are closed, their stops moved, and parts of them taken."""

import math

from backtest_engine.simulation.kernel.account import queue_close, set_level
from backtest_engine.simulation.kernel.conditions import holds
from backtest_engine.simulation.kernel.entries import on_side, sign_of
from backtest_engine.simulation.kernel.jit import jit
from backtest_engine.simulation.kernel.layout import (
    BAD_LEVEL,
    BAR,
    CLOSE_PRICE,
    COUNTERS,
    EVENTS,
    HIGH,
    HIGHEST_CLOSE,
    HIGHEST_HIGH,
    LOW,
    LOWEST_CLOSE,
    LOWEST_LOW,
    OK,
    OPEN,
    STOP_LOSS,
    STOPPED_AT,
    T_BAR,
    T_ENTRY,
    T_PARTS,
    T_SIZE,
    T_SL,
    TRADES,
)
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
    P_PROGRAM,
    P_PROGRAM_END,
    P_TOUCH,
    P_TRAIL,
    SHORT,
    SIDE,
    SIDE_PLACES,
)
from backtest_engine.simulation.kernel.prices import away, gained, know_best, tighter


@jit
def leaves(s, k, bars, trades, r, f, series, held, ops, constants, side):
    """Whether the position of a side is closed on this bar: by its condition, its trailing rule or its age."""
    if not on_side(s, r, side):
        return False
    i, base = k[COUNTERS, BAR], SIDE + side * SIDE_PLACES
    if r[base + P_EXIT] >= 0 and held[r[base + P_EXIT], i]:
        return True
    start, end = r[base + P_PROGRAM], r[base + P_PROGRAM_END]
    if start < end and holds(s, k, bars, trades, series, held, ops, constants, start, end):
        return True
    if r[base + P_TRAIL] != NONE and not r[base + P_TOUCH] and _fell_back(s, k, bars, trades, r, f, series, side):
        return True
    return r[base + P_MAX_BARS] != 0 and i - trades[k[OPEN, 0], T_BAR] >= f[base + P_MAX_BARS]


@jit
def _fell_back(s, k, bars, trades, r, f, series, side):
    """Whether the close is so far from the best price since the oldest entry, once trailing has begun."""
    i, base, sign = k[COUNTERS, BAR], SIDE + side * SIDE_PLACES, sign_of(side)
    know_best(s, k, bars, trades)
    if sign > 0:
        best = s[HIGHEST_HIGH] if r[base + P_BY_HIGH] else s[HIGHEST_CLOSE]
    else:
        best = s[LOWEST_LOW] if r[base + P_BY_HIGH] else s[LOWEST_CLOSE]
    if r[base + P_BEGINS] != NONE and not gained(r, f, series, trades, base + P_BEGINS, best, k[OPEN, 0], sign, i):
        return False
    level = away(r, f, series, base + P_TRAIL, best, -sign, i)
    return bars[CLOSE_PRICE, i] <= level if sign > 0 else bars[CLOSE_PRICE, i] >= level


@jit
def move_stops(s, k, bars, orders, trades, r, f, series):
    """Let the stop of each open trade follow, oldest first. Return how that went."""
    for place in range(k[COUNTERS, TRADES]):
        trade = k[OPEN, place]
        side = SHORT if trades[trade, T_SIZE] < 0 else LONG
        found = _follow(s, k, bars, orders, trades, r, f, series, trade, side)
        if found == OK:
            found = _break_even(s, k, bars, orders, trades, r, f, series, trade, side)
        if found != OK:
            return found
    return OK


@jit
def _follow(s, k, bars, orders, trades, r, f, series, trade, side):
    """Let a trade's stop trail the price."""
    i, base, sign = k[COUNTERS, BAR], SIDE + side * SIDE_PLACES, sign_of(side)
    if r[base + P_TRAIL] == NONE or not r[base + P_TOUCH]:
        return OK
    best = bars[CLOSE_PRICE, i]
    if r[base + P_BY_HIGH]:
        best = bars[HIGH, i] if sign > 0 else bars[LOW, i]
    level = away(r, f, series, base + P_TRAIL, best, -sign, i)
    if r[base + P_BEGINS] != NONE and not (
        gained(r, f, series, trades, base + P_BEGINS, best, trade, sign, i) and level > 0
    ):
        return OK
    return _tighten(s, k, orders, trades, trade, sign, level)


@jit
def _break_even(s, k, bars, orders, trades, r, f, series, trade, side):
    """Move a trade's stop to its entry once it is ahead."""
    i, base, sign = k[COUNTERS, BAR], SIDE + side * SIDE_PLACES, sign_of(side)
    if r[base + P_BREAK_EVEN] == NONE:
        return OK
    if not gained(r, f, series, trades, base + P_BREAK_EVEN, bars[CLOSE_PRICE, i], trade, sign, i):
        return OK
    return _tighten(s, k, orders, trades, trade, sign, trades[trade, T_ENTRY])


@jit
def _tighten(s, k, orders, trades, trade, sign, level):
    """Set a trade's stop anew, at the nearer of its own and a level: its order moves in the queue either way."""
    stop = tighter(sign, trades[trade, T_SL], level)
    k[COUNTERS, EVENTS] += 1
    if not 0 < stop < math.inf:
        s[STOPPED_AT] = stop
        return BAD_LEVEL
    set_level(k, orders, trades, trade, STOP_LOSS, stop)
    return OK


@jit
def take_parts(s, k, bars, orders, trades, r, f, series):
    """Queue the closing of a part of each open trade that is far enough ahead for its next one."""
    i = k[COUNTERS, BAR]
    for place in range(k[COUNTERS, TRADES]):
        trade = k[OPEN, place]
        side = SHORT if trades[trade, T_SIZE] < 0 else LONG
        base, sign = SIDE + side * SIDE_PLACES, sign_of(side)
        taken = int(trades[trade, T_PARTS])
        if taken >= r[base + P_PART_COUNT]:
            continue
        rule = base + P_PARTS + 2 * taken
        if gained(r, f, series, trades, rule, bars[CLOSE_PRICE, i], trade, sign, i):
            k[COUNTERS, EVENTS] += 1
            queue_close(s, k, orders, trades, trade, f[base + P_PORTIONS + taken])
            trades[trade, T_PARTS] = taken + 1
