"""Where a strategy and the bars it runs on meet: its lengths, its clock times, and the bars before the start."""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import pandas as pd

from backtest_engine.checks.parameters import declared_parameters
from backtest_engine.clock import named_by, named_in, of_clock
from backtest_engine.compiler import compile_spec
from backtest_engine.data.findings import DOUBT
from backtest_engine.diagnostics.source import Source
from backtest_engine.domain import Dataset, Notice
from backtest_engine.language import explain
from backtest_engine.spec import Indicator, StrategySpec, parts_of
from backtest_engine.spec.lengths import MINUTES, fit, pace, parameter_counts
from backtest_engine.spec.warm_up import bars_needed

# Averages that weigh all of the past settle after a few times their length.
SETTLING: Final = 3
LONGEST: Final = 2_000
# A longer number in code is no length of an indicator.
_LONGEST_IN_CODE = 1_000


@dataclass(frozen=True, kw_only=True)
class Fitted:
    """Code and specification as they run on given bars, and what must be said about that."""

    code: str
    spec: StrategySpec | None = None
    notices: tuple[Notice, ...] = ()


def fitted_to(code: str, spec: StrategySpec | Mapping[str, Any] | None, dataset: Dataset) -> Fitted:
    """Return what runs on the bars: code whose specification counts otherwise on them is compiled anew.

    The notices are `fitted_to_bars`, `interval_mismatch` (doubtful), `clock_zone` and `clock_time_without_bar`.
    """
    if spec is None:
        return Fitted(code=code, notices=of_clock(named_in(code), dataset))
    asked = spec if isinstance(spec, StrategySpec) else StrategySpec.model_validate(spec)
    spec, mismatches = fit(asked, pd.DatetimeIndex(dataset.bars.index))
    notices = [replace(notice, details={**notice.details, "severity": DOUBT}) for notice in mismatches]
    clocks = of_clock(named_by(asked), dataset)
    if spec != asked and _compiled(spec, code) != _compiled(asked, code):
        code = _compiled(spec, code)
        message = f"Lengths of time in the description are counted in bars of {dataset.interval}, as this code does."
        notices.append(Notice(code="fitted_to_bars", message=message, details={"code": code}))
    return Fitted(code=code, spec=spec, notices=(*notices, *clocks))


def warm_up_of(code: str, spec: StrategySpec | Mapping[str, Any] | None, dataset: Dataset) -> int:
    """Return how many bars before the start its indicators look back on, with time to settle; 0 without any."""
    if spec is None:
        return min(SETTLING * max(_numbers_of(code), default=0), LONGEST)
    asked = spec if isinstance(spec, StrategySpec) else StrategySpec.model_validate(spec)
    index = pd.DatetimeIndex(dataset.bars.index)
    fitted, _ = fit(asked, index)
    minutes = pace(index).minutes
    longest = max((_look_back(call, minutes) for call in parts_of(fitted, Indicator)), default=0)
    return min(SETTLING * longest + bars_needed(fitted) - 1, LONGEST)


def _compiled(spec: StrategySpec, code: str) -> str:
    found = next(iter(Source(code).lineage), None)
    return compile_spec(spec, name=found.name if found else "Strategy", explanation=explain(spec))


def _look_back(call: Indicator, minutes: int) -> int:
    longest = max(
        (int(value) for name, value in call.parameters.items() if parameter_counts(call, name)),
        default=1,
    )
    if call.timeframe is not None:
        longest = (longest + 1) * max(1, MINUTES[call.timeframe] // minutes)
    return longest + call.shift


def _numbers_of(code: str) -> Iterator[int]:
    """Yield the whole numbers that may be lengths: those of parameters, and those written in `init`."""
    yield from filter(_may_be_length, declared_parameters(code).values())
    found = next(iter(Source(code).lineage), None)
    for node in found.body if found is not None else ():
        if isinstance(node, ast.FunctionDef) and node.name == "init":
            constants = (part.value for part in ast.walk(node) if isinstance(part, ast.Constant))
            yield from (value for value in constants if _may_be_length(value))  # type: ignore[misc]


def _may_be_length(value: Any) -> bool:
    return type(value) is int and 1 < value <= _LONGEST_IN_CODE
