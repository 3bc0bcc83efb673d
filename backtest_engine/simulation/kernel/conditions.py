"""Evaluates a condition on the open position: a postfix program over series, other conditions and position values.

Series and conditions are looked up so many bars back; position values are always today's.
"""

import math

import numpy as np

from backtest_engine.simulation.kernel.jit import jit
from backtest_engine.simulation.kernel.layout import LOOP_BACK, LOOP_BARS, LOOP_LINE, LOOP_TIMES
from backtest_engine.simulation.kernel.plan import (
    OP_ADD,
    OP_AGAIN,
    OP_AND,
    OP_AT_LEAST,
    OP_AT_MOST,
    OP_BACK,
    OP_CONSTANT,
    OP_DIVIDE,
    OP_EQUAL,
    OP_GREATER,
    OP_HELD,
    OP_LESS,
    OP_LOOP,
    OP_MULTIPLY,
    OP_NOT,
    OP_POSITION,
    OP_SERIES,
    OP_SUBTRACT,
)
from backtest_engine.simulation.kernel.prices import measure


@jit
def holds(st, series, held, ops, constants, start, end):
    """Whether the program in lines `start` to `end` of `ops` gives true today."""
    top, depth, back, line = np.int64(-1), np.int64(-4), np.int64(0), start
    while line < end:
        op = ops[line, 0]
        if op <= OP_HELD:
            top += 1
            st.stack[top] = _read(st, series, held, constants, op, ops[line, 1], ops[line, 2], back)
        elif op == OP_BACK:
            back += ops[line, 1]
        elif op == OP_NOT:
            st.stack[top] = 1.0 - st.stack[top]
        elif op == OP_LOOP:
            depth += 4
            _begin_loop(st, depth, line, ops[line, 1], ops[line, 2], back)
        elif op != OP_AGAIN:
            top -= 1
            st.stack[top] = _combined(op, st.stack[top], st.stack[top + 1])
        elif _loop_ends(st, depth, top):
            back = st.loops[depth + LOOP_BACK]
            depth -= 4
        else:
            top -= 1
            back += 1
            line = st.loops[depth + LOOP_LINE]
        line += 1
    return st.stack[0] == 1


@jit
def _begin_loop(st, depth, line, bars, times, back):
    st.loops[depth + LOOP_LINE] = line
    st.loops[depth + LOOP_BARS] = bars
    st.loops[depth + LOOP_TIMES] = times
    st.loops[depth + LOOP_BACK] = back


@jit
def _loop_ends(st, depth, top):
    """Count a bar of a loop; return whether its outcome is known, which then is on top of the stack."""
    st.loops[depth + LOOP_BARS] -= 1
    st.loops[depth + LOOP_TIMES] -= int(st.stack[top])
    missing = st.loops[depth + LOOP_TIMES]
    if 0 < missing <= st.loops[depth + LOOP_BARS]:
        return False
    st.stack[top] = 1.0 if missing <= 0 else 0.0
    return True


@jit
def _read(st, series, held, constants, op, a, b, back):
    """Return what is put on the stack; of a bar that does not exist nothing is known."""
    if op == OP_CONSTANT:
        return constants[a]
    if op == OP_POSITION:
        return measure(st, a)
    bar = st.bar - back - b
    if op == OP_SERIES:
        return series[a, bar] if bar >= 0 else math.nan
    return 1.0 if bar >= 0 and held[a, bar] else 0.0


@jit
def _combined(op, left, right):
    if op == OP_ADD:
        return left + right
    if op == OP_SUBTRACT:
        return left - right
    if op == OP_MULTIPLY:
        return left * right
    if op == OP_DIVIDE:
        return left / right if right != 0 else math.nan
    return 1.0 if _compared(op, left, right) else 0.0


@jit
def _compared(op, left, right):
    if op == OP_GREATER:
        return left > right
    if op == OP_LESS:
        return left < right
    if op == OP_AT_LEAST:
        return left >= right
    if op == OP_AT_MOST:
        return left <= right
    if op == OP_EQUAL:
        return left == right
    if op == OP_AND:
        return left == 1 and right == 1
    return left == 1 or right == 1
