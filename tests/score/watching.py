"""Runs compiled code beside the plain reading of its specification and notes where their decisions differ."""

import math
import warnings
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import pandas as pd
from backtesting import Backtest, backtesting

from backtest_engine.compiler import compile_spec
from backtest_engine.spec import StrategySpec
from backtest_engine.spec.account import Account, Decision, Entry, OpenTrade, WaitingOrder
from backtest_engine.spec.decisions import Decisions
from backtest_engine.spec.lengths import fit
from tests.score.running import BROKER, strategy_class


@dataclass
class Comparison:
    """What was decided, counted, and the bars on which code and specification differ."""

    counted: Counter[str] = field(default_factory=Counter)
    differences: list[str] = field(default_factory=list)
    failure: str = ""


@dataclass
class _Seen:
    """What the code did on one bar."""

    sent: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    closed: list[tuple[int, float]] = field(default_factory=list)


def compare(spec: StrategySpec, bars: pd.DataFrame) -> Comparison:
    """Run the compiled specification through backtesting.py and hold every decision against the plain reading."""
    backtesting._tqdm = lambda bars, **_: bars
    found = Comparison()
    # On the bars that it runs on, a length is one of bars.
    spec, _ = fit(spec, pd.DatetimeIndex(bars.index))
    watched = _watched(strategy_class(compile_spec(spec, name="Watched")), Decisions(spec, bars), found)
    with warnings.catch_warnings():
        # The broker warns of orders that it cannot pay for; that is the strategy's affair.
        warnings.simplefilter("ignore")
        try:
            Backtest(bars, watched, **BROKER).run()
        except (AssertionError, ValueError) as error:
            # The broker refuses an order; up to there everything was compared.
            found.failure = f"{type(error).__name__}: {error}"
    return found


def _watched(strategy: type[Any], decisions: Decisions, found: Comparison) -> type[Any]:
    class Watched(strategy):  # type: ignore[misc]
        """The compiled strategy, with a note of what it does."""

        def init(self) -> None:
            super().init()
            self.given: dict[int, tuple[Any, int]] = {}
            self.seen = _Seen()
            self.parts: list[Any] = []

        def buy(self, **keywords: Any) -> Any:
            return self._send("long", super().buy, keywords)

        def sell(self, **keywords: Any) -> Any:
            return self._send("short", super().sell, keywords)

        def _send(self, side: str, send: Any, keywords: dict[str, Any]) -> Any:
            self.seen.sent.append((side, keywords))
            order = send(**keywords)
            # Kept, so that its id is not given to another.
            self.given[id(order)] = order, len(self.data) - 1
            return order

        def next(self) -> None:
            bar = len(self.data) - 1
            account = _account(self)
            before = _waiting(self)
            trades = list(self.trades)
            self.seen = _Seen()
            close = backtesting.Trade.close
            seen = self.seen

            def noted(trade: Any, portion: float = 1.0) -> None:
                seen.closed.append((next(n for n, other in enumerate(trades) if other is trade), portion))
                self.parts += [trade] if portion < 1 else []
                close(trade, portion)

            backtesting.Trade.close = noted
            try:
                super().next()
            finally:
                backtesting.Trade.close = close
            left = _waiting(self)
            cancelled = [order for order in before if not any(order is other for other in left)]
            gone = tuple(_noted(self, order) for order in cancelled)
            decision = decisions.on(bar, account)
            _hold_against(found, bar, account, decision, gone, seen, [trade.sl for trade in trades])

    return Watched


def _waiting(strategy: Any) -> list[Any]:
    return [order for order in strategy.orders if id(order) in strategy.given and not order.is_contingent]


def _noted(strategy: Any, order: Any) -> WaitingOrder:
    return WaitingOrder(side="long" if order.is_long else "short", given_on=strategy.given[id(order)][1])


def _account(strategy: Any) -> Account:
    last = strategy.closed_trades[-1] if strategy.closed_trades else None
    return Account(
        equity=strategy.equity,
        trades=tuple(
            OpenTrade(
                entry_bar=trade.entry_bar,
                entry_price=trade.entry_price,
                size=trade.size,
                stop=trade.sl,
                risk=trade.tag,
                parts_taken=strategy.parts.count(trade),
            )
            for trade in strategy.trades
        ),
        waiting=tuple(_noted(strategy, order) for order in _waiting(strategy)),
        profit_percent=_profit_percent(strategy),
        last_exit_bar=last.exit_bar if last else None,
        last_profit=last.pl if last else 0.0,
        closed_returns=tuple(trade.pl_pct for trade in strategy.closed_trades),
    )


def _profit_percent(strategy: Any) -> float:
    """What the open trades have gained on what they cost, before the cost of trading."""
    cost = sum(abs(trade.size) * trade.entry_price for trade in strategy.trades)
    gained = sum(trade.size * (strategy.data.Close[-1] - trade.entry_price) for trade in strategy.trades)
    return 100 * gained / cost if cost else 0.0


def _hold_against(
    found: Comparison,
    bar: int,
    account: Account,
    decision: Decision,
    cancelled: tuple[WaitingOrder, ...],
    seen: _Seen,
    stops: list[float | None],
) -> None:
    wanted_stops = [
        trade.stop if moved is None else moved
        for trade, moved in zip(account.trades, decision.stops or [None] * len(account.trades), strict=True)
    ]
    closes = [(place, 1.0) for place in range(len(account.trades))] if decision.close else []
    closes += decision.parts
    pairs: tuple[tuple[str, Any, Any], ...] = (
        ("cancelled", decision.cancelled, cancelled),
        ("closed", sorted(closes), sorted(seen.closed)),
        ("stops", wanted_stops, stops),
        ("sent", _as_sent(decision.entry), seen.sent),
    )
    found.counted.update(name for name, wanted, _ in pairs if wanted)
    found.counted["decisions"] += 1
    found.counted["parts"] += len(decision.parts)
    found.counted["moved"] += any(moved is not None for moved in decision.stops)
    found.differences += [
        f"bar {bar}: {name} {did}, but the specification says {wanted}"
        for name, wanted, did in pairs
        if not _same(wanted, did)
    ]


def _as_sent(entry: Entry | None) -> list[tuple[str, dict[str, Any]]]:
    if entry is None:
        return []
    keywords = {
        "size": entry.size,
        "limit": entry.limit,
        "stop": entry.stop,
        "sl": entry.stop_loss,
        "tp": entry.take_profit,
        "tag": entry.risk,
    }
    return [(entry.side, {name: value for name, value in keywords.items() if value is not None})]


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(_same, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(value, other[key]) for key, value in one.items())
    if isinstance(one, int | float) and isinstance(other, int | float):
        return math.isclose(one, other, rel_tol=1e-9)
    return bool(one == other)
