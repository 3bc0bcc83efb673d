"""The fast path beside backtesting.py and the sandbox: one specification, a whole execution, a sweep, a million bars.

Times are of the processor, since other work on the machine does not change them; each floor is measured in this run.
"""

import statistics
import time
import warnings
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from backtesting import Backtest
from backtesting import backtesting as framework
from backtesting.test import GOOG

from backtest_engine.compiler import compile_spec
from backtest_engine.domain import BrokerSettings, Dataset
from backtest_engine.engine import Engine
from backtest_engine.executor import SandboxedExecutor
from backtest_engine.paths import FastPath
from backtest_engine.spec import Cross, Indicator, Side, StrategySpec
from tests.score.running import strategy_class

PERIODS = [(fast, slow) for fast in range(5, 45) for slow in range(50, 75)]


def average(period: int) -> Indicator:
    return Indicator(name="sma", parameters={"period": period})


SPEC = StrategySpec(
    long=Side(
        entry=Cross(left=average(10), direction="above", right=average(30)),
        exit=Cross(left=average(10), direction="below", right=average(30)),
    )
)


def run() -> list[dict[str, Any]]:
    """Return the rows of the table."""
    fast = FastPath(cache_folder=Path.home() / ".cache" / "algoagent" / "kernel")
    fast.warm_up()
    dataset = Dataset(symbol="GOOG", interval="1d", source="samples", bars=GOOG.astype(float), fingerprint="goog")
    code = compile_spec(SPEC, name="Crosses")
    strategy = strategy_class(code)
    framework._tqdm = lambda bars, **_: bars
    bare = milliseconds(lambda: backtest(strategy).run(), 9)
    # What `Backtest.optimize` does for each combination, in one process.
    optimized = milliseconds(lambda: backtest(strategy).run(fast_sma_period=6, slow_sma_period=50), 9)
    return [
        one_specification(dataset, bare),
        whole_execution(dataset, code, fast),
        sweep_of_a_thousand(dataset, optimized),
        *many_bars(),
    ]


def milliseconds(work: Callable[[], Any], times: int) -> float:
    """Return the median of the processor's time that some work takes."""
    work()
    taken = []
    for _ in range(times):
        began = time.process_time()
        work()
        taken.append((time.process_time() - began) * 1e3)
    return statistics.median(taken)


def backtest(strategy: Any) -> Backtest:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return Backtest(GOOG, strategy, cash=10_000, commission=0.002, finalize_trades=True)


def one_specification(dataset: Dataset, bare: float) -> dict[str, Any]:
    """Signals, fills and trades, with nothing kept from before but the plan."""
    from backtest_engine.simulation import fast_path

    names = fast_path.names_of(SPEC)
    player = fast_path._player(names, dataset, BrokerSettings(), fast_path.IndicatorCache(), 0)
    turn = iter(range(10_000))

    def play() -> None:
        fast, slow = PERIODS[next(turn) % len(PERIODS)]
        player.play({"fast_sma_period": fast, "slow_sma_period": slow})

    value = milliseconds(play, 300)
    name = "one specification on 2,148 bars; floor: backtesting.py"
    return {"name": name, "value": value, "unit": "ms", "floor": bare, "ratio": bare / value}


def whole_execution(dataset: Dataset, code: str, fast: FastPath) -> dict[str, Any]:
    """Engine.execute with statistics on either path, by the wall clock: the sandbox works in a child."""
    with closing(SandboxedExecutor()) as executor:
        engine = Engine(generators={}, data=None, executor=executor, fast_path=fast)  # type: ignore[arg-type]

        def execute(path: str) -> Any:
            return engine.execute(code, dataset=dataset, broker=BrokerSettings(), spec=SPEC.as_json(), path=path)

        value = wall(lambda: execute("fast"), 25)
        floor = wall(lambda: execute("sandbox"), 7)
    name = "execute, with statistics, wall clock; floor: the sandbox path"
    return {"name": name, "value": value, "unit": "ms", "floor": floor, "ratio": floor / value}


def wall(work: Callable[[], Any], times: int) -> float:
    work()
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        taken.append((time.perf_counter() - began) * 1e3)
    return statistics.median(taken)


def sweep_of_a_thousand(dataset: Dataset, optimized: float) -> dict[str, Any]:
    from backtest_engine.simulation.fast_path import sweep

    combinations = [{"fast_sma_period": fast, "slow_sma_period": slow} for fast, slow in PERIODS]
    value = milliseconds(lambda: sweep(SPEC, dataset, BrokerSettings(), combinations), 3) / len(combinations)
    name = "sweep of 1,000, each; floor: each run of Backtest.optimize"
    return {"name": name, "value": value, "unit": "ms", "floor": optimized, "ratio": optimized / value}


def many_bars() -> list[dict[str, Any]]:
    """Return nanoseconds a bar of the kernel on a hundred thousand and a million bars."""
    from backtest_engine.simulation import fast_path

    rows = []
    for count in (100_000, 1_000_000):
        close = 100 * np.exp(np.cumsum(np.random.default_rng(1).normal(0, 0.001, count)))
        columns = {"Open": close, "High": close * 1.001, "Low": close * 0.999, "Close": close, "Volume": 1.0}
        bars = pd.DataFrame(columns, index=pd.date_range("2015-01-01", periods=count, freq="min"))
        dataset = Dataset(symbol="WALK", interval="1m", source="drawn", bars=bars, fingerprint=str(count))
        player = fast_path._player(fast_path.names_of(SPEC), dataset, BrokerSettings(), fast_path.IndicatorCache(), 0)
        value = milliseconds(lambda: player.play({}), 5) * 1e6 / count  # noqa: B023
        rows.append({"name": f"kernel on {count:,} bars, a bar", "value": value, "unit": "ns"})
    return rows
