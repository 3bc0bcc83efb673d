"""The broker that fills orders as backtesting.py 0.6.6 does, to the last bit; `house.py` says where we differ.

Words: a bar's prices are its open, high, low and close; the *queue* holds the waiting orders in the order in which they
are looked at; a *level* is a trade's stop-loss or take-profit; the *mark* is the price at which open trades are valued
while an order is filled. Everything is plain float arithmetic in a fixed order, so that another implementation of the
same rules can be compared with this one bit by bit.
"""

from __future__ import annotations

import math
from math import copysign
from typing import Any

from backtest_engine.simulation.account import Account, OutOfMoney
from backtest_engine.simulation.orders import CLOSE, ENTRY, STOP_LOSS, Order, Trade

# What a strategy's default size is: all that there is. Not 1, which is one unit.
FULL_SIZE = 1 - 2**-52


class Broker(Account):
    """Fills orders. `process` plays a bar; what a strategy calls is public in `orders.py` and here."""

    # What a strategy does.

    def new_order(
        self,
        size: float,
        limit: float | None = None,
        stop: float | None = None,
        sl: float | None = None,
        tp: float | None = None,
        tag: Any = None,
    ) -> Order:
        """Queue an entry order of a signed size. Raises ValueError for levels on the wrong side of its price."""
        size = _finite(size)
        limit, stop, sl, tp = (price and _finite(price) for price in (limit, stop, sl, tp))
        try:
            self._check_levels(size, limit, stop, sl, tp)
        except ValueError:
            terms = {"limit": limit, "stop": stop, "sl": sl, "tp": tp}
            self.losses.add("wrong_side", self._i, size=size, **{k: v for k, v in terms.items() if v})
            if self._note is not None:
                self._note("refused", size, limit or None, stop or None, sl or None, tp or None, tag)
            raise
        order = Order(self, ENTRY, size, limit=limit or None, stop=stop or None, sl=sl or None, tp=tp or None, tag=tag)
        if self._exclusive:
            self._replace_all()
        self.orders.append(order)
        self.losses.placed += 1
        if self._note is not None:
            self._note("order", size, limit or None, stop or None, sl or None, tp or None, tag)
        return order

    def close(self, trade: Trade, portion: float) -> None:
        """Queue an order to close a portion of a trade, in front of all others."""
        portion = float(portion)
        if not 0 < portion <= 1:
            raise AssertionError("portion must be a fraction between 0 and 1")
        if self._note is not None:
            self._note("close", self.trade_name(trade), portion)
        self._queue_close(trade, portion)

    def set_level(self, trade: Trade, kind: int, price: float | None) -> None:
        """Set or remove a trade's stop-loss or take-profit. Raises AssertionError for no positive finite price."""
        if price is not None:
            if not 0 < price < math.inf:
                raise AssertionError(f"Make sure 0 < price < inf! price: {price}")
            price = float(price)
        self._check_open(trade, kind)
        if self._note is not None:
            self._note("stop-loss" if kind == STOP_LOSS else "take-profit", self.trade_name(trade), price)
        self._set_level(trade, kind, price)

    def cancel(self, order: Order) -> None:
        """Take a waiting order out of the queue. Raises ValueError where it waits no longer."""
        if not order._waiting:
            raise ValueError("the order waits no longer: it was filled, dropped or cancelled")
        if self._note is not None:
            self._note("cancel", next(n for n, other in enumerate(self.orders) if other is order))
        if order._kind == ENTRY:
            self._lose("expired", order)
        self._remove(order)
        trade = order._trade
        if trade is not None and order is trade._sl_order:
            trade._sl = trade._sl_order = None
        elif trade is not None and order is trade._tp_order:
            trade._tp = trade._tp_order = None

    # What a bar does.

    def process(self, i: int) -> None:
        """Play bar `i`: fill what can be filled, mark the account at the close. Raises `OutOfMoney`."""
        self._i = i
        if self.orders:
            self._process_queue(i)
        equity = self._worth(self._close[i])
        self._equity[i] = equity
        if equity <= 0:
            self._wipe_out(i)
            raise OutOfMoney

    def skip_to(self, i: int) -> None:
        """Stand on bar `i`, knowing that nothing happened to the account until then."""
        self._i = i

    def finish(self, i: int) -> None:
        """Close what is open after the last bar `i`, by playing it a second time."""
        for trade in reversed(self.trades):
            self._queue_close(trade, 1.0)
        self.process(i)

    def count_waiting(self) -> None:
        """Count the entry orders that still wait, at the end of the data, as lost."""
        for order in self.orders:
            if order._kind == ENTRY:
                self._lose("still_waiting", order, bar=order._placed)

    # The account.

    def _mark(self, i: int, price: float) -> float:
        """Price that open trades are valued at while an order is filled at `price`: the close that is still to come."""
        return self._close[i]

    # Placing.

    def _check_levels(
        self, size: float, limit: float | None, stop: float | None, sl: float | None, tp: float | None
    ) -> None:
        price = limit or stop or self._close[self._i] * (1 + copysign(self._spread, size))
        low, high = (sl, tp) if size > 0 else (tp, sl)
        if not (low or -math.inf) < price < (high or math.inf):
            side, names = ("Long", ("SL", "TP")) if size > 0 else ("Short", ("TP", "SL"))
            raise ValueError(
                f"{side} orders require: {names[0]} ({low or None}) < LIMIT ({price}) < {names[1]} ({high or None})"
            )

    def _check_open(self, trade: Trade, kind: int) -> None:
        order = trade._sl_order if kind == STOP_LOSS else trade._tp_order
        if order is not None and not order._waiting:
            raise ValueError("the trade is closed: its stop-loss and take-profit can no longer be set")

    def _replace_all(self) -> None:
        """Cancel waiting orders and queue the closing of every trade; every second of adjacent orders survives."""
        place = 0
        while place < len(self.orders):
            order = self.orders[place]
            if order._kind < STOP_LOSS:
                self._replace(order)
            place += 1
        for trade in self.trades:
            self._queue_close(trade, 1.0)

    def _replace(self, order: Order) -> None:
        if order._kind == ENTRY:
            self._lose("replaced", order)
        self._remove(order)

    # Filling.

    def _process_queue(self, i: int) -> None:
        again = True
        while again:
            again = False
            for order in list(self.orders):
                if order._waiting:
                    again |= self._process_order(order, i)

    def _process_order(self, order: Order, i: int) -> bool:
        """Fill an order if this bar does; return whether the queue must be looked at again."""
        stop_hit = order._stop if self._reaches_stop(order, i) else None
        if order._stop is not None and stop_hit is None:
            return False
        order._stop = None
        price = self._fill_price(order, i, stop_hit)
        if price is None:
            return False
        at_last_close = self._trade_on_close and order._limit is None and stop_hit is None
        bar = i - 1 if at_last_close and order._kind < STOP_LOSS else i
        if order._kind != ENTRY:
            self._exit(order, price, bar)
            return False
        trade = self._enter(order, i, price, bar)
        return trade is not None and self._after_entry(order, trade, i, price, stop_hit)

    def _reaches_stop(self, order: Order, i: int) -> bool:
        if order._stop is None:
            return False
        return self._high[i] >= order._stop if order._size > 0 else self._low[i] <= order._stop

    def _fill_price(self, order: Order, i: int, stop_hit: float | None) -> float | None:
        """Return the price of an order whose stop, if any, was just hit; None where its limit is not reached."""
        buying, limit = order._size > 0, order._limit
        if limit is not None:
            if not (self._low[i] <= limit if buying else self._high[i] >= limit):
                return None
            if stop_hit is not None and (limit <= stop_hit if buying else limit >= stop_hit):
                return None
            # The stop takes the open's place, also where the bar opened beyond it.
            base = self._open[i] if stop_hit is None else stop_hit
            return min(base, limit) if buying else max(base, limit)
        price = self._close[i - 1] if self._trade_on_close and order._kind < STOP_LOSS else self._open[i]
        if stop_hit is None:
            return price
        return max(price, stop_hit) if buying else min(price, stop_hit)

    def _after_entry(self, order: Order, trade: Trade, i: int, price: float, stop_hit: float | None) -> bool:
        """Whether the queue is looked at again, so that the levels of the new trade act on the same bar."""
        if order._limit is not None or (order._sl is None and order._tp is None):
            return False
        if stop_hit is None:
            return True
        if order._tp is None:
            return False
        if order._size > 0:
            return order._tp <= self._high[i] and (order._sl is None or order._sl < self._low[i])
        return order._tp >= self._low[i] and (order._sl is None or order._sl > self._high[i])

    def _exit(self, order: Order, price: float, bar: int) -> None:
        trade = order._trade
        assert trade is not None  # noqa: S101 -- only entries have none
        if trade._exit_bar is None:
            size = copysign(min(abs(order._size), abs(trade._size)), trade._size)
            reason = ("", "closed", "stop_loss", "take_profit")[order._kind]
            self._reduce(trade, size, price, bar, reason)
        elif order._kind != CLOSE:
            raise AssertionError("the level of a trade that is closed was reached")
        if order._waiting:
            self._remove(order)

    def _enter(self, order: Order, i: int, price: float, bar: int) -> Trade | None:
        """Fill an entry order: close opposite trades, then open one with the rest. Return it."""
        adjusted = price * (1 + copysign(self._spread, order._size))
        unit = adjusted + self._fee(order._size, price) / abs(order._size)
        mark = self._mark(i, price)
        size = order._size
        if -1 < size < 1:
            size = self._units(order, unit, price, mark)
            if not size:
                self._lose_unpaid(order, unit, mark)
                self._remove(order)
                return None
        rest = size if self._hedging else self._net(size, price, bar)
        trade = None
        if rest:
            if abs(rest) * unit > self._available(mark) * self._leverage:
                self._lose_unpaid(order, unit, mark, rest)
            else:
                trade = self._open_trade(order, rest, adjusted, bar)
        if not rest or trade is not None:
            self.losses.filled += 1
        self._remove(order)
        return trade

    def _units(self, order: Order, unit: float, price: float, mark: float) -> float:
        """Return the signed units that a fraction of what is available buys, before opposite trades are closed."""
        budget = self._available(mark) * self._leverage * abs(order._size)
        return copysign(self._affordable(budget, unit), order._size)

    def _net(self, size: float, price: float, bar: int) -> float:
        """Close opposite trades, oldest first, as far as the size goes; return what is left of it."""
        for trade in list(self.trades):
            if trade._size * size >= 0:
                continue
            if abs(size) >= abs(trade._size):
                size += trade._size
                if self._steps is not None:
                    size = round(size * self._steps) / self._steps
                self._reduce(trade, trade._size, price, bar, "opposite_order")
            else:
                self._reduce(trade, -size, price, bar, "opposite_order")
                size = 0.0
            if not size:
                break
        return size

    def _wipe_out(self, i: int) -> None:
        """Close the trades at the close, every second of them, and write the account off."""
        place = 0
        while place < len(self.trades):
            trade = self.trades[place]
            self._reduce(trade, trade._size, self._close[i], i, "wiped_out")
            place += 1
        self.shortfall, self._cash = max(0.0, -self._worth(self._close[i])), 0.0
        self._equity[i:] = 0.0

    # Orders that come to nothing.

    def _lose_unpaid(self, order: Order, unit: float, mark: float, rest: float | None = None) -> None:
        """Count an order that the account cannot pay, by what it lacked."""
        available = self._available(mark)
        power = available * self._leverage
        smallest = 1.0 if self._steps is None else 1 / self._steps
        size = smallest if rest is None else abs(rest)
        if available <= 0:
            reason = "no_cash"
        elif rest is None:
            reason = "below_one_unit"
        else:
            reason = "margin" if self._leverage > 1 or self.trades else "no_cash"
        needed = size * unit / self._leverage
        figures = {"unit_cost": unit, "needed": needed, "available": available, "power": power, "smallest": smallest}
        self._lose(reason, order, figures=figures)


def _finite(value: Any) -> float:
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(f"sizes and prices must be finite numbers, not {number}")
    return number
