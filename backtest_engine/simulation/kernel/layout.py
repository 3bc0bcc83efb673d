"""Where the state of a run stands: one record, allocated once and passed by its address.

`STATE` names its fields. Orders, trades and closed trades have a row each, whose columns are the numbers below. A price
of 0 is none. A row that is free may be taken again, so whoever remembers one remembers its serial number too.
"""

from typing import Any

import numpy as np

from backtest_engine.simulation.kernel.plan import PLACES

Floats = np.ndarray[Any, np.dtype[np.float64]]
Ints = np.ndarray[Any, np.dtype[np.int64]]

OPEN_PRICE, HIGH, LOW, CLOSE_PRICE = range(4)

# Why an order came to nothing: the rows of `lost`, in the order of `losses.REASONS`; and their columns.
# What is handed to functions is no Python number: each of those would be compiled into a function of its own.
BELOW_ONE_UNIT, NO_CASH, MARGIN, WRONG_SIDE, EXPIRED, REPLACED, STILL_WAITING = np.arange(7)
LOST_COUNT, LOST_BAR, LOST_SIZE, LOST_LIMIT, LOST_STOP, LOST_SL, LOST_TP = range(7)
LOST_UNIT, LOST_NEEDED, LOST_AVAILABLE, LOST_POWER, LOST_SMALLEST = range(7, 12)

ENTRY, CLOSING, STOP_LOSS, TAKE_PROFIT = np.arange(4)
# orders
O_KIND, O_SIZE, O_LIMIT, O_STOP, O_SL, O_TP, O_RISK, O_PLACED, O_TRADE, O_TRADE_SERIAL, O_SERIAL, O_WAITING = range(12)
# trades; T_ENTERED is the bar on which it was opened with levels, and the next three are how
T_SIZE, T_ENTRY, T_BAR, T_SL, T_TP, T_SL_ORDER, T_TP_ORDER, T_RISK, T_SERIAL, T_PARTS = range(10)
T_ENTERED, T_ENTERED_AT, T_BY_STOP, T_TARGET_COUNTS, T_SAME_BAR, T_BETTER = range(10, 16)
# closed
C_SIZE, C_ENTRY_BAR, C_EXIT_BAR, C_ENTRY, C_EXIT, C_SL, C_TP, C_COMMISSION, C_REASON = range(9)
C_SAME_BAR, C_BETTER, C_RISK = range(9, 12)
CLOSED_FIELDS = 12

EXIT_REASONS = ("", "closed", "stop_loss", "take_profit", "opposite_order", "wiped_out", "end_of_data")
OPPOSITE_ORDER, ACCOUNT_WIPED_OUT, END_OF_DATA = np.arange(4, 7)

# What a function answers.
OK, BROKE, BAD_LEVEL, WRONG_SIDE_ORDER, NEGATIVE_PRICE, BAD_SIZE, TOO_MANY_ORDERS = range(7)
# More closed trades than the array has rows; more open trades or waiting orders than the record has.
FULL, NO_ROOM = 7, 8

# The size of an order that states none: not 1, which is one unit.
ALL_THERE_IS = 1 - 2**-52

# Rows. A specification has 100 open trades at most, each with two levels.
OPEN_TRADES, WAITING_ORDERS, CLOSED_A_BAR = 256, 1_024, 1_024
# Series and conditions that rules read, the stack of a condition on the open position, and its loops.
READ, STACK, LOOPS = 256, 64, 16
# loops: the line, the bars left, the times missing, and how far back the loop began
LOOP_LINE, LOOP_BARS, LOOP_TIMES, LOOP_BACK = range(4)

_TERMS = ("spread", "leverage", "rate", "fixed", "per_unit", "minimum", "steps")
_FLAGS = ("on_close", "hedging", "exclusive", "house")
# The bar that is played.
_BAR = ("open_price", "high", "low", "close", "close_before", "equity")
# `stopped_at` is the price that ended a run in an error; the sums are of the closed trades' returns.
_ACCOUNT = ("cash", "position", "invested", "shortfall", "stopped_at", "gain_sum", "loss_sum", "last_profit")
# The best prices since the bar `since`, up to the bar `upto`.
_BEST = ("highest_close", "lowest_close", "highest_high", "lowest_low")
_COUNTS = (
    *("bar", "trade_count", "order_count", "closed_count", "closed_before", "free_order_count", "free_trade_count"),
    *("serial", "placed", "filled", "entered", "events", "given", "gains", "losses", "last_exit_bar"),
    *("since", "upto", "expires", "wiped_out_at"),
)
STATE = np.dtype(
    [
        *((name, np.float64) for name in (*_TERMS, *_BAR, *_ACCOUNT, *_BEST)),
        *((name, np.int64) for name in (*_FLAGS, *_COUNTS)),
        ("lost", np.float64, (7, 12)),
        # Rows of orders in the order in which they are looked at; what is walked of them; rows of open trades, oldest
        # first; rows that are free.
        *((name, np.int64, (WAITING_ORDERS,)) for name in ("queue", "walk", "serials", "free_orders")),
        *((name, np.int64, (OPEN_TRADES,)) for name in ("open", "free_trades")),
        ("orders", np.float64, (WAITING_ORDERS, 12)),
        ("trades", np.float64, (OPEN_TRADES, 16)),
        ("closed", np.float64, (CLOSED_A_BAR, CLOSED_FIELDS)),
        # Rules (`plan`), and what the series and conditions that they read are on this bar.
        ("r", np.int64, (PLACES,)),
        ("f", np.float64, (PLACES,)),
        ("now", np.float64, (READ,)),
        ("held_now", np.int64, (READ,)),
        ("stack", np.float64, (STACK,)),
        ("loops", np.int64, (4 * LOOPS,)),
    ],
    align=True,
)


class State:
    """The record of a run on bars of shape (4, n), the equity of each bar, and the closed trades."""

    def __init__(self, bars: Floats, *, closed_trades: int = 1_024) -> None:
        self.bars = bars
        self.record: Any = np.zeros(1, dtype=STATE).view(np.recarray)
        self.equity: Floats = np.full(bars.shape[1], np.nan)
        self.closed: Floats = np.zeros((closed_trades, CLOSED_FIELDS))
        self._beginning: dict[str, Any] = {}

    @property
    def st(self) -> Any:
        """The record itself: what every function of the broker takes first."""
        return self.record[0]

    def clear(self, terms: dict[str, float], *, cash: float) -> None:
        """Begin anew on these terms: `_TERMS` and `_FLAGS` by name."""
        st = self.record[0]
        for name in (*_BAR, *_ACCOUNT, *_BEST, *_COUNTS):
            st[name] = 0
        for name, value in terms.items():
            st[name] = value
        st.cash, st.free_order_count, st.free_trade_count = cash, WAITING_ORDERS, OPEN_TRADES
        st.bar = st.since = st.wiped_out_at = -1
        st.lost[:] = 0.0
        st.free_orders[:] = _FREE_ORDERS
        st.free_trades[:] = _FREE_TRADES
        self.equity.fill(np.nan)

    def grow(self) -> None:
        """Make room for four times as many closed trades."""
        self.closed = np.zeros((4 * len(self.closed), CLOSED_FIELDS))


_FREE_ORDERS = np.arange(WAITING_ORDERS)[::-1]
_FREE_TRADES = np.arange(OPEN_TRADES)[::-1]


def terms(
    *,
    spread: float,
    margin: float,
    rate: float,
    step: float | None,
    on_close: bool,
    hedging: bool,
    exclusive: bool,
    house: bool,
    fixed: float = 0.0,
    per_unit: float = 0.0,
    minimum: float = -np.inf,
) -> dict[str, float]:
    """Return the broker's terms as fields of the state; `house` says that our rules hold, not backtesting.py's."""
    return {
        "spread": spread,
        "leverage": 1 / margin,
        "rate": rate,
        "fixed": fixed,
        "per_unit": per_unit,
        "minimum": minimum,
        "steps": 0.0 if step is None else float(round(1 / step)),
        "on_close": on_close,
        "hedging": hedging,
        "exclusive": exclusive,
        "house": house,
    }


def equity_curve(state: State) -> Floats:
    """Return the equity of every bar; before the first one that was played it is what it was there."""
    curve = state.equity.copy()
    known = np.flatnonzero(~np.isnan(curve))
    if not len(known):
        curve.fill(state.st.cash)
    else:
        curve[: known[0]] = curve[known[0]]
    return curve
