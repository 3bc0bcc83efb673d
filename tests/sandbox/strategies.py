"""Strategies that between them use every kind of order, and a way to run one in this process as the reference."""

import types
import warnings
from typing import Any

import pandas as pd
from backtesting import Backtest
from backtesting._stats import compute_stats

from backtest_engine.domain import BacktestResult, BrokerSettings
from backtest_engine.simulation.library_statistics import METRICS, metrics_of
from tests.sandbox.conftest import CROSS, strategy

TRAILING = """
from backtesting.lib import TrailingStrategy
import pandas as pd

class Trailing(TrailingStrategy):
    n = 20
    def init(self):
        super().init()
        self.set_trailing_sl(3)
        self.m = self.I(lambda c: pd.Series(c).rolling(self.n).mean(), self.data.Close)
    def next(self):
        super().next()
        if not self.position:
            (self.buy if self.data.Close[-1] > self.m[-1] else self.sell)()
"""
SIGNAL = """
from backtesting.lib import SignalStrategy
import numpy as np
import pandas as pd

class Signal(SignalStrategy):
    def init(self):
        super().init()
        close = pd.Series(self.data.Close)
        fast, slow = close.rolling(5).mean(), close.rolling(25).mean()
        turn = np.sign(fast - slow).diff().fillna(0)
        self.set_signal(turn.where(turn > 0, 0) * .2, -(turn < 0).astype(float) * -.5)
"""

STRATEGIES = {
    "a cross, both ways": CROSS,
    "trailing stops": TRAILING,
    "signals with partial exits": SIGNAL,
    "brackets": strategy(
        "self.m = self.I(sma, self.data.Close, 30)",
        """
        c = self.data.Close[-1]
        if not self.position:
            if c > self.m[-1]:
                self.buy(size=.5, sl=c * .97, tp=c * 1.06, tag="up")
            else:
                self.sell(size=.3, sl=c * 1.04, tp=c * .94, tag="down")
        """,
    ),
    "limit and stop entries that are cancelled": strategy(
        next="""
        c = self.data.Close[-1]
        i = len(self.data)
        if i % 5 == 0:
            for order in self.orders:
                if not order.is_contingent:
                    order.cancel()
            self.buy(size=.1, limit=c * .98, sl=c * .93, tp=c * 1.1, tag=i)
            self.sell(size=.1, limit=c * 1.02, sl=c * 1.1)
            self.buy(size=.1, stop=c * 1.03)
            self.buy(size=.1, stop=c * 1.02, limit=c * 1.01)
        """
    ),
    "pyramids closed in parts": strategy(
        "self.m = self.I(sma, self.data.Close, 15)",
        """
        i = len(self.data)
        if i % 7 == 0 and len(self.trades) < 8:
            (self.buy if self.data.Close[-1] > self.m[-1] else self.sell)(size=.1)
        if i % 11 == 0:
            self.position.close(.5)
        if i % 13 == 0 and self.trades:
            self.trades[0].close(.34)
            self.trades[-1].close()
        """,
    ),
    "stops that move, vanish and come back": strategy(
        next="""
        c = self.data.Close[-1]
        i = len(self.data)
        if not self.trades:
            self.buy(size=.4, sl=c * .9)
            self.sell(size=.2)
        for k, trade in enumerate(self.trades):
            if trade.is_long:
                trade.sl = None if (i + k) % 9 == 0 else max(trade.sl or 0, c * .92) or None
                trade.tp = c * 1.2 if i % 6 == 0 else trade.tp
            elif i % 4 == 0:
                trade.tp = c * .9
        """
    ),
    "orders in init": strategy(
        "self.m = self.I(sma, self.data.Close, 40)\nself.buy(size=.2)\n"
        "self.sell(size=.1, limit=float(self.data.High[0]) * 50)",
        "if len(self.data) % 50 == 0:\n    self.buy(size=1)",
    ),
    "all in with borrowed money": strategy(
        next="if not self.position:\n    self.sell()\nelif len(self.data) % 3 == 0:\n    self.position.close(.7)"
    ),
    "trades kept and closed again": strategy(
        "self.kept = []",
        """
        i = len(self.data)
        if i % 10 == 0:
            self.buy(size=2)
        self.kept += [t for t in self.trades if not any(t is k for k in self.kept)]
        if i % 25 == 0:
            for trade in self.kept:
                trade.close(.6)
        """,
    ),
}

BROKERS = {
    "default": BrokerSettings(fills="backtesting", fractional=False),
    "close fills, one order at a time": BrokerSettings(
        fills="backtesting", fractional=False, trade_on_close=True, exclusive_orders=True, commission=0.0
    ),
    "leverage, hedging, a spread": BrokerSettings(
        fills="backtesting", fractional=False, margin=0.1, hedging=True, spread=0.0005
    ),
}


def strategy_class(code: str) -> Any:
    """Return the strategy that a source defines."""
    module = types.ModuleType("reference")
    exec(compile(code, "reference", "exec"), module.__dict__)
    return [v for v in vars(module).values() if isinstance(v, type) and v.__module__ == "reference"][-1]


def plain_run(code: str, frame: pd.DataFrame, broker: BrokerSettings) -> pd.Series:
    """Return what backtesting.py itself makes of a strategy, with buy-and-hold from the first bar."""
    arguments = broker.as_dict()
    del arguments["fills"], arguments["fractional"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        backtest = Backtest(frame, strategy_class(code), finalize_trades=True, **arguments)
        ran = backtest.run()
        broker_ = ran["_strategy"]._broker
        return compute_stats(broker_.closed_trades, ran["_equity_curve"]["Equity"].to_numpy(), frame, None, 0.0)


def differences(result: BacktestResult, reference: pd.Series) -> list[str]:
    """Return what differs between a result and the reference: statistics, trades, equity, all to the last bit."""
    expected = metrics_of(reference)
    found = [
        f"{name}: {result.metrics[name]} is not {expected[name]}"
        for name in METRICS.values()
        if result.metrics[name] != expected[name]
    ]
    ours = [
        (t.size, t.entry_bar, t.exit_bar, t.entry_price, t.exit_price, t.pnl, t.commission, t.stop_loss, t.take_profit)
        for t in result.trades
    ]
    columns = ["Size", "EntryBar", "ExitBar", "EntryPrice", "ExitPrice", "PnL", "Commission", "SL", "TP"]
    theirs = [
        tuple(None if pd.isna(value) else value for value in row)
        for row in reference["_trades"][columns].itertuples(index=False)
    ]
    if ours != theirs:
        first = next((pair for pair in zip(ours, theirs, strict=False) if pair[0] != pair[1]), None)
        found.append(f"trades: {len(ours)} and {len(theirs)}, the first that differs is {first}")
    if not (result.equity["equity"].to_numpy() == reference["_equity_curve"]["Equity"].to_numpy()).all():
        found.append("equity")
    return found
