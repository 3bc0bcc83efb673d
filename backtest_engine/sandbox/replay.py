"""Carries a journal's orders out on trusted data, with the broker that the strategy traded with.

The broker need not be asked about a bar on which nothing can happen: no order was given and no waiting order can
fill. Between such bars the account only follows the price, which is computed for all of them at once by the same
float operations.
"""

import math
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from backtest_engine.errors import InvalidJournal, LimitExceeded
from backtest_engine.sandbox.journal import CANCEL, CLOSE, INIT, NEW, REFUSED, STOP_LOSS, Account, Event, Journal
from backtest_engine.simulation.account import OutOfMoney, Prices
from backtest_engine.simulation.figures import statistics_by
from backtest_engine.simulation.house import broker_class, make_broker
from backtest_engine.simulation.losses import Losses
from backtest_engine.simulation.orders import Trade
from backtest_engine.simulation.statistics import Statistics

# The broker looks at every waiting order: beyond this one bar could take longer than the limit.
WAITING_ORDERS = 2_000
_FIRST_SEARCH = 64
_LONGEST_SEARCH = 8_192

Floats = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True, kw_only=True, eq=False)
class Replayed:
    """Closed trades, equity of shape (bars,), lost orders, and the account before open trades were closed.

    `wiped_out_at` is the bar on which the account was worth nothing any more, `shortfall` what it owed then.
    """

    trades: list[Trade]
    equity: Floats
    losses: Losses
    account: Account
    wiped_out_at: int | None
    shortfall: float
    bars: pd.DataFrame
    fills: str
    first: int = 0

    def statistics(self) -> Statistics:
        """Return the figures of these trades from the bar on which deciding began, by the rules of the fills."""
        return statistics_by(self.fills, self.trades, self.equity, self.bars, first=self.first)


def replay(
    journal: Journal,
    *,
    bars: pd.DataFrame,
    terms: Mapping[str, Any],
    seconds: float,
    clock: Callable[[], float] = time.perf_counter,
) -> Replayed:
    """Return what the journal's orders come to on the terms of `simulation.house.terms_of`.

    Raises `InvalidJournal` or `LimitExceeded` (`replay_time_limit`).
    """
    with np.errstate(all="ignore"):
        try:
            return _Replay(journal, bars, terms, clock() + seconds, clock).run()
        except (AssertionError, ArithmeticError, AttributeError, IndexError, TypeError, ValueError) as error:
            raise InvalidJournal(
                f"The strategy's orders cannot be carried out on the real prices: {error}",
                details={"root_type": type(error).__name__},
            ) from error


class _Replay:
    def __init__(
        self,
        journal: Journal,
        bars: pd.DataFrame,
        terms: Mapping[str, Any],
        deadline: float,
        clock: Callable[[], float],
    ) -> None:
        self._bars, self._fills, self._first = bars, terms["fills"], terms.get("first", 0)
        columns = [bars[name].to_numpy(dtype=float) for name in ("Open", "High", "Low", "Close")]
        _, self._high, self._low, self._close = columns
        prices = Prices.from_columns(columns, bars.index)
        self._broker = make_broker(broker_class(self._fills), prices, terms)
        self._deadline, self._clock = deadline, clock
        self._start = journal.warmup + 1
        self._events: dict[int, list[Event]] = defaultdict(list)
        for event in journal.events:
            self._events[event[0]].append(event)
        self._bars_with_events = sorted(bar for bar in self._events if bar != INIT)

    def run(self) -> Replayed:
        self._apply(INIT)
        broker, last = self._broker, len(self._bars) - 1
        wiped_out_at = self._walk()
        account = Account(
            cash=float(broker._cash),
            position=float(broker.position_size),
            closed_trades=len(broker.closed_trades),
        )
        if wiped_out_at is None and self._start <= last:
            try:
                broker.finish(last)
            except OutOfMoney:
                wiped_out_at = last
        broker.count_waiting()
        return Replayed(
            trades=broker.closed_trades,
            equity=broker.equity_curve(),
            losses=broker.losses,
            account=account,
            wiped_out_at=wiped_out_at,
            shortfall=broker.shortfall,
            bars=self._bars,
            fills=self._fills,
            first=self._first,
        )

    def _walk(self) -> int | None:
        """Go through the bars as `Backtest.run` does; return the bar on which the money ran out."""
        bar, count = self._start, len(self._bars)
        waiting_events = iter([*self._bars_with_events, count])
        next_event = next(waiting_events)
        while bar < count:
            active, quiet = self._next_active(bar, min(next_event + 1, count))
            if active == count:
                self._broker.skip_to(count - 1)
                break
            if self._clock() > self._deadline:
                raise LimitExceeded("Carrying out the strategy's orders took too long.", code="replay_time_limit")
            if quiet:
                self._broker.skip_to(active)
            else:
                try:
                    self._broker.process(active)
                except OutOfMoney:
                    return active
            if active == next_event:
                self._apply(active)
                next_event = next(waiting_events)
            bar = active + 1
        return None

    def _next_active(self, bar: int, end: int) -> tuple[int, bool]:
        """Fill in the equity of the bars before `end` on which nothing happens to the account.

        Return the first bar that the broker must see, and False; or, where there is none, the last one and True, or
        the number of bars if that is the last one of all.
        """
        upper, lower = self._triggers()
        if upper is None:
            return bar, False
        broker, waiting = self._broker, bool(self._broker.orders)
        position = broker.position_size
        if not position and not waiting and not broker.trades:
            broker._equity[bar:end] = broker._cash
            bar = end
        invested = broker._invested
        step = _FIRST_SEARCH
        while bar < end:
            stop = min(bar + step, end)
            equity = broker._cash + (self._close[bar:stop] * position - invested)
            touched = equity <= 0
            if waiting:
                touched |= (self._high[bar:stop] >= upper) | (self._low[bar:stop] <= lower)
            first = int(touched.argmax())
            if touched[first]:
                broker._equity[bar : bar + first] = equity[:first]
                return bar + first, False
            broker._equity[bar:stop] = equity
            bar, step = stop, min(step * 2, _LONGEST_SEARCH)
        return (end, False) if end == len(self._bars) and end - 1 not in self._events else (end - 1, True)

    def _triggers(self) -> tuple[float | None, float]:
        """Return the high and the low that could fill a waiting order; (None, 0) when one fills at any price."""
        upper, lower = math.inf, -math.inf
        for order in self._broker.orders:
            price, rising = order._stop, order._size > 0
            if price is None:
                price, rising = order._limit, not rising
            if price is None:
                return None, 0.0
            if rising:
                upper = min(upper, price)
            else:
                lower = max(lower, price)
        return upper, lower

    def _apply(self, bar: int) -> None:
        broker = self._broker
        for _, kind, *rest in self._events.get(bar, ()):
            if kind == NEW:
                if len(broker.orders) >= WAITING_ORDERS:
                    raise LimitExceeded(
                        f"More than {WAITING_ORDERS} orders were waiting at the same time.", code="order_limit"
                    )
                broker.new_order(*rest)
            elif kind == REFUSED:
                self._refuse(rest)
            elif kind == CANCEL:
                _item(broker.orders, rest[0]).cancel()
            else:
                trade = _item(broker.trades, rest[0]) if rest[0] >= 0 else _item(broker.closed_trades, -1 - rest[0])
                if kind == CLOSE:
                    trade.close(rest[1])
                elif kind == STOP_LOSS:
                    trade.sl = rest[1]
                else:
                    trade.tp = rest[1]

    def _refuse(self, order: list[Any]) -> None:
        try:
            self._broker.new_order(*order)
        except ValueError:
            return
        raise InvalidJournal("The strategy's process said that an order was refused, which it would not be.")


def _item(items: list[Any], place: int) -> Any:
    if not 0 <= place < len(items):
        raise InvalidJournal("The strategy's process changed an order or trade that does not exist.")
    return items[place]
