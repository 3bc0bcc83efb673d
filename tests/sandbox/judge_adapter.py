"""Shows the executor to a judge of sandboxes: `open_sandbox(limits)` returns an object with `run` and `close`."""

import math
import sys
import warnings
from pathlib import Path
from typing import Any

# A judge loads this file by path.
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from backtest_engine.domain import BacktestResult, BrokerSettings, Dataset, Limits
from backtest_engine.errors import LimitExceeded, SandboxViolation, StrategyError, StrategyRaised, StrategyRejected
from backtest_engine.executor import LookAheadBudget, SandboxedExecutor

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from backtesting.test import GOOG


class JudgedSandbox:
    """One executor, and the document that a service would store for each run."""

    def __init__(self, limits: dict[str, Any]) -> None:
        self._dataset = Dataset(
            symbol="GOOG", interval="1d", source="sample", bars=GOOG.astype(float), fingerprint="judge"
        )
        self._executor = SandboxedExecutor(
            limits=Limits(
                wall_seconds=limits["wall"],
                cpu_seconds=math.ceil(limits["cpu"]),
                memory_bytes=limits["mem"],
                replay_seconds=0.5,
            ),
            # A judge allows little more time than the wall clock limit for everything together.
            look_ahead=LookAheadBudget(seconds=0.6),
            # It also counts processes before and after, and a spare child may be on its way at either moment.
            spares=0,
        )

    def run(self, source: str) -> dict[str, Any]:
        """Run a strategy on the sample data; the answer is what the judge's docstring describes."""
        try:
            result = self._executor.execute(source, dataset=self._dataset, broker=BrokerSettings(fills="backtesting"))
        except StrategyError as error:
            log = error.details.get("log", "")
            return {
                "status": _status(error),
                "metrics": None,
                "log": log,
                "error": error.message,
                "trades": None,
                "verified": None,
                "raw": {"error": error.as_dict(), "log": log},
            }
        return _answer(result)

    def close(self) -> None:
        self._executor.close()


def open_sandbox(limits: dict[str, Any]) -> JudgedSandbox:
    """Open a sandbox with limits `wall` and `cpu` in seconds and `mem` in bytes."""
    return JudgedSandbox(limits)


def _answer(result: BacktestResult) -> dict[str, Any]:
    trades = [(t.entry_bar, t.exit_bar, t.size, t.entry_price, t.exit_price) for t in result.trades]
    return {
        "status": "ok",
        "metrics": {
            "return_pct": result.metrics["return_pct"],
            "n_trades": result.metrics["trades"],
            "equity_final": result.metrics["equity_final"],
        },
        "log": result.log,
        "error": None,
        "trades": trades,
        "verified": result.verified,
        "raw": {
            "metrics": dict(result.metrics),
            "trades": trades,
            "tags": [t.tag for t in result.trades],
            "warnings": [notice.as_dict() for notice in result.warnings],
            "log": result.log,
        },
    }


def _status(error: StrategyError) -> str:
    if isinstance(error, LimitExceeded):
        return "limit"
    if isinstance(error, SandboxViolation):
        return "violation"
    if isinstance(error, StrategyRejected):
        return "rejected"
    if isinstance(error, StrategyRaised) and error.code != "strategy_crashed":
        return "error"
    return "crash"
