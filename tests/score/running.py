"""Runs compiled strategies in this process: they are our own code, and thousands of runs have to be quick."""

from typing import Any

from backtesting import Backtest, Strategy, backtesting, test

BROKER = {"cash": 10_000, "commission": 0.002, "finalize_trades": True}


def strategy_class(code: str) -> type[Strategy]:
    """Return the one strategy that a module defines."""
    namespace: dict[str, Any] = {"__name__": "compiled"}
    exec(compile(code, "compiled.py", "exec"), namespace)
    (found,) = [
        value
        for value in namespace.values()
        if isinstance(value, type) and issubclass(value, Strategy) and value.__module__ == "compiled"
    ]
    return found


def run(code: str, data: str) -> Any:
    """Return backtesting.py's statistics of a module on one of its sample data sets."""
    backtesting._tqdm = lambda bars, **_: bars
    return Backtest(getattr(test, data), strategy_class(code), **BROKER).run()


def backtest(code: str, data: str) -> tuple[int, float]:
    """Return the number of trades and the final equity."""
    stats = run(code, data)
    return int(stats["# Trades"]), float(stats["Equity Final [$]"])
