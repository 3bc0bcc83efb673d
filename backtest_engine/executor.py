"""Runs a strategy in the sandbox, computes its numbers outside of it, and says how far they can be believed."""

import logging
import platform
import secrets
import sys
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import backtesting
import numpy as np
import pandas as pd

from backtest_engine import result_checks
from backtest_engine.checks.look_ahead import LookAheadBudget, LookAheadFindings, check_look_ahead
from backtest_engine.checks.parameters import check_broker, declared_parameters, effective_parameters
from backtest_engine.checks.synthetic_future import Future, with_future
from backtest_engine.data.findings import doubts
from backtest_engine.diagnostics import OPEN, Finding, diagnose
from backtest_engine.domain import (
    BacktestResult,
    BrokerSettings,
    Check,
    Dataset,
    Limits,
    Notice,
    OrderSummary,
    Trade,
    verdict,
)
from backtest_engine.errors import SandboxUnavailable, StrategyError
from backtest_engine.explaining import notice_of
from backtest_engine.ports import CancelSignal
from backtest_engine.sandbox.client import Ending, Sandbox
from backtest_engine.sandbox.journal import Journal, clean_text
from backtest_engine.sandbox.outcome import journal_of
from backtest_engine.sandbox.replay import Replayed, replay
from backtest_engine.sandbox.selftest import SandboxReport, sandbox_check, self_test
from backtest_engine.sandbox.wire import Bars, Job
from backtest_engine.simulation import reporting
from backtest_engine.simulation.house import terms_of
from backtest_engine.simulation.statistics import closed_trades
from backtest_engine.simulation.units import size_step
from backtest_engine.text_reading import refuse_long

__all__ = [
    "ENGINE_VERSION",
    "LookAheadBudget",
    "SandboxReport",
    "SandboxedExecutor",
    "declared_parameters",
    "sandbox_check",
    "versions",
]

logger = logging.getLogger(__name__)

# Raised whenever the same orders could give other numbers than before.
ENGINE_VERSION = "2"

T = TypeVar("T")


class SandboxedExecutor:
    """An `Executor` whose strategies run behind walls. One run at a time; concurrent callers wait for each other.

    Cheap to build: the sandbox starts, and is tested, with the first run and in the process that runs it, so a worker
    that forks may build one before it does. `allow_missing_walls` names walls (`sandbox.walls.WALLS`) to do without;
    each start logs them and each result warns of them.
    """

    def __init__(
        self,
        *,
        limits: Limits | None = None,
        look_ahead: LookAheadBudget | None = None,
        sandbox: Sandbox | None = None,
        allow_missing_walls: Collection[str] = (),
        spares: int = 2,
        python: str = sys.executable,
    ) -> None:
        self._limits = limits or Limits()
        self._budget = look_ahead or LookAheadBudget()
        self._sandbox = sandbox or Sandbox(
            limits=self._limits, spares=spares, without_walls=allow_missing_walls, python=python
        )
        self._report: SandboxReport | None = None

    def execute(
        self,
        code: str,
        *,
        dataset: Dataset,
        broker: BrokerSettings,
        parameters: Mapping[str, Any] | None = None,
        limits: Limits | None = None,
        cancelled: CancelSignal | None = None,
        script: str = "",
    ) -> BacktestResult:
        """Return the result; raise a `StrategyError`, `InvalidParameter`, `Cancelled` or `SandboxUnavailable`."""
        refuse_long(code)
        check_broker(broker)
        effective = effective_parameters(code, parameters or {})
        report = self._prove()
        step = size_step(dataset, broker.fractional)
        run = _Run(
            sandbox=self._sandbox,
            code=code,
            dataset=dataset,
            bars=Bars.from_frame(dataset.bars),
            broker=broker,
            terms=terms_of(broker, step=step, first=dataset.warm_up),
            parameters={name: effective[name] for name in parameters or {}},
            limits=limits or self._limits,
            cancelled=cancelled,
            script=script,
        )
        try:
            return self._evaluate(run, effective, report)
        finally:
            # Forking competes with the run for the machine, so it comes after it.
            self._sandbox.replenish()

    def _evaluate(self, run: "_Run", effective: Mapping[str, Any], report: SandboxReport) -> BacktestResult:
        watch = _Stopwatch()
        findings: list[Finding] = []

        def read() -> None:
            found = diagnose(run.code, ran=True, scripted=bool(run.script)).findings
            findings[:] = [item for item in found if item.blocking or item.code in OPEN]

        ending, journal = watch("child", lambda: run.perform(meanwhile=read))
        replayed = watch("replay", lambda: run.replay(journal, ending))
        statistics = watch("statistics", replayed.statistics)
        index = pd.DatetimeIndex(run.dataset.bars.index)
        fills = reporting.check_fills(replayed.trades, run.dataset.bars, broker=run.broker)
        orders = reporting.order_summary(replayed.losses, index, step=run.terms["step"])
        trades = closed_trades(replayed.trades, index)
        checked = watch("look_ahead", lambda: run.check(journal, ending, trades, self._budget))
        notices = (
            *_about_run(journal, ending, run.limits, report),
            *_about_result(journal, replayed, orders),
            *reporting.warm_up_notices(run.dataset, known=journal.known),
            *reporting.order_notices(orders),
            *reporting.account_notices(
                replayed.trades,
                broker=run.broker,
                index=index,
                wiped_out_at=replayed.wiped_out_at,
                shortfall=replayed.shortfall,
                notes=statistics.notes,
            ),
            *fills,
            *map(notice_of, findings),
            *checked.notices,
        )
        checks = result_checks.made(
            journal, replayed, checked, fills=fills, doubts=doubts(run.dataset.notices), findings=findings
        )
        return BacktestResult(
            metrics=statistics.metrics,
            trades=trades,
            equity=statistics.curve,
            broker=run.broker,
            parameters=effective,
            dataset=run.dataset,
            warnings=notices,
            checks=checks,
            verified=_verified(notices, checks),
            timings=watch.timings(),
            versions=versions(),
            log=clean_text(ending.log, run.limits.log_bytes),
            orders=orders,
            metrics_notes=statistics.notes,
        )

    def check(self, *, refresh: bool = False) -> SandboxReport:
        """Return what the self-test found: the first call runs it, later ones remember, unless `refresh`."""
        if self._report is None or refresh:
            self._report = self_test(self._sandbox)
            for problem in self._report.problems:
                logger.error("The sandbox is not safe: %s", problem)
            if not self._report.available:
                self._sandbox.close()
        return self._report

    def close(self) -> None:
        """End the sandbox's processes; a later run starts them again."""
        self._sandbox.close()

    def _prove(self) -> SandboxReport:
        report = self.check()
        if not report.available:
            raise SandboxUnavailable(
                "Strategies are not run, because the sandbox failed its self-test: " + "; ".join(report.problems),
                details={"problems": list(report.problems)},
            )
        return report


def versions() -> dict[str, str]:
    """Return the versions that the numbers depend on."""
    return {
        "engine": ENGINE_VERSION,
        "backtesting": backtesting.__version__,
        "numpy": np.__version__,
        "pandas": pd.__version__,
        "python": platform.python_version(),
    }


class _Stopwatch:
    """Seconds of each step by name, and of everything since it was made."""

    def __init__(self) -> None:
        self._began = time.perf_counter()
        self._steps: dict[str, float] = {}

    def __call__(self, step: str, work: Callable[[], T]) -> T:
        began = time.perf_counter()
        done = work()
        self._steps[step] = time.perf_counter() - began
        return done

    def timings(self) -> dict[str, float]:
        return {**self._steps, "total": time.perf_counter() - self._began}


@dataclass(frozen=True, kw_only=True, eq=False)
class _Run:
    """One strategy on one set of bars."""

    sandbox: Sandbox
    code: str
    dataset: Dataset
    bars: Bars
    broker: BrokerSettings
    terms: Mapping[str, Any]
    parameters: Mapping[str, Any]
    limits: Limits
    cancelled: CancelSignal | None
    script: str = ""
    # Drawn for each run, so that no code can know where it is looked at; kept with the result, so that the check can be
    # made again.
    seed: int = field(default_factory=lambda: secrets.randbits(63))

    def perform(
        self, bars: Bars | None = None, limits: Limits | None = None, meanwhile: Callable[[], None] | None = None
    ) -> tuple[Ending, Journal]:
        """Run it in the sandbox, on other bars or within other limits if given."""
        bars, limits = bars or self.bars, limits or self.limits
        job = Job(
            code=self.code,
            bars=bars,
            broker=self.terms,
            parameters=self.parameters,
            orders=limits.orders,
            script=self.script,
        )
        ending = self.sandbox.run(job, limits=limits, cancelled=self.cancelled, meanwhile=meanwhile)
        return ending, journal_of(ending, bars=len(bars), limits=limits, first=self.dataset.warm_up)

    def replay(self, journal: Journal, ending: Ending) -> Replayed:
        """Carry its orders out on the real bars."""
        try:
            return replay(journal, bars=self.dataset.bars, terms=self.terms, seconds=self.limits.replay_seconds)
        except StrategyError as error:
            error.details = {**error.details, "log": clean_text(ending.log, self.limits.log_bytes)}
            raise

    def check(
        self, journal: Journal, ending: Ending, trades: Sequence[Trade], budget: LookAheadBudget
    ) -> LookAheadFindings:
        """Run it again on truncated bars."""
        return check_look_ahead(
            journal,
            trades=trades,
            prices=self.dataset.bars,
            cash=self.broker.cash,
            budget=budget,
            run_seconds=ending.seconds,
            seed=self.seed,
            rerun=self._again,
        )

    def _again(self, *, until: int, future: Future | None, seconds: float) -> Journal:
        bars = (
            self.bars.head(until + 1)
            if future is None
            else with_future(self.bars, after=until, future=future, seed=self.seed)
        )
        self.sandbox.replenish()
        return self.perform(bars, _within(self.limits, seconds))[1]


def _within(limits: Limits, seconds: float) -> Limits:
    """Return the same limits with at most so much time."""
    return replace(limits, wall_seconds=min(limits.wall_seconds, seconds))


def _about_run(journal: Journal, ending: Ending, limits: Limits, report: SandboxReport) -> list[Notice]:
    notices = []
    if report.missing:
        walls = ", ".join(report.missing)
        notices.append(
            Notice(
                code="sandbox_weakened",
                message=f"The strategy ran without these isolation layers of the sandbox, as configured: {walls}.",
                details={"missing": list(report.missing)},
            )
        )
    if len(journal.strategies) > 1:
        others = ", ".join(journal.strategies[:-1])
        notices.append(
            Notice(
                code="several_strategies",
                message=f"The code defines several strategies; {journal.strategies[-1]} was run, not {others}.",
            )
        )
    if ending.log_truncated:
        notices.append(
            Notice(code="log_truncated", message=f"Only the first {limits.log_bytes >> 10} KiB of the log were kept.")
        )
    return notices


def _about_result(journal: Journal, replayed: Replayed, orders: OrderSummary) -> list[Notice]:
    notices = []
    if not replayed.trades:
        notices.append(Notice(code="no_trades", message=reporting.no_trades_message(orders)))
    claimed, real = journal.account, replayed.account
    if claimed != real:
        notices.append(
            Notice(
                code="account_differs",
                message="The account that the strategy saw is not the one that its orders lead to on the real prices: "
                "it changed prices, orders or the account itself. The numbers shown are those of the real prices.",
            )
        )
    return notices


def _verified(notices: Sequence[Notice], checks: Sequence[Check]) -> bool | None:
    doubted = any(notice.code not in reporting.HARMLESS for notice in notices)
    return False if doubted else verdict(checks)
