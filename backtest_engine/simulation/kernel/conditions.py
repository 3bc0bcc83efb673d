"""Evaluates a condition on the open position: a postfix program over series, other conditions and position values.

Series and conditions are looked up so many bars back; position values are always today's.
"""

import math

import numpy as np

from backtest_engine.simulation.kernel.jit import jit
from backtest_engine.simulation.kernel.layout import BAR, COUNTERS
from backtest_engine.simulation.kernel.plan import (
    LOOPS,
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
    OP_OR,
    OP_POSITION,
    OP_SERIES,
    OP_SUBTRACT,
    STACK,
)
from backtest_engine.simulation.kernel.prices import measure


@jit
def holds(s, k, bars, trades, series, held, ops, constants, start, end):
    """Whether the program in lines `start` to `end` of `ops` gives true today."""
    stack = np.empty(STACK)
    loops = np.empty((LOOPS, 4), dtype=np.int64)
    top, depth, back, line = -1, -1, 0, start
    while line < end:
        op = ops[line, 0]
        if op <= OP_HELD:
            top += 1
            stack[top] = _read(s, k, bars, trades, series, held, constants, op, ops[line, 1], ops[line, 2], back)
        elif op == OP_BACK:
            back += ops[line, 1]
        elif op == OP_NOT:
            stack[top] = 1.0 - stack[top]
        elif op == OP_LOOP:
            depth += 1
            loops[depth, 0], loops[depth, 1], loops[depth, 2], loops[depth, 3] = line, ops[line, 1], ops[line, 2], back
        elif op == OP_AGAIN:
            # Bars left to look at, and times that it must still hold.
            loops[depth, 1] -= 1
            loops[depth, 2] -= int(stack[top])
            if loops[depth, 2] <= 0 or loops[depth, 1] < loops[depth, 2]:
                stack[top] = 1.0 if loops[depth, 2] <= 0 else 0.0
                back = loops[depth, 3]
                depth -= 1
            else:
                top -= 1
                back += 1
                line = loops[depth, 0]
        else:
            top -= 1
            stack[top] = _combined(op, stack[top], stack[top + 1])
        line += 1
    return stack[0] == 1


@jit
def _read(s, k, bars, trades, series, held, constants, op, a, b, back):
    """Return what is put on the stack; of a bar that does not exist nothing is known."""
    if op == OP_CONSTANT:
        return constants[a]
    if op == OP_POSITION:
        return measure(s, k, bars, trades, a)
    bar = k[COUNTERS, BAR] - back - b
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
