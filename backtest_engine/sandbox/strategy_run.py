"""Runs the strategy, inside the child and behind the walls: nothing after `exec` can be trusted."""

import json
import os
import random
import sys
import types
import warnings
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import backtesting.backtesting as framework
import numpy as np

from backtest_engine.sandbox import failure_report
from backtest_engine.sandbox.failure_report import STRATEGY_FILE, Report
from backtest_engine.sandbox.journal import EVENTS_A_LINE
from backtest_engine.sandbox.own_script import OwnScript, Refused
from backtest_engine.sandbox.recorder import Recorder
from backtest_engine.sandbox.shown_values import values_of
from backtest_engine.sandbox.wire import Job
from backtest_engine.simulation.account import OutOfMoney, Prices
from backtest_engine.simulation.broker import Broker
from backtest_engine.simulation.house import broker_class, make_broker

MODULE = "strategy"
_ROOM_TO_REPORT = 8 << 20
_PRICES = ("Open", "High", "Low", "Close")


class StrategyRun:
    """One job from source to the lines that go back to the trusted side."""

    def __init__(self, job: Job, *, out: int) -> None:
        self._job = job
        self._out = out
        self._phase = "compile"
        self._warmup = self._known = 0
        self._names: list[str] = []
        self._indicators: list[dict[str, Any]] = []
        self._recorder = Recorder(limit=job.orders, overflow=self._end_at_order_limit)
        # Taken before the strategy can replace them.
        self._encode = json.JSONEncoder(separators=(",", ":"), allow_nan=False).encode
        # Address space only: nothing is touched.
        self._room: Any = np.empty(_ROOM_TO_REPORT, dtype=np.uint8)

    def perform(self) -> None:
        """Run the job and write its journal, or the report of its failure."""
        try:
            lines = self._journal()
        except _Rejected as rejected:
            lines = [{"failure": rejected.report}]
        except BaseException as error:
            # Memory to report with, should the strategy have used all of it.
            self._room = None
            lines = [{"failure": failure_report.failure(error, phase=self._reached(), source=self._job.code)}]
        self._flush_log()
        self._write(lines)

    def _journal(self) -> list[Any]:
        self._make_repeatable()
        try:
            code = compile(self._job.code, STRATEGY_FILE, "exec", dont_inherit=True)
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            return [{"failure": failure_report.syntax_failure(error, source=self._job.code)}]
        self._phase = "import"
        module = types.ModuleType(MODULE)
        # Scripts look for their own folder; there is none.
        module.__file__ = STRATEGY_FILE
        sys.modules[MODULE] = module
        if self._job.script:
            return self._own_script(code, module)
        exec(code, module.__dict__)  # noqa: S102 -- the purpose of this process
        found = _strategy_classes(module.__dict__.values())
        if not found:
            message = "The code defines no class derived from backtesting.Strategy."
            return [{"failure": failure_report.rejection("no_strategy_class", message, phase="import")}]
        strategy = found[-1]
        self._names = [c.__name__ for c in found]
        self._phase = "init"
        return self._backtest(strategy, self._job.bars.to_frame())

    def _own_script(self, code: types.CodeType, module: types.ModuleType) -> list[Any]:
        """Run what the file backtests, from the bar on where its data begin."""
        job, backtest = self._job, framework.Backtest
        script = OwnScript(job.bars.to_frame(), job.code)
        try:
            script.run(code, module.__dict__)
            if job.script == "read":
                said = self._encode(script.said)
                return [{"failure": failure_report.rejection("own_run", said, phase="import")}]
            strategy, lead, frame = script.backtested()
        except Refused as refused:
            return [{"failure": failure_report.rejection("own_data", str(refused), phase="import")}]
        framework.Backtest = backtest
        self._names, self._phase = [strategy.__name__], "init"
        broker = {**job.broker, "first": max(job.broker.get("first", 0) - lead, 0)}
        self._job = replace(job, bars=job.bars.after(lead), broker=broker)
        header, *lines = self._backtest(strategy, frame)
        values, orders = lines[: header["indicators"]], lines[header["indicators"] :]
        # Values have a place for each bar of the run; those of fewer bars cannot be compared.
        values = [] if lead else values
        header |= {"warmup": header["warmup"] + lead, "known": header["known"] + lead, "indicators": len(values)}
        shifted = [[[bar + lead if bar >= 0 else bar, *rest] for bar, *rest in events] for events in orders]
        return [header, *values, *shifted]

    def _backtest(self, strategy: type, frame: Any) -> list[Any]:
        job, recorder = self._job, self._recorder
        real_stats = framework.compute_stats

        def stats(**arguments: Any) -> Any:
            """The trusted side computes the statistics; a backtest inside the strategy gets real ones."""
            instance = arguments["strategy_instance"]
            return instance if instance._broker is recorder.broker else real_stats(**arguments)

        real_warmup = framework._indicator_warmup_nbars

        def warmup(instance: Any) -> int:
            bars = int(real_warmup(instance))
            if instance._broker is recorder.broker:
                self._known = bars
                bars = self._warmup = max(bars, job.broker.get("first", 0) - 1)
                self._refuse_empty_indicators(instance)
                self._indicators = values_of(instance)
            return bars

        framework.compute_stats = stats
        framework._indicator_warmup_nbars = warmup
        warnings.simplefilter("ignore")
        # What is open at the end is closed by the replay; the strategy never sees it.
        backtest = framework.Backtest(frame, strategy, finalize_trades=False)
        backtest._broker = self._broker
        backtest.run(**job.parameters)
        account = recorder.broker
        header = {
            "warmup": self._warmup,
            "known": self._known,
            "events": len(recorder.events),
            "account": {
                "cash": float(account._cash),
                "position": float(account.position_size),
                "closed_trades": len(account.closed_trades),
            },
            "strategies": self._names,
            "indicators": len(self._indicators),
        }
        events = recorder.events
        return [
            header,
            *self._indicators,
            *(events[start : start + EVENTS_A_LINE] for start in range(0, len(events), EVENTS_A_LINE)),
        ]

    def _broker(self, *, data: Any) -> Broker:
        """Return the broker that the strategy trades with: the one that the trusted side replays its orders with."""
        columns, arrays = self._job.bars.columns, self._job.bars.values
        prices = Prices.from_columns([arrays[columns.index(name)] for name in _PRICES], data.index)
        kind = broker_class(self._job.broker["fills"])

        class Playing(kind):  # type: ignore[misc, valid-type]
            def next(self) -> None:
                """Play the last bar that is revealed."""
                try:
                    self.process(len(data) - 1)
                except OutOfMoney:
                    raise framework._OutOfMoneyError from None

        self._recorder.broker = make_broker(Playing, prices, self._job.broker, note=self._recorder.note)
        return self._recorder.broker  # type: ignore[no-any-return]

    def _refuse_empty_indicators(self, strategy: Any) -> None:
        """An indicator with no value at all counts as one without a warm-up, so its strategy would start at bar 1."""
        for _, indicator in framework._strategy_indicators(strategy):
            if not indicator._opts.get("scatter") and np.isnan(indicator.astype(float)).all():
                name = str(indicator.name)[:100]
                message = f"The indicator {name} has no value on any of the {len(indicator.T)} bars: are there too few?"
                raise _Rejected(failure_report.rejection("indicator_all_nan", message, phase="init"))

    def _reached(self) -> str:
        """Phase that the strategy is in; bars are counted by the broker."""
        return "next" if self._phase == "init" and getattr(self._recorder.broker, "_i", -1) >= 0 else self._phase

    def _make_repeatable(self) -> None:
        random.seed(0)
        np.random.seed(0)

    def _end_at_order_limit(self) -> None:
        message = f"The strategy gave more than {self._job.orders} orders."
        self._flush_log()
        self._write([{"failure": {"kind": "limit", "code": "order_limit", "message": message, "phase": "next"}}])
        os._exit(0)

    def _flush_log(self) -> None:
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except BaseException:  # noqa: S112 -- the strategy may have put anything there
                continue

    def _write(self, lines: list[Any]) -> None:
        text = "\n".join(self._encode(line) for line in lines) + "\n"
        left = memoryview(text.encode())
        while left:
            left = left[os.write(self._out, left) :]


def _strategy_classes(values: Iterable[Any]) -> list[Any]:
    """Return the module's own strategies that no other one of them extends, in order of definition."""
    base = framework.Strategy
    own = [v for v in values if isinstance(v, type) and issubclass(v, base) and v.__module__ == MODULE]
    own = list(dict.fromkeys(own))
    return [c for c in own if not any(other is not c and issubclass(other, c) for other in own)]


class _Rejected(Exception):
    """Carries the report of a strategy that should not be run any further."""

    def __init__(self, report: Report) -> None:
        super().__init__()
        self.report = report
