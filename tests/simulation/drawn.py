"""Strategies drawn at random: what the strategy's process saw beside what the trusted replay makes of its orders.

`python -m tests.simulation.drawn 2000` tries so many for each kind of fills and prints what it found.
"""

import json
import sys
from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from backtest_engine.domain import BrokerSettings
from backtest_engine.errors import InvalidJournal
from backtest_engine.sandbox.journal import EVENTS_A_LINE, parse
from backtest_engine.sandbox.recorder import Recorder
from backtest_engine.sandbox.replay import Replayed, replay
from backtest_engine.simulation.account import OutOfMoney, Prices
from backtest_engine.simulation.broker import Broker
from backtest_engine.simulation.house import CONSERVATIVE, FILLS, broker_class, make_broker, terms_of
from backtest_engine.simulation.reporting import impossible_fills

BARS = 150
FACTORS = (None, None, None, 0.9, 0.97, 0.99, 1.0, 1.01, 1.03, 1.1)


@dataclass(frozen=True, kw_only=True)
class Trial:
    """A drawn strategy's broker as its own process saw it, and the replay; `broke` says why a run ended early."""

    broker: Broker
    replayed: Replayed | None
    frame: pd.DataFrame
    spread: float
    broke: str | None

    def differences(self) -> list[str]:
        """Return what the two disagree in."""
        if self.replayed is None:
            return []
        pairs = {
            "trades": (_trades(self.broker), [_trade(trade) for trade in self.replayed.trades]),
            "equity": (self.broker.equity_curve().tolist(), self.replayed.equity.tolist()),
            "losses": (self.broker.losses, self.replayed.losses),
        }
        return [name for name, (ours, theirs) in pairs.items() if ours != theirs]

    def outside(self) -> int:
        """Return how many fills lie outside their bar."""
        return len(impossible_fills(self.broker.closed_trades, self.frame, spread=self.spread))

    def unbooked(self) -> float:
        """Return the money that came or went without a trade that says so, as a share of the account."""
        booked = sum(float(trade.pl) for trade in self.broker.closed_trades)
        return abs(self.broker._cash - 10_000 - booked) / 10_000


def play(seed: int, fills: str) -> Trial:
    """Draw a strategy, a market and broker settings from a seed, and play them both ways."""
    random = np.random.RandomState(seed)
    frame = _market(random)
    settings = BrokerSettings(
        fills=fills,
        commission=float(random.choice((0.0, 0.002, 0.01))),
        spread=float(random.choice((0.0, 0.0, 0.01))),
        margin=float(random.choice((1.0, 1.0, 0.5, 0.1))),
        trade_on_close=bool(random.rand() < 0.25),
        exclusive_orders=bool(random.rand() < 0.25),
        hedging=bool(random.rand() < 0.25),
    )
    terms = terms_of(settings, step=[None, None, 0.01, 1e-8][random.randint(4)])
    prices = Prices.from_columns([frame[name] for name in ("Open", "High", "Low", "Close")], frame.index)
    recorder = Recorder(limit=10_000, overflow=lambda: None)
    broker = recorder.broker = make_broker(broker_class(fills), prices, terms, note=recorder.note)
    warmup = int(random.choice((0, 0, 5)))
    broke = _child(broker, random, warmup)
    events = [recorder.events[n : n + EVENTS_A_LINE] for n in range(0, len(recorder.events), EVENTS_A_LINE)]
    lines = [json.dumps(line).encode() for line in events]
    journal = parse({"warmup": warmup, "events": len(recorder.events)}, lines, bars=BARS, orders=10_000)
    try:
        replayed = replay(journal, bars=frame, terms=terms, seconds=60)
    except InvalidJournal:
        if broke != "error":
            raise
        replayed = None
    return Trial(broker=broker, replayed=replayed, frame=frame, spread=settings.spread, broke=broke)


def _child(broker: Broker, random: np.random.RandomState, warmup: int) -> str | None:
    eager = random.choice((0.05, 0.3, 0.8))
    try:
        for bar in range(1 + warmup, BARS):
            broker.process(bar)
            while random.rand() < eager / 2:
                try:
                    _act(broker, random)
                except (ValueError, AssertionError):
                    continue
        broker.finish(BARS - 1)
    except OutOfMoney:
        broker.count_waiting()
        return "out_of_money"
    except AssertionError:
        return "error"
    broker.count_waiting()
    return None


def _act(broker: Broker, random: np.random.RandomState) -> None:
    price, kind = float(broker.last_price), random.randint(10)

    def level(*choices: float | None) -> float | None:
        among = choices or FACTORS
        factor = among[random.randint(len(among))]
        return None if factor is None else round(price * factor, int(random.choice((0, 2, 8))))

    if kind < 5:
        size = float(random.choice((0.05, 0.3, 0.9999, 1 - 2**-52, 1, 3, 40)))
        sign = 1 if random.rand() < 0.5 else -1
        below, above = (None, 0.8, 0.9, 0.97), (None, 1.03, 1.1, 1.2)
        sl, tp = (below, above) if sign > 0 else (above, below)
        if random.rand() < 0.1:
            sl = tp = FACTORS
        levels = {"limit": level(), "stop": level(), "sl": level(*sl), "tp": level(*tp)}
        broker.new_order(sign * size, **levels, tag=int(random.randint(9)))
    elif kind == 5:
        broker.position.close(float(random.choice((0.1, 0.25, 0.5, 1.0))))
    elif kind == 6 and broker.orders:
        broker.orders[random.randint(len(broker.orders))].cancel()
    elif broker.trades:
        trade = broker.trades[random.randint(len(broker.trades))]
        if kind == 7:
            trade.close(float(random.choice((0.1, 0.25, 0.5, 1.0))))
        elif kind == 8:
            trade.sl = level()
        else:
            trade.tp = level()


def _market(random: np.random.RandomState) -> pd.DataFrame:
    """Return bars with gaps and, for ties between prices and levels, sometimes whole numbers."""
    close = 50 * np.exp(np.cumsum(random.normal(0, random.choice((0.005, 0.02, 0.06)), BARS)))
    open_ = np.concatenate([close[:1], close[:-1]]) * (1 + random.normal(0, 0.01, BARS))
    high = np.maximum(open_, close) * (1 + np.abs(random.normal(0, 0.02, BARS)))
    low = np.minimum(open_, close) * (1 - np.abs(random.normal(0, 0.02, BARS)).clip(0, 0.5))
    columns = {"Open": open_, "High": high, "Low": low, "Close": close}
    if random.rand() < 0.3:
        columns = {name: np.maximum(np.round(values), 1.0) for name, values in columns.items()}
    return pd.DataFrame({**columns, "Volume": 1.0}, index=pd.date_range("2021-03-01", periods=BARS, freq="D"))


def _trades(broker: Broker) -> list[Any]:
    return [_trade(trade) for trade in broker.closed_trades]


def _trade(trade: Any) -> tuple[Any, ...]:
    bars = (trade._size, trade.entry_bar, trade.exit_bar, trade._entry_price, trade._exit_price)
    return (*bars, trade.sl, trade.tp, trade._commissions, trade._exit_reason, trade._same_bar, str(trade.tag))


def main(count: int) -> None:
    """Try so many strategies for each kind of fills and print what was found."""
    for fills in FILLS:
        found: Counter[str] = Counter()
        for seed in range(count):
            trial = play(seed, fills)
            differences = trial.differences()
            found.update(
                {
                    "strategies": 1,
                    "trades": len(trial.broker.closed_trades),
                    "that differ": bool(differences),
                    "fills outside their bar": trial.outside(),
                    f"ended: {trial.broke or 'at the last bar'}": 1,
                    "money without a trade": fills == CONSERVATIVE and not trial.broke and trial.unbooked() > 1e-9,
                    **{f"lost {reason}": loss.count for reason, loss in trial.broker.losses.by_reason.items()},
                }
            )
            if differences:
                print(f"seed {seed} differs in {differences}")
        print(fills, dict(found))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2_000)
