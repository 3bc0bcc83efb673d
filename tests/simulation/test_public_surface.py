"""A strategy sees the same values of the account whether backtesting.py's broker or ours keeps it."""

import warnings
from typing import Any

import pandas as pd
import pytest
from backtesting import Backtest, Strategy
from backtesting import backtesting as framework

from backtest_engine.domain import BrokerSettings
from backtest_engine.simulation.account import OutOfMoney, Prices
from backtest_engine.simulation.broker import Broker
from backtest_engine.simulation.house import make_broker, terms_of
from tests.sandbox.strategies import STRATEGIES, strategy_class

OF_TRADES = (
    *("size", "entry_price", "exit_price", "entry_bar", "exit_bar", "entry_time", "exit_time", "is_long", "is_short"),
    *("pl", "pl_pct", "value", "sl", "tp", "tag"),
)
OF_ORDERS = ("size", "limit", "stop", "sl", "tp", "is_long", "is_short", "is_contingent", "tag")
OF_POSITION = ("size", "pl", "pl_pct", "is_long", "is_short")


@pytest.fixture(scope="module")
def bars() -> pd.DataFrame:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from backtesting.test import GOOG
    return GOOG.iloc[:400].astype(float)


def traced(code: str, bars: pd.DataFrame, *, ours: bool, settings: BrokerSettings) -> list[Any]:
    """Return what the strategy could see on each bar."""
    seen: list[Any] = []

    class Traced(strategy_class(code)):  # type: ignore[misc]
        def next(self) -> None:
            super().next()
            seen.append(_look(self))

    class Ours(Broker):
        def next(self) -> None:
            try:
                self.process(len(self.data) - 1)
            except OutOfMoney:
                raise framework._OutOfMoneyError from None

    def broker(*, data: Any) -> Broker:
        prices = Prices.from_columns([bars[name] for name in ("Open", "High", "Low", "Close")], data.index)
        made = make_broker(Ours, prices, terms_of(settings, step=None))
        made.data = data
        return made

    flags = {name: getattr(settings, name) for name in ("cash", "commission", "spread", "margin", "hedging")}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        backtest = Backtest(bars, Traced, **flags)
        if ours:
            backtest._broker = broker
        backtest.run()
    return seen


def _look(strategy: Strategy) -> list[Any]:
    position = [getattr(strategy.position, name) for name in OF_POSITION]
    trades = [[getattr(t, name) for name in OF_TRADES] for t in (*strategy.trades, *strategy.closed_trades[-3:])]
    orders = [[getattr(order, name) for name in OF_ORDERS] for order in strategy.orders]
    return [float(strategy.equity), bool(strategy.position), position, trades, orders]


@pytest.mark.parametrize("settings", [BrokerSettings(), BrokerSettings(margin=0.1, hedging=True, spread=0.001)])
@pytest.mark.parametrize("name", STRATEGIES)
def test_is_backtestings(name: str, settings: BrokerSettings, bars: pd.DataFrame) -> None:
    theirs = traced(STRATEGIES[name], bars, ours=False, settings=settings)

    mine = traced(STRATEGIES[name], bars, ours=True, settings=settings)

    assert len(mine) == len(theirs) > 0
    assert next((pair for pair in zip(mine, theirs, strict=True) if pair[0] != pair[1]), None) is None


def test_a_strategy_may_mark_trades_and_orders(bars: pd.DataFrame) -> None:
    prices = Prices.from_columns([bars[name] for name in ("Open", "High", "Low", "Close")], bars.index)
    broker = make_broker(Broker, prices, terms_of(BrokerSettings(), step=None))
    broker.process(1)
    order = broker.new_order(5, sl=50.0)
    broker.process(2)
    (trade,) = broker.trades

    order.mark = trade.mark = broker.position.mark = "mine"

    assert (order.mark, trade.mark, broker.position.mark) == ("mine",) * 3
    assert "size=5" in repr(trade)
    assert "stop=50.0" in repr(broker.orders[0])
    with pytest.raises(AttributeError):
        trade.size = 3
