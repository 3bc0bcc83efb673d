"""Specifications drawn at random, run both ways: what the sandbox gives beside what the kernel plays.

`python -m tests.simulation.both_paths 500` tries so many and prints what it found; a third argument is the first seed.
"""

import math
import sys
import time
from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from backtest_engine.checks.look_ahead import LookAheadBudget
from backtest_engine.compiler import compile_spec
from backtest_engine.domain import BacktestResult, BrokerSettings, Dataset
from backtest_engine.errors import StrategyError
from backtest_engine.executor import SandboxedExecutor
from backtest_engine.fitting import fitted_to
from backtest_engine.simulation.fast_path import NotOnFastPath, simulate
from backtest_engine.spec import StrategySpec
from tests.unit import drawn_specs

SETTINGS = (
    {},
    {"commission": 0.0, "margin": 0.2},
    {"spread": 0.002, "trade_on_close": True},
    {"hedging": True, "margin": 0.5, "commission": 0.01},
    {"exclusive_orders": True, "cash": 1_000.0},
    {"fractional": True, "cash": 300.0},
    {"fills": "backtesting"},
    {"fills": "backtesting", "margin": 0.1, "spread": 0.001, "trade_on_close": True},
    {"fills": "backtesting", "exclusive_orders": True, "hedging": True, "commission": 0.005},
)


def markets() -> list[Dataset]:
    """Return nine markets: days, hours and four hours; quiet, wild and cheap."""
    indexes = [frame.index for frame in drawn_specs.BARS]
    frames = [*drawn_specs.BARS, *(drawn_specs.walk(seed, indexes[seed % 3]) for seed in range(10, 16))]
    frames[4] = frames[4].assign(**{name: frames[4][name] / 20 for name in ("Open", "High", "Low", "Close")})
    frames[7] = _wild(frames[7])
    intervals = ("1d", "1h", "4h")
    return [
        Dataset(symbol=f"DRAWN{n}", interval=intervals[n % 3], source="drawn", bars=frame, fingerprint=str(n))
        for n, frame in enumerate(frames)
    ]


def _wild(frame: pd.DataFrame) -> pd.DataFrame:
    """Return bars with wide ranges, in which stops and targets are often hit together."""
    wide = np.abs(np.sin(np.arange(len(frame)))) * 0.08
    return frame.assign(High=frame["High"] * (1 + wide), Low=frame["Low"] * (1 - wide))


@dataclass(frozen=True, kw_only=True)
class Trial:
    """One specification on one market: an outcome of each path, and what they differ in."""

    seed: int
    sandboxed: BacktestResult | StrategyError
    fast: BacktestResult | StrategyError | NotOnFastPath

    def differences(self) -> list[str]:
        """Return what the two paths disagree in."""
        one, other = self.sandboxed, self.fast
        if isinstance(other, NotOnFastPath):
            return []
        if isinstance(one, StrategyError) or isinstance(other, StrategyError):
            codes = [getattr(item, "code", "succeeded") for item in (one, other)]
            return [] if codes[0] == codes[1] else [f"outcome {codes[0]} / {codes[1]}: {one} / {other}"]
        return list(compared(one, other))


def compared(one: BacktestResult, other: BacktestResult) -> list[str]:
    """Return in what two results differ: trades and equity to the last bit, metrics within 1e-9."""
    found = []
    if one.trades != other.trades:
        pairs = zip(one.trades, other.trades, strict=False)
        first = next(((a, b) for a, b in pairs if a != b), (len(one.trades), len(other.trades)))
        found.append(f"trades {first}")
    if not np.array_equal(one.equity["equity"], other.equity["equity"], equal_nan=True):
        found.append("equity")
    if one.orders != other.orders:
        found.append(f"orders {one.orders} / {other.orders}")
    codes = [{notice.code for notice in result.warnings} - {"look_ahead_unchecked"} for result in (one, other)]
    if codes[0] != codes[1]:
        found.append(f"warnings {codes}")
    found += [name for name in one.metrics if not _same(one.metrics[name], other.metrics[name])]
    if one.parameters != other.parameters:
        found.append("parameters")
    return found


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-9)
    return bool(one == other)


class Paths:
    """Runs specifications both ways."""

    def __init__(self) -> None:
        self.markets = markets()
        # What is cut off and run again is another matter.
        self._executor = SandboxedExecutor(look_ahead=LookAheadBudget(runs=0))

    def close(self) -> None:
        self._executor.close()

    def drawn(self, seed: int) -> Trial:
        """Draw a specification, a market and settings, and run them."""
        dataset = self.markets[seed % len(self.markets)]
        settings = BrokerSettings(**SETTINGS[(seed // len(self.markets)) % len(SETTINGS)])
        return self.run(drawn_specs.spec(seed), dataset, settings, seed=seed)

    def run(self, spec: StrategySpec, dataset: Dataset, broker: BrokerSettings, *, seed: int = 0) -> Trial:
        fitted = fitted_to(compile_spec(spec, name="Drawn"), spec, dataset)
        assert fitted.spec is not None
        sandboxed: BacktestResult | StrategyError
        fast: BacktestResult | StrategyError | NotOnFastPath
        try:
            sandboxed = self._executor.execute(fitted.code, dataset=dataset, broker=broker)
        except StrategyError as error:
            sandboxed = error
        try:
            fast = simulate(fitted.spec, dataset, broker, order_limit=100_000)
        except (StrategyError, NotOnFastPath) as error:
            fast = error
        return Trial(seed=seed, sandboxed=sandboxed, fast=fast)


def main(count: int, first: int = 0) -> int:
    """Try so many and print what was found; return the number that differ."""
    paths, found, began = Paths(), Counter[str](), time.perf_counter()
    for seed in range(first, first + count):
        trial = paths.drawn(seed)
        differences = trial.differences()
        outcome = trial.sandboxed.code if isinstance(trial.sandboxed, StrategyError) else "succeeded"
        trades = 0 if isinstance(trial.sandboxed, StrategyError) else len(trial.sandboxed.trades)
        found.update({"specs": 1, outcome: 1, "trades": trades, "differ": bool(differences)})
        if isinstance(trial.fast, NotOnFastPath):
            found[trial.fast.code] += 1
        if differences:
            print(f"seed {seed}: {str(differences)[:1_500]}", flush=True)
    paths.close()
    print({**found, "seconds": round(time.perf_counter() - began)})
    return found["differ"]


if __name__ == "__main__":
    sys.exit(bool(main(*map(int, sys.argv[1:]))))
