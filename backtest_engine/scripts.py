"""Runs a file as it is meant: its strategy alone, with the settings and parameters of the backtest that it sets up."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from backtest_engine.diagnostics import Facts, facts_of
from backtest_engine.diagnostics.own_run import OwnRun, settings_of
from backtest_engine.domain import BacktestResult, BrokerSettings, Dataset, Limits, Notice
from backtest_engine.errors import StrategyError
from backtest_engine.ports import READ, RUN, CancelSignal, Executor

# What `backtesting.Backtest` takes where a file's own backtest states nothing.
_UNSTATED = {"commission": 0.0}


# What backtesting.py says of a column that the data lack.
_NO_COLUMN = re.compile(r"Column '[^']+' not in data")


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
    own_run: OwnRun | None
    notices: tuple[Notice, ...] = ()


def meant_run(
    code: str, broker: BrokerSettings, parameters: Mapping[str, Any] | None = None, own: OwnRun | None = None
) -> MeantRun:
    """Read how a file wants to be run; what the request states goes before what the file states.

    `own` is the file's own backtest where more is known of it than is written down.
    """
    facts = facts_of(code)
    own = own or facts.own_run
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
        own_run=own,
        notices=tuple(_about(own, meant, stated, {**wanted, **given})) if own else (),
    )


def said_run(
    executor: Executor,
    code: str,
    *,
    broker: BrokerSettings,
    parameters: Mapping[str, Any] | None = None,
    **shared: Any,
) -> MeantRun:
    """Read how a file wants to be run; what is not written down is learnt from the file, run up to its own backtest."""
    run = meant_run(code, broker, parameters)
    if run.own_run is None or not run.own_run.unread:
        return run
    own = _read(run.own_run, lambda: executor.execute(code, broker=broker, script=READ, **shared))
    return meant_run(code, broker, parameters, own)


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
    shared: dict[str, Any] = {"dataset": dataset, "limits": limits, "cancelled": cancelled}
    run = said_run(executor, code, broker=broker, parameters=parameters, **shared)

    def execute(text: str, script: str = "") -> BacktestResult:
        parameters = run.parameters or None
        return executor.execute(text, broker=run.broker, parameters=parameters, script=script, **shared)

    result, more = _result(run, execute)
    return replace(result, warnings=(*result.warnings, *run.notices, *more))


def _result(run: MeantRun, execute: Callable[..., BacktestResult]) -> tuple[BacktestResult, list[Notice]]:
    """Run the strategy without its script, or with it where the script may change what the strategy is run on."""
    own = run.own_run
    if own is None:
        return _alone(run, execute)
    if own.part_of_data is not None:
        return _on_part(run, own, own.part_of_data, execute)
    try:
        return _alone(run, execute)
    except StrategyError as error:
        if not _needs_its_script(error):
            raise
        try:
            return execute(run.code, script=RUN), [_own_data(own)]
        except StrategyError as refused:
            raise _because(error, refused) from None


def _on_part(
    run: MeantRun, own: OwnRun, part: str, execute: Callable[..., BacktestResult]
) -> tuple[BacktestResult, list[Notice]]:
    """Run a file that cuts its data as it is; where that is not possible, on all bars, and say so."""
    try:
        return execute(run.code, script=RUN), [_own_data(own)]
    except StrategyError as refused:
        try:
            result, more = _alone(run, execute)
        except StrategyError as error:
            raise _because(error, refused) from None
        return result, [_own_data_differs(own, part), *more]


def _because(error: StrategyError, refused: StrategyError) -> StrategyError:
    """Return an error with the reason why the file's own script was of no help."""
    if refused.code == "own_data" and _needs_its_script(error):
        error.hint = str(refused)
    return error


def _read(own: OwnRun, execute: Callable[[], object]) -> OwnRun:
    """Return the file's own backtest with what running the file up to it says, as far as that is plain."""
    try:
        execute()
    except StrategyError as said:
        stated = _stated_by(said) if said.code == "own_run" else {}
        settings, others = settings_of(stated.get("settings", {}))
        parameters = stated.get("parameters", {})
        known = {*settings, *parameters, *(["finalize_trades"] if "finalize_trades" not in others else [])}
        unread = {
            name: text
            for name, text in {**own.unread, **others}.items()
            if name not in known and not (stated and name.startswith("**"))
        }
        return replace(
            own,
            settings={**own.settings, **settings},
            parameters={**own.parameters, **parameters},
            unread=unread,
        )
    return own


def _stated_by(said: StrategyError) -> dict[str, dict[str, Any]]:
    """Return what a file says of its run: claims of untrusted code, held to be plain values and nothing more."""
    try:
        stated = json.loads(str(said))
    except ValueError:
        return {}
    if not isinstance(stated, dict):
        return {}
    return {name: part for name, part in stated.items() if isinstance(part, dict)}


def _alone(run: MeantRun, execute: Callable[..., BacktestResult]) -> tuple[BacktestResult, list[Notice]]:
    """Run the module, or the strategy without the rest where that fails or must not be run."""
    try:
        result = execute(run.text if run.alone else run.code)
        left_out = run.alone
    except StrategyError as error:
        if run.alone or not _failed_outside(error, run.facts):
            raise
        result = execute(run.text)
        left_out = True
    return result, [_left_out(run.facts)] if left_out else []


def _needs_its_script(error: StrategyError) -> bool:
    """Whether a strategy lacks what only its file's own script makes: a column of the data, data, the class itself."""
    outside = error.details.get("phase") == "import" or error.code == "no_strategy_class"
    return outside or bool(_NO_COLUMN.search(str(error)))


def _own_data(own: OwnRun) -> Notice:
    return Notice(
        code="own_data",
        line=own.line,
        message="The file's own preparation of its data was run on the bars of this run; what it leaves out at the "
        "beginning is not traded.",
        details={"severity": "note"},
    )


def _own_data_differs(own: OwnRun, part: str) -> Notice:
    return Notice(
        code="own_data_differs",
        line=own.line,
        message=f"The file's own Backtest(…) has only what `{part}` makes of its data; this run had all bars.",
        details={"part_of_data": part},
    )


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
