"""Writes down what a strategy orders. Lives in the child, where nothing is trusted: the trusted side replays it.

An event is `[bar, kind, …]`; bar -1 is `init()`. A trade is named by its place among the open trades, or as -1 - place
among the closed ones; an order by its place in the queue. The replay has the same lists, so the names mean the same.
"""

import math
from collections.abc import Callable
from typing import Any

import backtesting.backtesting as framework

from backtest_engine.sandbox.journal import CANCEL, CLOSE, EVENTS_PER_ORDER, NEW, STOP_LOSS, TAG_CHARACTERS, TAKE_PROFIT

Event = list[Any]


class Recorder:
    """Notes the orders given to one broker; `overflow` is called when there are more than `limit`."""

    def __init__(self, *, limit: int, overflow: Callable[[], None]) -> None:
        self.events: list[Event] = []
        self.broker: Any = None
        self._limit = limit
        self._orders = 0
        self._overflow = overflow
        # Above zero while the framework itself gives orders, such as the stop of a trade it just opened.
        self._inside = 0

    @property
    def bar(self) -> int:
        """Bar that the strategy is deciding on, -1 before the first."""
        return getattr(self.broker, "_i", -1)

    def watch(self, make_broker: Callable[..., Any]) -> Callable[..., Any]:
        """Return a factory that makes the same broker, which is then the watched one."""

        def make(**arguments: Any) -> Any:
            self.broker = make_broker(**arguments)
            return self.broker

        return make

    def install(self) -> None:
        """Patch backtesting's classes for the rest of this process's life."""
        broker, trade, order = framework._Broker, framework.Trade, framework.Order
        broker.new_order = self._recording_new_order(broker.new_order)
        broker._open_trade = self._unrecorded(broker._open_trade)
        trade.close = self._recording_close(trade.close)
        trade.sl = property(trade.sl.fget, self._recording_price(trade.sl.fset, STOP_LOSS))
        trade.tp = property(trade.tp.fget, self._recording_price(trade.tp.fset, TAKE_PROFIT))
        order.cancel = self._recording_cancel(order.cancel)

    def _add(self, event: Event) -> None:
        self._orders += event[1] == NEW
        if self._orders > self._limit or len(self.events) >= self._limit * EVENTS_PER_ORDER:
            self._overflow()
        self.events.append(event)

    def _call(self, function: Callable[..., Any], *arguments: Any, **keywords: Any) -> Any:
        self._inside += 1
        try:
            return function(*arguments, **keywords)
        finally:
            self._inside -= 1

    def _unrecorded(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **keywords: Any) -> Any:
            return self._call(function, *arguments, **keywords)

        return call

    def _recording_new_order(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def new_order(
            broker: Any,
            size: Any,
            limit: Any = None,
            stop: Any = None,
            sl: Any = None,
            tp: Any = None,
            tag: Any = None,
            *,
            trade: Any = None,
        ) -> Any:
            if self._inside or broker is not self.broker or trade is not None:
                return function(broker, size, limit, stop, sl, tp, tag, trade=trade)
            # Numbers are taken once, so that what is ordered is what is written down.
            size, prices = _finite(size), [price and _finite(price) for price in (limit, stop, sl, tp)]
            made = self._call(function, broker, size, *prices, tag)
            self._add([self.bar, NEW, size, *(price or None for price in prices), _tag_text(tag)])
            return made

        return new_order

    def _recording_close(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def close(trade: Any, portion: float = 1.0) -> Any:
            if self._inside or trade._Trade__broker is not self.broker:
                return function(trade, portion)
            portion = float(portion)
            name = self._trade_name(trade)
            self._call(function, trade, portion)
            return self._add([self.bar, CLOSE, name, portion])

        return close

    def _recording_price(self, setter: Callable[..., Any], kind: int) -> Callable[..., Any]:
        def set_price(trade: Any, price: Any) -> Any:
            if self._inside or trade._Trade__broker is not self.broker:
                return setter(trade, price)
            price = None if price is None else float(price)
            name = self._trade_name(trade)
            self._call(setter, trade, price)
            return self._add([self.bar, kind, name, price])

        return set_price

    def _recording_cancel(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def cancel(order: Any) -> Any:
            if self._inside or order._Order__broker is not self.broker:
                return function(order)
            place = _place(self.broker.orders, order)
            self._call(function, order)
            return self._add([self.bar, CANCEL, place])

        return cancel

    def _trade_name(self, trade: Any) -> int:
        place = _place(self.broker.trades, trade)
        if place is not None:
            return place
        place = _place(self.broker.closed_trades, trade)
        if place is None:
            raise ValueError("this Trade is a copy: use the ones in self.trades and self.closed_trades")
        return -1 - place


def _place(items: list[Any], wanted: Any) -> int | None:
    return next((place for place, item in enumerate(items) if item is wanted), None)


def _finite(value: Any) -> float:
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(f"sizes and prices must be finite numbers, not {number}")
    return number


def _tag_text(tag: Any) -> str | None:
    if tag is None:
        return None
    try:
        return str(tag)[:TAG_CHARACTERS]
    except Exception:
        return f"<{type(tag).__name__}>"
