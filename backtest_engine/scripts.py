"""Runs a file as it is meant: its strategy alone, with the settings and parameters of the backtest that it sets up."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from backtest_engine.diagnostics import Facts, facts_of
from backtest_engine.diagnostics.own_run import OwnRun
from backtest_engine.domain import BacktestResult, BrokerSettings, Dataset, Limits, Notice
from backtest_engine.errors import StrategyError
from backtest_engine.ports import CancelSignal, Executor

# What `backtesting.Backtest` takes where a file's own backtest states nothing.
_UNSTATED = {"commission": 0.0}


@dataclass(frozen=True, kw_only=True)
class MeantRun:
    """A file's strategy, and how the file wants it run.

    `broker` and `parameters` are those of the request where it states any, else those of the file. `text` is the
    module without what the strategy does not need; `alone` tells that only this can be run, since the rest starts a
    backtest of its own or defines a strategy that is not meant.
    """

    code: str
    text: str
    alone: bool
    broker: BrokerSettings
    parameters: Mapping[str, Any]
    facts: Facts
    notices: tuple[Notice, ...] = ()


def meant_run(code: str, broker: BrokerSettings, parameters: Mapping[str, Any] | None = None) -> MeantRun:
    """Read how a file wants to be run; what the request states goes before what the file states."""
    facts = facts_of(code)
    own = facts.own_run
    stated = _stated(own) if own else {}
    default = BrokerSettings()
    taken = {name: value for name, value in stated.items() if getattr(broker, name) == getattr(default, name)}
    given = dict(parameters or {})
    wanted = {name: value for name, value in (own.parameters if own else {}).items() if name in facts.parameters}
    meant = replace(broker, **taken)
    return MeantRun(
        code=code,
        # The same text where nothing is left out: what our compiler wrote stays known as such.
        text=facts.text if facts.left_out else code,
        alone=bool(facts.left_out) and (facts.runs_itself or facts.another_is_meant),
        broker=meant,
        parameters={**wanted, **given},
        facts=facts,
        notices=tuple(_about(own, meant, stated, {**wanted, **given})) if own else (),
    )


def execute_script(
    executor: Executor,
    code: str,
    *,
    dataset: Dataset,
    broker: BrokerSettings,
    parameters: Mapping[str, Any] | None = None,
    limits: Limits | None = None,
    cancelled: CancelSignal | None = None,
) -> BacktestResult:
    """Run the strategy of a file as the file means it; raises what the executor raises.

    What prepares data, starts a backtest or draws charts is left out where it would keep the strategy from running.
    """
    run = meant_run(code, broker, parameters)

    def execute(text: str) -> BacktestResult:
        return executor.execute(
            text,
            dataset=dataset,
            broker=run.broker,
            parameters=run.parameters or None,
            limits=limits,
            cancelled=cancelled,
        )

    try:
        result = execute(run.text if run.alone else code)
        left_out = run.alone
    except StrategyError as error:
        if run.alone or not _failed_outside(error, run.facts):
            raise
        result = execute(run.text)
        left_out = True
    notices = (*run.notices, *([_left_out(run.facts)] if left_out else []))
    return replace(result, warnings=(*result.warnings, *notices))


def _failed_outside(error: StrategyError, facts: Facts) -> bool:
    """Whether a run ended in a statement that the strategy does not need, or before any of it was told apart."""
    if not facts.left_out or error.details.get("phase") in ("compile", "init", "next"):
        return False
    return error.line is None or facts.leaves_out(error.line)


def _stated(own: OwnRun) -> dict[str, Any]:
    """Return the settings of a file's own backtest, those that backtesting.py takes unsaid included."""
    return {**_UNSTATED, **own.settings}


def _about(own: OwnRun, meant: BrokerSettings, stated: Mapping[str, Any], used: Mapping[str, Any]) -> Iterator[Notice]:
    settings = {item.name: getattr(meant, item.name) for item in fields(meant) if item.name in stated}
    asked, run = {**stated, **own.parameters}, {**settings, **used}
    kept = {name: value for name, value in asked.items() if run.get(name) == value}
    if kept:
        said = ", ".join(f"{name}={value!r}" for name, value in kept.items())
        details = {"severity": "note", "settings": settings, "parameters": dict(used), "strategy": own.strategy}
        message = f"Run as the file's own Backtest(…) asks: {said}."
        yield Notice(code="own_run", line=own.line, message=message, details=details)
    said_by_file = {**own.settings, **own.parameters}
    dropped = {name: repr(value) for name, value in said_by_file.items() if name not in kept} | dict(own.unread)
    if dropped:
        said = ", ".join(f"{name}={value}" for name, value in dropped.items())
        message = f"The file's own Backtest(…) also asks for {said}, which this run did not use: say it in the request."
        yield Notice(code="own_run_differs", line=own.line, message=message, details={"dropped": dropped})
    if own.others:
        message = f"The file backtests several strategies; {own.strategy} was run, not {', '.join(own.others)}."
        yield Notice(code="several_strategies", line=own.line, message=message, details={"others": list(own.others)})
    if own.optimize:
        said = ", ".join(f"{name} over {values}" for name, values in own.optimize.items())
        message = f"The file optimises {said}; this run used the values as they are. The parameters can be optimised."
        details = {"severity": "note", "parameters": dict(own.optimize)}
        yield Notice(code="optimize_offered", line=own.line, message=message, details=details)


def _left_out(facts: Facts) -> Notice:
    joined: list[tuple[int, int]] = []
    for first, last in sorted(facts.left_out):
        if joined and first <= joined[-1][1] + 2:
            joined[-1] = (joined[-1][0], max(last, joined[-1][1]))
        else:
            joined.append((first, last))
    said = ", ".join(f"{first}" if first == last else f"{first}–{last}" for first, last in joined)
    return Notice(
        code="left_out",
        line=joined[0][0],
        message=f"Left out, since nothing that trades needs them: lines {said} (data, charts, its own backtest).",
        details={"severity": "note", "lines": joined},
    )
