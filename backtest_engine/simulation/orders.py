"""Orders, trades and the position as a strategy sees them: the names and meanings are those of backtesting.py.

What is public reads only; what a strategy may do (close, cancel, set a level) goes to the broker, which does it and
notes it.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import copysign
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from backtest_engine.simulation.account import Account

ENTRY, CLOSE, STOP_LOSS, TAKE_PROFIT = range(4)


class Order:
    """A waiting order. `size` is signed: a fraction of what is available, or a number of units."""

    def __init__(
        self,
        broker: Account,
        kind: int,
        size: float,
        *,
        limit: float | None = None,
        stop: float | None = None,
        sl: float | None = None,
        tp: float | None = None,
        tag: Any = None,
        trade: Trade | None = None,
    ) -> None:
        self._broker, self._kind, self._size = broker, kind, size
        self._limit, self._stop, self._sl, self._tp, self._tag = limit, stop, sl, tp, tag
        self._trade, self._waiting, self._placed = trade, True, broker._i

    def __repr__(self) -> str:
        facts = {"size": self._size, "limit": self._limit, "stop": self._stop, "sl": self._sl, "tp": self._tp}
        shown = [f"{name}={value}" for name, value in facts.items() if value is not None]
        shown.append(f"contingent={int(self.is_contingent)}")
        return f"<Order {', '.join(shown if self._tag is None else [*shown, f'tag={self._tag!r}'])}>"

    @property
    def size(self) -> float:
        """Signed size: a fraction, or units."""
        return self._size

    @property
    def limit(self) -> float | None:
        """Worst price that is accepted."""
        return self._limit

    @property
    def stop(self) -> float | None:
        """Price that must be reached first; None once it was."""
        return self._stop

    @property
    def sl(self) -> float | None:
        """Stop-loss of the trade that this order opens."""
        return self._sl

    @property
    def tp(self) -> float | None:
        """Take-profit of the trade that this order opens."""
        return self._tp

    @property
    def tag(self) -> Any:
        """What the strategy marked the order with."""
        return self._tag

    @property
    def is_long(self) -> bool:
        """Whether it buys."""
        return self._size > 0

    @property
    def is_short(self) -> bool:
        """Whether it sells."""
        return self._size < 0

    @property
    def is_contingent(self) -> bool:
        """Whether it is the stop-loss or take-profit of an open trade."""
        return self._kind >= STOP_LOSS

    @property
    def parent_trade(self) -> Trade | None:
        """Trade that the order closes or protects."""
        return self._trade

    def cancel(self) -> None:
        """Take the order out of the queue. Raises ValueError where it waits no longer."""
        self._broker.cancel(self)


class Trade:
    """A trade, open or closed; a closed one keeps the levels that were last in force."""

    def __init__(self, broker: Account, size: float, entry_price: float, entry_bar: int, tag: Any) -> None:
        self._broker, self._size, self._entry_price, self._entry_bar = broker, size, entry_price, entry_bar
        self._tag = tag
        self._exit_price: float | None = None
        self._exit_bar: int | None = None
        self._exit_reason: str | None = None
        self._sl: float | None = None
        self._tp: float | None = None
        self._sl_order: Order | None = None
        self._tp_order: Order | None = None
        self._commissions = 0.0
        # Whether it was stopped on its first bar in doubt, and the price that the better course would have given.
        self._same_bar = False
        self._better_exit = 0.0

    def __repr__(self) -> str:
        out = "" if self._exit_bar is None else self._exit_bar
        price = "" if self._exit_price is None else f"{self._exit_price:.5g}"
        tag = "" if self._tag is None else f" tag={self._tag}"
        return (
            f"<Trade size={self.size} time={self._entry_bar}-{out} price={self._entry_price:.5g}-{price}"
            f" pl={self.pl:.0f}{tag}>"
        )

    @property
    def size(self) -> float:
        """Units, negative for a short trade; an `int` where units are whole."""
        return int(self._size) if self._broker.whole_units else self._size

    @property
    def entry_price(self) -> float:
        """Price of the fill, spread included."""
        return np.float64(self._entry_price)

    @property
    def exit_price(self) -> float | None:
        """Price of the exit, None while the trade is open."""
        return None if self._exit_price is None else np.float64(self._exit_price)

    @property
    def entry_bar(self) -> int:
        """Number of the bar of the fill."""
        return self._entry_bar

    @property
    def exit_bar(self) -> int | None:
        """Number of the bar of the exit, None while the trade is open."""
        return self._exit_bar

    @property
    def entry_time(self) -> Any:
        """Time of the bar of the fill."""
        return self._broker.times[self._entry_bar]

    @property
    def exit_time(self) -> Any:
        """Time of the bar of the exit, None while the trade is open."""
        return None if self._exit_bar is None else self._broker.times[self._exit_bar]

    @property
    def tag(self) -> Any:
        """What the entry order was marked with."""
        return self._tag

    @property
    def is_long(self) -> bool:
        """Whether it was bought."""
        return self._size > 0

    @property
    def is_short(self) -> bool:
        """Whether it was sold short."""
        return self._size < 0

    @property
    def _last_price(self) -> float:
        return self._broker.last_price if self._exit_price is None else self._exit_price

    @property
    def pl(self) -> float:
        """Profit in cash; of a closed trade after both commissions."""
        return np.float64(self._size * (self._last_price - self._entry_price) - self._commissions)

    @property
    def pl_pct(self) -> float:
        """Profit as a share of what was invested: 0.05 is 5 %."""
        invested = abs(self._size) * self._entry_price
        gross = copysign(1, self._size) * (np.float64(self._last_price) / self._entry_price - 1)
        return np.float64(gross - np.float64(self._commissions) / invested)

    @property
    def value(self) -> float:
        """Size times price, without a sign."""
        return np.float64(abs(self._size) * self._last_price)

    @property
    def sl(self) -> float | None:
        """Stop-loss; set it to move it, to None to remove it."""
        return self._sl

    @sl.setter
    def sl(self, price: float | None) -> None:
        self._broker.set_level(self, STOP_LOSS, price)

    @property
    def tp(self) -> float | None:
        """Take-profit; set it to move it, to None to remove it."""
        return self._tp

    @tp.setter
    def tp(self, price: float | None) -> None:
        self._broker.set_level(self, TAKE_PROFIT, price)

    def close(self, portion: float = 1.0) -> None:
        """Order to close a portion (more than 0, at most 1) at the next chance."""
        self._broker.close(self, portion)


class Position:
    """All open trades together; true where there are any units."""

    def __init__(self, broker: Account) -> None:
        self._broker = broker

    def __bool__(self) -> bool:
        return self._broker.position_size != 0

    def __repr__(self) -> str:
        return f"<Position: {self.size} ({len(self._broker.trades)} trades)>"

    @property
    def size(self) -> float:
        """Sum of the open trades' sizes; an `int` where units are whole."""
        size = self._broker.position_size
        return int(size) if self._broker.whole_units else size

    @property
    def pl(self) -> float:
        """Profit of the open trades in cash."""
        broker = self._broker
        return np.float64(broker.last_price * broker.position_size - broker._invested)

    @property
    def pl_pct(self) -> float:
        """Profit of the open trades in percent of what was invested."""
        trades: Sequence[Trade] = self._broker.trades
        invested = sum(abs(trade._size) * trade._entry_price for trade in trades)
        return np.float64(self.pl / invested * 100 if invested else 0.0)

    @property
    def is_long(self) -> bool:
        """Whether there are more units long than short."""
        return self._broker.position_size > 0

    @property
    def is_short(self) -> bool:
        """Whether there are more units short than long."""
        return self._broker.position_size < 0

    def close(self, portion: float = 1.0) -> None:
        """Order to close a portion of every open trade."""
        for trade in list(self._broker.trades):
            trade.close(portion)
