"""How a specification stands in arrays: rules, their numbers, series, conditions, and programs for exits.

`r` int64 and `f` float64 (PLACES,) share their places: `r` says what a rule is and which row of the series it reads,
`f` the number that belongs to it. `series` float64 and `held` bool have a row of all bars each. `ops` int64 (n, 3)
holds postfix programs for conditions on the open position, with `constants` float64.
"""

# How far a price is from another, or which price it is. The row of the series is in the next place.
NONE, PERCENT, AMOUNT, RANGE, RISK, LEVEL = range(6)

# Of the whole specification. The number in `f`: entries at most, how far to add, bars to rest.
R_REVERSE, R_BOTH_SIDES, R_ONE_ENTRY, R_ENTRIES, R_SCALE, R_SCALE_ROW, R_SCALE_UP, R_REST = range(8)
NO_REST, AFTER_EXIT, AFTER_LOSS = range(3)
# In `f`: the number of the size; the largest share; the first share.
R_SIZING, R_SIZING_CAP, R_SIZING_TRADES, R_SIZING_ROW = range(8, 12)
EVERYTHING, SHARE, SHARE_OF_EQUITY, UNITS, CASH_AMOUNT, RISKED, VOLATILITY, KELLY = range(8)
# R_WAIT: bars that entry orders wait at most. R_FIRST: first bar to decide on. R_LAST_ORDER: orders allowed, 0 for any.
# R_BEST: whether a rule asks for the best prices since the entry. R_PROGRAMS: whether an exit is a program.
R_WAIT, R_MOVES, R_PARTS, R_FIRST, R_ORDER_LIMIT, R_BEST, R_PROGRAMS = range(12, 19)

SIDE, SIDE_PLACES = 20, 40
LONG, SHORT = 0, 1
# Of a side, from SIDE + side * SIDE_PLACES. P_ENTRY: row of `held`, -1 for a side that is not traded.
# P_EXIT: row of `held`, -1 for none. That of a program, lines P_PROGRAM to P_PROGRAM_END of `ops`, is filled on each
# bar.
P_ENTRY, P_EXIT, P_PROGRAM, P_PROGRAM_END = range(4)
P_ORDER, P_ORDER_ROW, P_BARS = range(4, 7)
MARKET, LIMIT, STOP = range(3)
P_STOP, P_TARGET, P_TRAIL = 7, 9, 11
# P_BY_HIGH: the best high, not close, is followed. P_TOUCH: a stop in the market, not a rule for the close.
P_BY_HIGH, P_TOUCH = 13, 14
P_BEGINS, P_BREAK_EVEN, P_PART_COUNT, P_PARTS, P_PORTIONS = 15, 17, 19, 20, 30
P_MAX_BARS, P_REMEMBERS, P_GUARDED = 35, 36, 37
MOST_PARTS = 5

PLACES = SIDE + 2 * SIDE_PLACES

# ops: (operation, a, b)
(
    OP_SERIES,  # row, bars back
    OP_CONSTANT,  # place
    OP_POSITION,  # measure
    OP_HELD,  # row
    OP_ADD,
    OP_SUBTRACT,
    OP_MULTIPLY,
    OP_DIVIDE,
    OP_GREATER,
    OP_LESS,
    OP_AT_LEAST,
    OP_AT_MOST,
    OP_EQUAL,
    OP_AND,
    OP_OR,
    OP_NOT,
    OP_BACK,  # so many bars, negative for forward again
    OP_LOOP,  # bars, times: what follows up to OP_AGAIN on each of so many bars
    OP_AGAIN,
) = range(19)
MEASURES = (
    *("entry_price", "bars_held", "profit_percent"),
    *("highest_close", "lowest_close", "highest_high", "lowest_low"),
)
