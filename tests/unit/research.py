"""Small trades, results and evaluators for the tests of research."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd

from backtest_engine.data.bars import fingerprint
from backtest_engine.domain import BacktestResult, BrokerSettings, Check, Dataset, Trade
from backtest_engine.research.candidates import Candidate

DAY = datetime(2015, 1, 1, tzinfo=UTC)


def trade(begin: int, end: int, *, size: float = 1.0, pnl: float = 1.0, commission: float = 0.1) -> Trade:
    """Return a trade from bar to bar."""
    return Trade(
        size=size,
        entry_bar=begin,
        exit_bar=end,
        entry_time=DAY + timedelta(days=begin),
        exit_time=DAY + timedelta(days=end),
        entry_price=100.0,
        exit_price=100.0 + pnl,
        stop_loss=None,
        take_profit=None,
        pnl=pnl,
        commission=commission,
        return_pct=pnl,
    )


def bars(count: int = 1000, *, seed: int = 0, drift: float = 0.0) -> Dataset:
    """Return days of a random walk."""
    close = 100 * np.exp(np.cumsum(np.random.default_rng(seed).normal(drift, 0.01, count)))
    opens = np.concatenate([[100.0], close[:-1]])
    index = pd.date_range("2015-01-01", periods=count, freq="D", name=None)
    columns = {"Open": opens, "High": np.maximum(opens, close), "Low": np.minimum(opens, close), "Close": close}
    frame = pd.DataFrame(columns | {"Volume": 1e6}, index=index)
    return Dataset(symbol="WALK", interval="1d", source="test", bars=frame, fingerprint=fingerprint(frame))


def result(
    dataset: Dataset, trades: Sequence[Trade], returns: np.ndarray, *, broker: BrokerSettings | None = None
) -> BacktestResult:
    """Return a result with these returns of bars."""
    equity = 10_000 * np.cumprod(np.concatenate([[1.0], 1 + returns]))
    curve = pd.DataFrame({"equity": equity, "drawdown_pct": 0.0}, index=dataset.bars.index[-len(equity) :])
    names = ("source", "look_ahead", "determinism", "numbers", "data", "fills")
    return BacktestResult(
        metrics={
            "return_pct": float(equity[-1] / equity[0] - 1) * 100,
            "trades": len(trades),
            "commissions": sum(one.commission for one in trades),
            "exposure_time_pct": 50.0,
        },
        trades=tuple(trades),
        equity=curve,
        broker=broker or BrokerSettings(),
        parameters={},
        dataset=dataset,
        checks=tuple(Check(name=name, status="passed", scope=f"{name} is fine.") for name in names),
    )


class Slopes:
    """An evaluator whose candidates earn what a function of their parameters says: fast, and known in advance."""

    code = "class S:\n    a = 1\n    b = 1\n"

    def __init__(self, mean: Any, *, noise: float = 0.01) -> None:
        self.broker = BrokerSettings()
        self._mean = mean
        self._noise = noise
        self.evaluated: list[tuple[str, dict[str, Any]]] = []
        self.last_bars: list[pd.Timestamp] = []

    def sweep(
        self,
        dataset: Dataset,
        parameters: Sequence[Mapping[str, Any]],
        *,
        needed: Collection[str] = (),
        cancelled: Any = None,
    ) -> Iterator[Candidate]:
        for chosen in parameters:
            self.evaluated.append((dataset.fingerprint, dict(chosen)))
            self.last_bars.append(dataset.bars.index[-1])
            count = len(dataset) - dataset.warm_up
            key = (*map(int, chosen.values()), count)
            noise = np.random.default_rng(abs(hash(key))).normal(0, self._noise, count - 1)
            equity = 10_000 * np.cumprod(np.concatenate([[1.0], 1 + self._mean(chosen) + noise]))
            metrics = {"return_pct": float(equity[-1] / equity[0] - 1) * 100, "trades": 40, "sharpe_ratio": 1.0}
            yield Candidate(parameters=chosen, metrics=metrics, equity=equity)

    def result(self, dataset: Dataset, *, parameters: Mapping[str, Any], broker: BrokerSettings) -> BacktestResult:
        found = next(iter(self.sweep(dataset, [parameters])))
        return result(dataset, [trade(3 * row, 3 * row + 2) for row in range(40)], found.returns, broker=broker)

    def seconds_each(self, dataset: Dataset) -> float:
        return 1e-4
