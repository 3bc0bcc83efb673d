"""Where the state of a run stands: a few flat arrays, allocated once and passed by reference.

`s` float64 (NUMBERS,): the account's terms and figures, then a row for each reason for which orders come to nothing.
`k` int64 (7, width): counters, the queue, what is walked of it, and the free and open slots.
`orders`, `trades`, `closed` float64 (slots, fields): one row each. `bars` float64 (4, n): open, high, low, close.
A price of 0 is none. A row that is free may be taken again, so whoever remembers one remembers its serial number too.
"""

from typing import Any

import numpy as np

Floats = np.ndarray[Any, np.dtype[np.float64]]
Ints = np.ndarray[Any, np.dtype[np.int64]]

OPEN_PRICE, HIGH, LOW, CLOSE_PRICE = range(4)

# s: terms
SPREAD, LEVERAGE, RATE, FIXED, PER_UNIT, MINIMUM, STEPS = range(7)
# s: the account; STOPPED_AT is the price that ended a run in an error
CASH, POSITION, INVESTED, SHORTFALL, STOPPED_AT = range(7, 12)
# s: sums of the closed trades' returns, for Kelly's share
GAIN_SUM, LOSS_SUM = range(12, 14)
# s: best prices since the oldest entry
HIGHEST_CLOSE, LOWEST_CLOSE, HIGHEST_HIGH, LOWEST_LOW = range(14, 18)
LOST = 18
# One row for each of `losses.REASONS`.
BELOW_ONE_UNIT, NO_CASH, MARGIN, WRONG_SIDE, EXPIRED, REPLACED, STILL_WAITING = range(7)
LOST_COUNT, LOST_BAR, LOST_SIZE, LOST_LIMIT, LOST_STOP, LOST_SL, LOST_TP = range(7)
LOST_UNIT, LOST_NEEDED, LOST_AVAILABLE, LOST_POWER, LOST_SMALLEST = range(7, 12)
LOST_FIELDS = 12
NUMBERS = LOST + 7 * LOST_FIELDS

# k: rows
COUNTERS, QUEUE, WALK, SERIALS, FREE_ORDERS, OPEN, FREE_TRADES = range(7)
# k[COUNTERS]: terms
ON_CLOSE, HEDGING, EXCLUSIVE, HOUSE = range(4)
# k[COUNTERS]: the run
BAR, TRADES, ORDERS, CLOSED, FREE_ORDER_COUNT, FREE_TRADE_COUNT, SERIAL = range(4, 11)
PLACED, FILLED, ENTERED, EVENTS, GIVEN, GAINS, LOSSES = range(11, 18)
# k[COUNTERS]: what the best prices are of, up to which bar; until which bar entry orders wait; a bar that failed
SINCE, UPTO, EXPIRES, WIPED_OUT_AT = range(18, 22)
COUNTER_COUNT = 24

ENTRY, CLOSING, STOP_LOSS, TAKE_PROFIT = range(4)
# orders
O_KIND, O_SIZE, O_LIMIT, O_STOP, O_SL, O_TP, O_RISK, O_PLACED, O_TRADE, O_TRADE_SERIAL, O_SERIAL, O_WAITING = range(12)
# trades; T_ENTERED is the bar on which it was opened with levels, and the next three are how
T_SIZE, T_ENTRY, T_BAR, T_SL, T_TP, T_SL_ORDER, T_TP_ORDER, T_RISK, T_SERIAL, T_PARTS = range(10)
T_ENTERED, T_ENTERED_AT, T_BY_STOP, T_TARGET_COUNTS, T_SAME_BAR, T_BETTER = range(10, 16)
# closed
C_SIZE, C_ENTRY_BAR, C_EXIT_BAR, C_ENTRY, C_EXIT, C_SL, C_TP, C_COMMISSION, C_REASON = range(9)
C_SAME_BAR, C_BETTER, C_RISK = range(9, 12)
ORDER_FIELDS, TRADE_FIELDS, CLOSED_FIELDS = 12, 16, 12

EXIT_REASONS = ("", "closed", "stop_loss", "take_profit", "opposite_order", "wiped_out", "end_of_data")
OPPOSITE_ORDER, ACCOUNT_WIPED_OUT, END_OF_DATA = 4, 5, 6

# What a function answers.
OK, BROKE, BAD_LEVEL, WRONG_SIDE_ORDER, NEGATIVE_PRICE, BAD_SIZE, FULL, TOO_MANY_ORDERS, TOO_MANY_WAITING = range(9)

# The size of an order that states none: not 1, which is one unit.
ALL_THERE_IS = 1 - 2**-52


class State:
    """The arrays of one run; `clear` makes them ready for another."""

    def __init__(self, bars: Floats, *, open_trades: int = 64, closed_trades: int = 1_024) -> None:
        waiting = 4 * open_trades
        self.bars = bars
        self.s: Floats = np.zeros(NUMBERS)
        self.k: Ints = np.zeros((7, max(waiting, COUNTER_COUNT)), dtype=np.int64)
        self.equity: Floats = np.full(bars.shape[1], np.nan)
        self.orders: Floats = np.zeros((waiting, ORDER_FIELDS))
        self.trades: Floats = np.zeros((open_trades, TRADE_FIELDS))
        self.closed: Floats = np.zeros((closed_trades, CLOSED_FIELDS))
        self._free_orders = np.arange(waiting)[::-1]
        self._free_trades = np.arange(open_trades)[::-1]

    @property
    def arrays(self) -> tuple[Floats, Ints, Floats, Floats, Floats, Floats, Floats]:
        """What every function of the broker takes first."""
        return self.s, self.k, self.bars, self.equity, self.orders, self.trades, self.closed

    def clear(self, terms: Floats, flags: Ints, cash: float) -> None:
        """Begin anew on these terms (`MINIMUM` and the like) and flags (`ON_CLOSE` to `HOUSE`)."""
        self.s.fill(0.0)
        self.s[: len(terms)] = terms
        self.s[CASH] = cash
        counters = self.k[COUNTERS]
        counters.fill(0)
        counters[: len(flags)] = flags
        counters[FREE_ORDER_COUNT], counters[FREE_TRADE_COUNT] = len(self._free_orders), len(self._free_trades)
        counters[BAR] = counters[SINCE] = counters[WIPED_OUT_AT] = -1
        self.k[FREE_ORDERS, : len(self._free_orders)] = self._free_orders
        self.k[FREE_TRADES, : len(self._free_trades)] = self._free_trades
        self.equity.fill(np.nan)


def terms(
    *,
    spread: float,
    margin: float,
    rate: float,
    step: float | None,
    fixed: float = 0.0,
    per_unit: float = 0.0,
    minimum: float = -np.inf,
) -> Floats:
    """Return the broker's terms in the order of their places in `s`."""
    steps = 0.0 if step is None else float(round(1 / step))
    return np.array([spread, 1 / margin, rate, fixed, per_unit, minimum, steps])


def equity_curve(state: State) -> Floats:
    """Return the equity of every bar; before the first one that was played it is what it was there."""
    curve = state.equity.copy()
    known = np.flatnonzero(~np.isnan(curve))
    if not len(known):
        curve.fill(state.s[CASH])
    else:
        curve[: known[0]] = curve[known[0]]
    return curve
