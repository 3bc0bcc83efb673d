"""The whole path: a bare in-process backtest beside the engine's, and the API's with a real worker."""

import statistics
import time
import warnings
from collections.abc import Callable
from typing import Any

import httpx
from backtesting import Backtest, Strategy
from backtesting.test import GOOG

from backtest_engine.data import Samples
from backtest_engine.domain import BrokerSettings
from backtest_engine.executor import SandboxedExecutor
from backtest_engine.generate.offline import OfflineGenerator
from tests.served import served

DESCRIPTION = "RSI strategy: buy when RSI < 30, sell when RSI > 70"
ROUNDS = 25


def run() -> list[dict[str, Any]]:
    """Return the medians in milliseconds."""
    code = OfflineGenerator().generate(DESCRIPTION).code
    strategy = _strategy_class(code)
    dataset = Samples().bars("GOOG", start=None, end=None, interval=None)
    executor = SandboxedExecutor()
    try:
        floors, engine = _paired(
            lambda: _bare(strategy),
            lambda: executor.execute(code, dataset=dataset, broker=BrokerSettings()),
        )
    finally:
        executor.close()
    execute, generate = _through_the_api()
    return [
        {"name": "engine: sandbox, replay, look-ahead check (GOOG)", "value": engine, "unit": "ms", "floor": floors},
        {"name": "execute through the API, wait for the end", "value": execute, "unit": "ms", "floor": floors},
        {"name": "generate + execute through the API", "value": generate, "unit": "ms", "floor": floors},
    ]


def _strategy_class(code: str) -> type[Strategy]:
    namespace: dict[str, Any] = {"__name__": "bare"}
    exec(compile(code, "bare.py", "exec"), namespace)  # code that our own compiler wrote
    return next(
        value
        for value in namespace.values()
        if isinstance(value, type) and issubclass(value, Strategy) and value.__module__ == "bare"
    )


def _bare(strategy: type[Strategy]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        Backtest(GOOG, strategy, cash=10_000, commission=0.002, finalize_trades=True).run()


def _paired(first: Callable[[], Any], second: Callable[[], Any]) -> tuple[float, float]:
    """Return both medians, measured in turn so that a noisy machine is noisy to both."""
    times: tuple[list[float], list[float]] = ([], [])
    for number in range(ROUNDS + 3):
        for work, taken in zip((first, second), times, strict=True):
            began = time.perf_counter()
            work()
            if number >= 3:
                taken.append((time.perf_counter() - began) * 1e3)
    return statistics.median(times[0]), statistics.median(times[1])


def _through_the_api() -> tuple[float, float]:
    with served(worker=True) as server, server.client(server.token("bench", "--scope", "run")) as api:
        return _ask(api)


def _ask(api: httpx.Client) -> tuple[float, float]:
    api.headers["Prefer"] = "wait=30"
    body = {"description": DESCRIPTION, "execute_after_generation": True, "test_symbol": "GOOG"}
    made = api.post("/api/strategies/generate_with_ai/", json=body).raise_for_status().json()

    def execute() -> None:
        done = api.post(f"/api/strategies/{made['strategy']}/execute/", json={"test_symbol": "GOOG"})
        if done.json()["state"] != "succeeded":
            raise RuntimeError(done.text)

    def generate() -> None:
        done = api.post("/api/strategies/generate_with_ai/", json=body)
        if done.json()["state"] != "succeeded":
            raise RuntimeError(done.text)

    return _paired(execute, generate)
