"""What the sandbox costs: each figure beside the bare in-process run of the same strategy, measured in the same run."""

import hashlib
import statistics
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from backtesting import Backtest

from backtest_engine.domain import BrokerSettings, Dataset
from backtest_engine.executor import LookAheadBudget, SandboxedExecutor

Row = dict[str, Any]

CODE = """
import pandas as pd
from backtesting import Strategy
from backtesting.lib import crossover


def sma(values, n):
    return pd.Series(values).rolling(n).mean()


class Cross(Strategy):
    fast = 10
    slow = 20

    def init(self):
        self.quick = self.I(sma, self.data.Close, self.fast)
        self.steady = self.I(sma, self.data.Close, self.slow)

    def next(self):
        if crossover(self.quick, self.steady):
            self.position.close()
            self.buy()
        elif crossover(self.steady, self.quick):
            self.position.close()
            self.sell()
"""
BROKER = BrokerSettings()
LONG = 100_000
_WORKER_SECONDS = 4.0
_WORKER = """
import sys, time
sys.path.insert(0, sys.argv[1])
from tests.benchmark import bench_sandbox as bench
executor, dataset = bench.executor_without_check(), bench.goog()
for _ in range(5):
    bench.execute(executor, dataset)
print("ready", flush=True)
sys.stdin.readline()
count, end = 0, time.perf_counter() + float(sys.argv[2])
while time.perf_counter() < end:
    bench.execute(executor, dataset)
    count += 1
print(count, flush=True)
executor.close()
"""


def run() -> list[Row]:
    """Return the rows of the table; takes about a minute."""
    executor, long_walk = executor_without_check(), _long_walk()
    try:
        rows = [
            _compared("sandboxed execute, 2,148 bars, p50", executor, goog(), repeats=60),
            _compared(f"sandboxed execute, {LONG:,} bars, p50", executor, long_walk, repeats=5, fast=50, slow=200),
            _compared("the same with an order every 18 bars, p50", executor, long_walk, repeats=5),
            *_memory(executor),
        ]
    finally:
        executor.close()
    return [*rows, _look_ahead(), *(_throughput(workers) for workers in (1, 2))]


def goog() -> Dataset:
    """Return the daily sample prices."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from backtesting.test import GOOG
    return _dataset(GOOG.astype(float))


def executor_without_check() -> SandboxedExecutor:
    """Return an executor that does not check for look-ahead, which is measured apart."""
    return SandboxedExecutor(look_ahead=LookAheadBudget(runs=0))


def execute(executor: SandboxedExecutor, dataset: Dataset) -> None:
    """Run the strategy once, with trusted metrics."""
    executor.execute(CODE, dataset=dataset, broker=BROKER)


def _dataset(bars: pd.DataFrame) -> Dataset:
    fingerprint = hashlib.sha256(bars.to_numpy().tobytes()).hexdigest()
    return Dataset(symbol="BENCH", interval="1d", source="sample", bars=bars, fingerprint=fingerprint)


def _long_walk() -> Dataset:
    random = np.random.RandomState(1)
    close = 100 * np.exp(np.cumsum(random.normal(0, 0.002, LONG)))
    open_ = np.concatenate([close[:1], close[:-1]])
    high, low = np.maximum(open_, close) * 1.001, np.minimum(open_, close) * 0.999
    index = pd.date_range("2010-01-01", periods=LONG, freq="h")
    return _dataset(pd.DataFrame({"Open": open_, "High": high, "Low": low, "Close": close, "Volume": 1e6}, index=index))


def _compared(name: str, executor: SandboxedExecutor, dataset: Dataset, *, repeats: int, **parameters: int) -> Row:
    """Time both in turn, so that whatever else the machine does meets both."""
    namespace: dict[str, Any] = {"__name__": "bench"}
    exec(CODE, namespace)

    def bare() -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            backtest = Backtest(dataset.bars, namespace["Cross"], commission=BROKER.commission, finalize_trades=True)
            backtest.run(**parameters)

    def sandboxed() -> None:
        executor.execute(CODE, dataset=dataset, broker=BROKER, parameters=parameters)

    bare()
    sandboxed()
    pairs = [(_seconds(bare), _seconds(sandboxed)) for _ in range(repeats)]
    floor, value = (statistics.median(column) * 1e3 for column in zip(*pairs, strict=True))
    return _row(name, value, "ms", floor)


def _look_ahead() -> Row:
    executor = SandboxedExecutor()
    dataset = goog()
    try:
        execute(executor, dataset)
        results = [executor.execute(CODE, dataset=dataset, broker=BROKER) for _ in range(10)]
    finally:
        executor.close()
    spent = statistics.median(result.timings["look_ahead"] for result in results) * 1e3
    whole = statistics.median(result.timings["total"] for result in results) * 1e3
    return _row("look-ahead check, 6 runs on truncated data, p50", spent, "ms", whole - spent)


def _memory(executor: SandboxedExecutor) -> list[Row]:
    """Return what a zygote holds alone, and what each child holds that it does not share."""
    execute(executor, goog())
    time.sleep(0.2)
    zygote = executor._sandbox.zygote_pid
    children = Path(f"/proc/{zygote}/task/{zygote}/children").read_text().split()
    rows = [_row("memory of a zygote", _resident(str(zygote)), "MiB", None)]
    private = [amount for amount in map(_private, children) if amount is not None]
    if private:
        rows.append(_row("memory of a waiting child, not shared", max(private), "MiB", None))
    return rows


def _resident(pid: str) -> float:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * 4096 / 2**20


def _private(pid: str) -> float | None:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return None
    return sum(int(line.split()[1]) for line in lines if line.startswith("Private_")) / 2**10


def _throughput(workers: int) -> Row:
    root = str(Path(__file__).resolve().parents[2])
    command = [sys.executable, "-W", "ignore", "-c", _WORKER, root, str(_WORKER_SECONDS)]
    started = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(workers)
    ]
    for worker in started:
        worker.stdout.readline()
    for worker in started:
        worker.stdin.write("go\n")
        worker.stdin.flush()
    count = sum(int(worker.communicate()[0]) for worker in started)
    return _row(f"executions a second, {workers} worker{'s' * (workers > 1)}", count / _WORKER_SECONDS, "1/s", None)


def _seconds(work: Callable[[], None]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _row(name: str, value: float, unit: str, floor: float | None) -> Row:
    return {
        "name": name,
        "value": round(value, 2),
        "unit": unit,
        "floor": None if floor is None else round(floor, 2),
        "ratio": None if not floor else round(value / floor, 2),
    }
