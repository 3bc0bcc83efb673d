"""Carries a journal's orders out on trusted data with backtesting.py's own broker.

The broker need not be asked about a bar on which nothing can happen: no order was given and no waiting order can
fill. Between such bars the account only follows the price, which is computed for all of them at once by the same
float operations. What comes out is equal, bit for bit, to a plain run of the strategy.
"""

import math
import time
import warnings
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import backtesting.backtesting as framework
import numpy as np
import pandas as pd
from backtesting._stats import compute_stats
from backtesting._util import _Data

from backtest_engine.domain import BrokerSettings
from backtest_engine.errors import InvalidJournal, LimitExceeded
from backtest_engine.sandbox.journal import CANCEL, CLOSE, INIT, NEW, STOP_LOSS, Account, Event, Journal

# The broker compares every waiting order with every other: beyond this one bar could take longer than the limit.
WAITING_ORDERS = 2_000
_FIRST_SEARCH = 64
_LONGEST_SEARCH = 8_192

Prices = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True, kw_only=True, eq=False)
class Replayed:
    """Closed trades as backtesting has them, equity of shape (bars,), the account before open trades were closed."""

    trades: list[Any]
    equity: Prices
    account: Account
    bars: pd.DataFrame

    def statistics(self) -> pd.Series:
        """Return backtesting.py's statistics, with buy-and-hold counted from the first bar.

        A strategy that could shorten or lengthen that comparison by its warm-up could choose how good it looks.
        """
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            statistics: pd.Series = compute_stats(
                trades=self.trades, equity=self.equity, ohlc_data=self.bars, strategy_instance=None, risk_free_rate=0.0
            )
            return statistics


def replay(
    journal: Journal,
    *,
    bars: pd.DataFrame,
    broker: BrokerSettings,
    seconds: float,
    clock: Callable[[], float] = time.perf_counter,
) -> Replayed:
    """Return what the journal's orders come to. Raises `InvalidJournal` or `LimitExceeded` (`replay_time_limit`)."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            return _Replay(journal, bars, broker, clock() + seconds, clock).run()
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
        settings: BrokerSettings,
        deadline: float,
        clock: Callable[[], float],
    ) -> None:
        arguments = settings.as_dict()
        self._finalize = arguments.pop("finalize_trades")
        self._bars = bars
        self._data = _Data(bars.copy(deep=False))
        self._broker = framework._Broker(data=self._data, index=bars.index, **arguments)
        self._close, self._high, self._low = (bars[name].to_numpy() for name in ("Close", "High", "Low"))
        self._deadline, self._clock = deadline, clock
        self._start = journal.warmup + 1
        self._events: dict[int, list[Event]] = defaultdict(list)
        for event in journal.events:
            self._events[event[0]].append(event)
        self._bars_with_events = sorted(bar for bar in self._events if bar != INIT)

    def run(self) -> Replayed:
        self._apply(INIT)
        bankrupt = self._walk()
        account = Account(
            cash=float(self._broker._cash),
            position=float(sum(trade.size for trade in self._broker.trades)),
            closed_trades=len(self._broker.closed_trades),
        )
        if self._finalize and not bankrupt:
            self._close_open_trades()
        self._data._set_length(len(self._bars))
        return Replayed(trades=self._broker.closed_trades, equity=self._equity(), account=account, bars=self._bars)

    def _walk(self) -> bool:
        """Go through the bars as `Backtest.run` does; return whether the money ran out."""
        bar, count = self._start, len(self._bars)
        waiting_events = iter([*self._bars_with_events, count])
        next_event = next(waiting_events)
        while bar < count:
            active, quiet = self._next_active(bar, min(next_event + 1, count))
            if active == count:
                break
            if self._clock() > self._deadline:
                raise LimitExceeded("Carrying out the strategy's orders took too long.", code="replay_time_limit")
            self._data._set_length(active + 1)
            if quiet:
                self._broker._i = active
                self._broker.__dict__.pop("_position_unrealized_pl", None)
            else:
                try:
                    self._broker.next()
                except framework._OutOfMoneyError:
                    return True
            if active == next_event:
                self._apply(active)
                next_event = next(waiting_events)
            bar = active + 1
        return False

    def _next_active(self, bar: int, end: int) -> tuple[int, bool]:
        """Fill in the equity of the bars before `end` on which nothing happens to the account.

        Return the first bar that the broker must see, and False; or, where there is none, the last one and True, or
        the number of bars if that is the last one of all.
        """
        upper, lower = self._triggers()
        if upper is None:
            return bar, False
        broker, waiting = self._broker, bool(self._broker.orders)
        position = broker._position_size
        if not position and not waiting and not broker.trades:
            broker._equity[bar:end] = broker._cash
            bar = end
        invested = sum(trade.size * trade.entry_price for trade in broker.trades)
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
            price, rising = order.stop, order.size > 0
            if not price:
                price, rising = order.limit, not rising
            if not price:
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

    def _close_open_trades(self) -> None:
        """Close what is open at the last bar's prices, the way `Backtest(finalize_trades=True)` does."""
        for trade in reversed(self._broker.trades):
            trade.close()
        if self._start < len(self._bars):
            self._data._set_length(len(self._bars))
            try:
                self._broker.next()
            except framework._OutOfMoneyError:
                return

    def _equity(self) -> Prices:
        """Return the equity of every bar; before the first decision it is what it was at that bar."""
        equity: Prices = self._broker._equity
        known = np.flatnonzero(~np.isnan(equity))
        if not len(known):
            return np.full(len(equity), float(self._broker._cash))
        equity[: known[0]] = equity[known[0]]
        return equity


def _item(items: list[Any], place: int) -> Any:
    if not 0 <= place < len(items):
        raise InvalidJournal("The strategy's process changed an order or trade that does not exist.")
    return items[place]
