"""Where a strategy and the bars it runs on meet: its lengths, its clock times, and the bars before the start."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import pandas as pd

from backtest_engine.clock import named_by, named_in, of_clock
from backtest_engine.compiled_code import CompiledCode
from backtest_engine.compiler import class_name_in, compile_spec, recognised
from backtest_engine.data.findings import DOUBT
from backtest_engine.diagnostics import facts_of
from backtest_engine.domain import Dataset, Notice
from backtest_engine.language import explain
from backtest_engine.spec import Indicator, StrategySpec, parts_of
from backtest_engine.spec.lengths import MINUTES, fit, pace, parameter_counts
from backtest_engine.spec.warm_up import bars_needed

# Averages that weigh all of the past settle after a few times their length.
SETTLING: Final = 3
LONGEST: Final = 2_000


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
    as_asked = _compiled(asked, code)
    compiled = as_asked if spec == asked else _compiled(spec, code)
    if compiled == as_asked:
        code = recognised(code, as_asked)
    else:
        code = compiled
        message = f"Lengths of time in the description are counted in bars of {dataset.interval}, as this code does."
        notices.append(Notice(code="fitted_to_bars", message=message, details={"code": code}))
    return Fitted(code=code, spec=spec, notices=(*notices, *clocks))


def warm_up_of(code: str, spec: StrategySpec | Mapping[str, Any] | None, dataset: Dataset) -> int:
    """Return how many bars before the start its indicators look back on, with time to settle; 0 without any."""
    if spec is None:
        return min(SETTLING * max(facts_of(code).lengths, default=0), LONGEST)
    asked = spec if isinstance(spec, StrategySpec) else StrategySpec.model_validate(spec)
    index = pd.DatetimeIndex(dataset.bars.index)
    fitted, _ = fit(asked, index)
    minutes = pace(index).minutes
    longest = max((_look_back(call, minutes) for call in parts_of(fitted, Indicator)), default=0)
    return min(SETTLING * longest + bars_needed(fitted) - 1, LONGEST)


def _compiled(spec: StrategySpec, code: str) -> CompiledCode:
    return compile_spec(spec, name=class_name_in(code) or "Strategy", explanation=explain(spec))


def _look_back(call: Indicator, minutes: int) -> int:
    longest = max(
        (int(value) for name, value in call.parameters.items() if parameter_counts(call, name)),
        default=1,
    )
    if call.timeframe is not None:
        longest = (longest + 1) * max(1, MINUTES[call.timeframe] // minutes)
    return longest + call.shift
