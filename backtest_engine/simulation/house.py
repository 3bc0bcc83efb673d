"""The house rules: where a backtest would book what could not have happened, or hide what did, ours does not.

The rest is backtesting.py's (`broker.py`). The guide `docs/guides/fills.md` tells the rules to traders.
"""

from collections.abc import Callable, Mapping
from math import copysign
from typing import Any, NamedTuple

from backtest_engine.domain import BrokerSettings
from backtest_engine.simulation.account import Prices, proportional
from backtest_engine.simulation.broker import FULL_SIZE, Broker
from backtest_engine.simulation.orders import STOP_LOSS, Order, Trade

CONSERVATIVE, BACKTESTING = "conservative", "backtesting"
FILLS = (CONSERVATIVE, BACKTESTING)


def broker_class(fills: str) -> type[Broker]:
    """Return the broker that fills by these rules."""
    return {CONSERVATIVE: ConservativeBroker, BACKTESTING: Broker}[fills]


def terms_of(settings: BrokerSettings, *, step: float | None, first: int = 0) -> dict[str, Any]:
    """Return what a run must know of the settings as plain data; `step` is the smallest size, None for 1.

    Before bar `first` nothing is decided: the bars there only warm indicators up.
    """
    return {**settings.as_dict(), "step": step, "first": first}


def make_broker(
    kind: type[Broker], prices: Prices, terms: Mapping[str, Any], note: Callable[..., None] | None = None
) -> Broker:
    """Return a broker of a kind on these terms (`terms_of`)."""
    flags = {name: terms[name] for name in ("spread", "margin", "trade_on_close", "hedging", "exclusive_orders")}
    commission = proportional(terms["commission"])
    return kind(prices, cash=terms["cash"], commission=commission, step=terms["step"], note=note, **flags)


class _Entered(NamedTuple):
    """A trade that was opened on the bar that is being played, and how.

    `price` is the raw one, without spread; `by_stop` says that a stop entry was reached after the open.
    """

    price: float
    by_stop: bool
    target_counts: bool


class ConservativeBroker(Broker):
    """Fills only what must have happened, and of two possible courses of a bar assumes the worse one."""

    _entered: dict[Trade, _Entered]

    def finish(self, i: int) -> None:
        """Close what is open after the last bar `i`, oldest first, at its close; no order is filled any more."""
        for trade in list(self.trades):
            self._reduce(trade, trade._size, self._close[i], i, "end_of_data")
        self._cash = max(0.0, self._cash)
        self._equity[i] = self._cash

    def _mark(self, i: int, price: float) -> float:
        """While an order is filled the market stands at its price: the close is still to come."""
        return price

    # Placing.

    def _check_levels(
        self, size: float, limit: float | None, stop: float | None, sl: float | None, tp: float | None
    ) -> None:
        for name, price in (("limit", limit), ("stop", stop), ("sl", sl), ("tp", tp)):
            if price is not None and price < 0:
                raise ValueError(f"{name} must be a price above 0, not {price:g}")
        if self._i < 0 and not limit and not stop:
            # In init() no bar has been seen: only the levels can be compared, with each other.
            low, high = (sl, tp) if size > 0 else (tp, sl)
            if low and high and low >= high:
                raise ValueError(f"the stop-loss ({sl}) and the take-profit ({tp}) are on the wrong sides")
            return
        super()._check_levels(size, limit, stop, sl, tp)

    def _check_open(self, trade: Trade, kind: int) -> None:
        if trade._exit_bar is not None:
            raise ValueError("the trade is closed: its stop-loss and take-profit can no longer be set")

    def _replace_all(self) -> None:
        for order in [order for order in self.orders if order._kind < STOP_LOSS]:
            self._replace(order)
        for trade in self.trades:
            self._queue_close(trade, 1.0)

    # Filling.

    def _process_queue(self, i: int) -> None:
        self._entered = {}
        super()._process_queue(i)
        if self._entered:
            self._play_own_levels(i)

    def _fill_price(self, order: Order, i: int, stop_hit: float | None) -> float | None:
        if stop_hit is None:
            return super()._fill_price(order, i, stop_hit)
        buying, limit, open_ = order._size > 0, order._limit, self._open[i]
        price = max(open_, stop_hit) if buying else min(open_, stop_hit)
        # A gap beyond the limit does not fill; a limit on the near side of the stop waits for the price to come back.
        if limit is not None and (
            (price > limit or stop_hit >= limit) if buying else (price < limit or stop_hit <= limit)
        ):
            return None
        return price

    def _after_entry(self, order: Order, trade: Trade, i: int, price: float, stop_hit: float | None) -> bool:
        if order._sl is not None or order._tp is not None:
            market = stop_hit is None and order._limit is None
            self._entered[trade] = _Entered(
                price=self._open[i] if market else price,
                by_stop=stop_hit is not None and price != self._open[i],
                target_counts=order._limit is None,
            )
        return False

    def _play_own_levels(self, i: int) -> None:
        """Let the levels of the trades that were opened on this bar act on it, stops first."""
        for order in list(self.orders):
            trade = order._trade
            entered = None if trade is None or not order._waiting else self._entered.get(trade)
            if trade is None or entered is None:
                continue
            if order is trade._sl_order and self._stop_reached(trade, i):
                self._doubt(trade, entered, i)
                level = trade._sl or entered.price
                worse = min if trade._size > 0 else max
                self._exit(order, worse(entered.price, level), i)
            elif order is trade._tp_order and entered.target_counts and self._target_reached(trade, i):
                self._exit(order, self._target_price(trade, i), i)

    def _doubt(self, trade: Trade, entered: _Entered, i: int) -> None:
        """Mark a trade that is stopped on its first bar where the bar may have gone the other way round."""
        reached = entered.target_counts and self._target_reached(trade, i)
        if entered.by_stop or reached:
            trade._same_bar = True
            trade._better_exit = self._target_price(trade, i) if reached else self._close[i]

    def _stop_reached(self, trade: Trade, i: int) -> bool:
        if trade._sl is None:
            return False
        return self._low[i] <= trade._sl if trade._size > 0 else self._high[i] >= trade._sl

    def _target_reached(self, trade: Trade, i: int) -> bool:
        if trade._tp is None:
            return False
        return self._high[i] >= trade._tp if trade._size > 0 else self._low[i] <= trade._tp

    def _target_price(self, trade: Trade, i: int) -> float:
        better = max if trade._size > 0 else min
        return better(self._open[i], trade._tp or self._open[i])

    def _units(self, order: Order, unit: float, price: float, mark: float) -> float:
        """Return the signed units of a fraction of what is available once opposite trades are closed.

        Closing needs no money: what the opposite trades are worth comes off the budget, the rest pays for new units.
        Everything (the size that an order has if none is given) closes all of them.
        """
        opposite = sum(abs(trade._size) for trade in self.trades if trade._size * order._size < 0)
        if self._hedging or not opposite:
            return super()._units(order, unit, price, mark)
        budget = max(0.0, self._worth(mark)) * self._leverage * abs(order._size)
        left = budget - opposite * price
        if left >= 0:
            units = opposite + self._affordable(left, unit)
        elif abs(order._size) >= FULL_SIZE:
            units = opposite
        else:
            units = min(opposite, self._affordable(budget, price))
        if self._steps is not None:
            units = round(units * self._steps) / self._steps
        return copysign(units, order._size) if units else 0.0

    def _wipe_out(self, i: int) -> None:
        """Close every trade at the close; the account is what is left, at least 0."""
        for trade in list(self.trades):
            self._reduce(trade, trade._size, self._close[i], i, "wiped_out")
        self.shortfall, self._cash = max(0.0, -self._cash), max(0.0, self._cash)
        self._equity[i:] = self._cash
