"""Real sandboxes for the tests of this directory; they are skipped where the machine can have none."""

import hashlib
from collections.abc import Callable, Iterator
from textwrap import dedent, indent

import pandas as pd
import pytest
from backtesting import test as samples

from backtest_engine.domain import BacktestResult, BrokerSettings, Dataset, Limits
from backtest_engine.executor import SandboxedExecutor
from backtest_engine.sandbox.launch import platform_problem

Run = Callable[..., BacktestResult]


def dataset_of(name: str) -> Dataset:
    """Return one of backtesting's samples as a data set."""
    return as_dataset(getattr(samples, name), name)


def as_dataset(frame: pd.DataFrame, name: str = "TEST") -> Dataset:
    """Return a frame as a data set."""
    bars = frame[["Open", "High", "Low", "Close", "Volume"]].astype(float)
    fingerprint = hashlib.sha256(bars.to_numpy().tobytes()).hexdigest()
    return Dataset(symbol=name, interval="1d", source="sample", bars=bars, fingerprint=fingerprint)


def strategy(init: str = "pass", next: str = "pass", *, top: str = "", parameters: str = "pass") -> str:
    """Return a strategy's source from the bodies of its methods."""

    def body(text: str, spaces: int) -> str:
        return indent(dedent(text).strip("\n"), " " * spaces)

    return (
        "import numpy as np\nimport pandas as pd\nfrom backtesting import Strategy\n"
        f"from backtesting.lib import crossover\n{dedent(top)}\n\n"
        "def sma(values, n):\n    return pd.Series(values).rolling(n).mean()\n\n\n"
        f"class Tested(Strategy):\n{body(parameters, 4)}\n\n"
        f"    def init(self):\n{body(init, 8)}\n\n    def next(self):\n{body(next, 8)}\n"
    )


CROSS = strategy(
    "self.fast = self.I(sma, self.data.Close, 10)\nself.slow = self.I(sma, self.data.Close, 20)",
    """
    if crossover(self.fast, self.slow):
        self.position.close()
        self.buy()
    elif crossover(self.slow, self.fast):
        self.position.close()
        self.sell()
    """,
)


@pytest.fixture(scope="session")
def goog() -> Dataset:
    return dataset_of("GOOG")


@pytest.fixture(scope="session")
def limits() -> Limits:
    return Limits(wall_seconds=3.0, cpu_seconds=3, memory_bytes=256 << 20, orders=50_000, replay_seconds=2.0)


@pytest.fixture(scope="session")
def executor(limits: Limits) -> Iterator[SandboxedExecutor]:
    problem = platform_problem()
    if problem:
        pytest.skip(problem)
    executor = SandboxedExecutor(limits=limits)
    report = executor.check()
    if not report.available:
        pytest.skip(f"this machine's kernel gives no sandbox: {report.problems}")
    yield executor
    executor.close()


@pytest.fixture(scope="session")
def run(executor: SandboxedExecutor, goog: Dataset) -> Run:
    """Run a strategy on the sample data with the default broker; keywords replace either."""

    def run(code: str, *, dataset: Dataset = goog, broker: BrokerSettings | None = None, **keywords: object) -> object:
        return executor.execute(code, dataset=dataset, broker=broker or BrokerSettings(), **keywords)

    return run
