"""An account: cash, trades and waiting orders; how a trade is opened, reduced and closed."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import copysign
from typing import Any

import numpy as np

from backtest_engine.simulation.losses import Losses
from backtest_engine.simulation.orders import CLOSE, STOP_LOSS, TAKE_PROFIT, Order, Position, Trade

Commission = Callable[[float, float], float]


class OutOfMoney(Exception):
    """The account is worth nothing any more; the run ends."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Prices:
    """Bars as lists of floats, quicker to read one by one than arrays; `times` is what trades are dated by."""

    open: list[float]
    high: list[float]
    low: list[float]
    close: list[float]
    times: Any

    @classmethod
    def from_columns(cls, columns: Sequence[Any], times: Any) -> Prices:
        """Return the prices of arrays in the order open, high, low, close."""
        opens, highs, lows, closes = (np.asarray(column, dtype=float).tolist() for column in columns)
        return cls(open=opens, high=highs, low=lows, close=closes, times=times)


def proportional(rate: float) -> Commission:
    """Return a commission of a share of what is traded."""

    def commission(size: float, price: float) -> float:
        return abs(size) * price * rate

    return commission


class Account(ABC):
    """Cash, trades and waiting orders on one market; `Broker` decides which orders fill.

    `step` is the smallest size in units, None for whole units; `note` is told of each thing that a strategy did.
    """

    def __init__(
        self,
        prices: Prices,
        *,
        cash: float,
        commission: Commission,
        spread: float = 0.0,
        margin: float = 1.0,
        trade_on_close: bool = False,
        hedging: bool = False,
        exclusive_orders: bool = False,
        step: float | None = None,
        note: Callable[..., None] | None = None,
    ) -> None:
        self._prices, self._cash, self._fee = prices, cash, commission
        self._open, self._high, self._low, self._close = prices.open, prices.high, prices.low, prices.close
        self._spread, self._leverage, self._note = spread, 1 / margin, note
        self._trade_on_close, self._hedging, self._exclusive = trade_on_close, hedging, exclusive_orders
        # Steps a unit, a whole number: dividing by it keeps sizes such as 0.1 exact.
        self._steps = None if step is None else round(1 / step)
        self.whole_units = step is None
        self.times = prices.times
        self.orders: list[Order] = []
        self.trades: list[Trade] = []
        self.closed_trades: list[Trade] = []
        self.losses = Losses()
        self.position = Position(self)
        self.position_size = 0.0
        self._invested = 0.0
        # Before the first bar is played, the last one is what a strategy's init() sees.
        self._i = -1
        # What the account owed when it was wiped out, and was forgiven.
        self.shortfall = 0.0
        self._equity = np.full(len(prices.close), np.nan)

    def __repr__(self) -> str:
        return f"<Broker: {self._cash:.0f}{self.equity - self._cash:+.1f} ({len(self.trades)} trades)>"

    @property
    def last_price(self) -> float:
        """Close of the bar that was played last."""
        return self._close[self._i]

    @property
    def equity(self) -> float:
        """Cash and open profit at the last close."""
        return np.float64(self._worth(self._close[self._i]))

    @property
    def margin_available(self) -> float:
        """What can still be invested, without leverage, at the last close."""
        return self._available(self._close[self._i])

    @abstractmethod
    def close(self, trade: Trade, portion: float) -> None:
        """Queue an order to close a portion of a trade, in front of all others."""

    @abstractmethod
    def set_level(self, trade: Trade, kind: int, price: float | None) -> None:
        """Set or remove a trade's stop-loss or take-profit. Raises AssertionError for no positive finite price."""

    @abstractmethod
    def cancel(self, order: Order) -> None:
        """Take a waiting order out of the queue. Raises ValueError where it waits no longer."""

    def trade_name(self, trade: Trade) -> int:
        """Return a trade's place among the open ones, or -1 - its place among the closed ones."""
        for place, other in enumerate(self.trades):
            if other is trade:
                return place
        for place, other in enumerate(self.closed_trades):
            if other is trade:
                return -1 - place
        raise ValueError("this Trade is a copy: use the ones in self.trades and self.closed_trades")

    def equity_curve(self) -> Any:
        """Return the equity of every bar as an array; before the first bar that was played it is what it was there."""
        known = np.flatnonzero(~np.isnan(self._equity))
        if not len(known):
            return np.full(len(self._equity), float(self._cash))
        curve = self._equity.copy()
        curve[: known[0]] = curve[known[0]]
        return curve

    def _worth(self, price: float) -> float:
        if not self.trades:
            return self._cash
        return self._cash + (price * self.position_size - self._invested)

    def _available(self, mark: float) -> float:
        if not self.trades:
            return max(0.0, self._cash)
        used = 0.0
        for trade in self.trades:
            used += abs(trade._size) * mark / self._leverage
        return max(0.0, self._worth(mark) - used)

    def _recount(self) -> None:
        position = invested = 0.0
        for trade in self.trades:
            position += trade._size
            invested += trade._size * trade._entry_price
        self.position_size, self._invested = position, invested

    def _queue_close(self, trade: Trade, portion: float) -> None:
        amount = abs(trade._size) * portion
        if self._steps is None:
            size = float(max(1, round(amount)))
        else:
            size = max(1, round(amount * self._steps)) / self._steps
        order = Order(self, CLOSE, copysign(size, -trade._size), tag=trade._tag, trade=trade)
        self.orders.insert(0, order)

    def _set_level(self, trade: Trade, kind: int, price: float | None) -> None:
        old = trade._sl_order if kind == STOP_LOSS else trade._tp_order
        if old is not None:
            self._remove(old)
        if kind == STOP_LOSS:
            trade._sl, trade._sl_order = price, None
            if price is not None:
                trade._sl_order = Order(self, kind, -trade._size, stop=price, tag=trade._tag, trade=trade)
                self.orders.insert(0, trade._sl_order)
        else:
            trade._tp, trade._tp_order = price, None
            if price is not None:
                trade._tp_order = Order(self, kind, -trade._size, limit=price, tag=trade._tag, trade=trade)
                self.orders.append(trade._tp_order)

    def _remove(self, order: Order) -> None:
        order._waiting = False
        self.orders.remove(order)

    def _affordable(self, budget: float, unit: float) -> float:
        if self._steps is None:
            return float(budget // unit)
        count = (budget * self._steps) // unit
        if count and count / self._steps * unit > budget:
            count -= 1
        return float(count / self._steps)

    def _open_trade(self, order: Order, size: float, price: float, bar: int) -> Trade:
        trade = Trade(self, size, price, bar, order._tag)
        self.trades.append(trade)
        self._recount()
        self._cash -= self._fee(size, price)
        for kind, level in ((TAKE_PROFIT, order._tp), (STOP_LOSS, order._sl)):
            if level is not None:
                if not 0 < level < math.inf:
                    raise AssertionError(f"Make sure 0 < price < inf! price: {level}")
                self._set_level(trade, kind, level)
        return trade

    def _reduce(self, trade: Trade, size: float, price: float, bar: int, reason: str) -> None:
        """Close `size` (signed like the trade) of a trade at a price."""
        if size == trade._size:
            closed = trade
            self.trades.remove(trade)
            for order in (trade._sl_order, trade._tp_order):
                if order is not None and order._waiting:
                    self._remove(order)
        else:
            left = trade._size - size
            trade._size = left if self._steps is None else round(left * self._steps) / self._steps
            for order in (trade._sl_order, trade._tp_order):
                if order is not None:
                    order._size = -trade._size
            closed = Trade(self, size, trade._entry_price, trade._entry_bar, trade._tag)
        closed._exit_price, closed._exit_bar, closed._exit_reason = price, bar, reason
        entry, fee = closed._entry_price, self._fee(size, price)
        closed._commissions = fee + self._fee(size, entry)
        self._cash += size * (price - entry) - fee
        self.closed_trades.append(closed)
        self._recount()

    def _lose(
        self, reason: str, order: Order, *, bar: int | None = None, figures: Mapping[str, float] | None = None
    ) -> None:
        terms = {"limit": order._limit, "stop": order._stop, "sl": order._sl, "tp": order._tp}
        at = self._i if bar is None else bar
        self.losses.add(reason, at, size=order._size, **{k: v for k, v in terms.items() if v}, **(figures or {}))
