"""TA-Lib functions as indicators, read from its abstract API: inputs, parameters, outputs, lookback, family."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import talib
import talib.abstract

from backtest_engine.indicators.definition import LONGEST, define
from backtest_engine.registry import Array, Indicator, Number, Parameter

# The stubs know neither the abstract API nor the groups.
_talib: Any = talib

_COLUMNS = {"open": "Open", "high": "High", "low": "Low", "close": "Close", "volume": "Volume"}
_NAMES = {
    "timeperiod": "period",
    "fastperiod": "fast",
    "slowperiod": "slow",
    "signalperiod": "signal",
    "matype": "ma_type",
    "fastmatype": "fast_ma_type",
    "slowmatype": "slow_ma_type",
    "signalmatype": "signal_ma_type",
    "nbdev": "deviations",
    "fastk_period": "k_period",
    "fastd_period": "d_period",
    "fastd_matype": "d_ma_type",
    "slowk_period": "smoothing",
    "slowk_matype": "smoothing_ma_type",
    "slowd_period": "d_period",
    "slowd_matype": "d_ma_type",
}
# The abstract API does not tell ranges: these may be as short as one bar, all others need two.
_FROM_ONE = frozenset(
    {"ADR", "ATR", "BETA", "COPPOCK", "CORREL", "DEMA", "EFI", "EMA", "ERI", "FRACTAL", "HMA", "KAMA", "MA", "MINUS_DI"}
    | {"MINUS_DM", "MOM", "NATR", "PLUS_DI", "PLUS_DM", "QSTICK", "RMA", "ROC", "ROCP", "ROCR", "ROCR100", "RVOL"}
    | {"SMA", "T3", "TEMA", "TRIMA", "TRIX", "ULTOSC", "VAR", "VORTEX", "VWMA", "WMA", "ZLEMA"}
)
_FROM_ONE_PARAMETERS = frozenset(
    {("MACDEXT", "signalperiod"), ("MACDFIX", "signalperiod"), ("CVI", "rocperiod"), ("KC", "atrperiod")}
    | {("RVI", "timeperiod")}
    | {(code, name) for code in ("KDJ", "STOCHF", "STOCHRSI") for name in _NAMES if name.startswith(("fast", "slow"))}
)
_RANGES: Mapping[str, tuple[float, float]] = {
    "nbdev": (0.0, 100.0),
    "multiplier": (0.0, 100.0),
    "acceleration": (0.0, 10.0),
    "maximum": (0.0, 10.0),
    "vfactor": (0.0, 1.0),
    "fastlimit": (0.01, 0.99),
    "slowlimit": (0.01, 0.99),
    "penetration": (0.0, 10.0),
    "percentile": (0.0, 100.0),
    "startvalue": (-1e9, 1e9),
}
_LAST_MA_TYPE = 13
# TA-Lib silently exchanges the two periods of these when the fast one is the longer.
_FAST_BEFORE_SLOW = frozenset({"AC", "AO", "APO", "MACDEXT", "PPO", "PVO", "ADOSC"})
# The formula uses the bar itself only.
_POINTWISE = frozenset({"Math Transform", "Price Transform"})
_POINTWISE_CODES = frozenset({"ADD", "SUB", "MULT", "DIV", "BOP", "MARKETFI"})
_PATH_DEPENDENT_TRANSFORMS = frozenset({"HA", "AVGDEV"})


def declare(
    code: str,
    *,
    name: str,
    group: str,
    title: str | None = None,
    aliases: tuple[str, ...] = (),
    outputs: tuple[str, ...] | None = None,
    defaults: Mapping[str, Number | None] | None = None,
    renamed: Mapping[str, str] | None = None,
    without: frozenset[str] = frozenset(),
    overlay: bool | None = None,
    value_range: tuple[float, float] | None = None,
    source: str = "",
    kernel: Callable[..., Any] | None = None,
) -> Indicator:
    """Return the indicator for a TA-Lib function; what is not given comes from the abstract API.

    `defaults` overrides conventions by our parameter name, `renamed` maps TA-Lib's parameter names to ours, and
    `without` names those that have no effect and come last. A `kernel` replaces the call where TA-Lib's own output
    needs another form.
    """
    info = about(code)
    theirs = tuple(their for their in info["parameters"] if their not in without)
    names = {their: (renamed or {}).get(their, _NAMES.get(their, their)) for their in theirs}
    parameters = tuple(
        _parameter(code, their, names[their], info["parameters"][their], defaults or {}) for their in theirs
    )
    flags = info["function_flags"]
    return define(
        kernel or _kernel(code, name, names),
        name=name,
        title=title or info["display_name"],
        inputs=_inputs(info["input_names"]),
        outputs=outputs or _outputs(name, info["output_names"]),
        parameters=parameters,
        aliases=aliases,
        group=group,
        talib=code,
        overlay="Output scale same as input" in flags if overlay is None else overlay,
        value_range=value_range,
        source=f"{source} TA-Lib {code}.".strip(),
        lookback=lookback(code, {ours: their for their, ours in names.items()}),
        pointwise=_pointwise(code, info["group"]),
    )


def about(code: str) -> Mapping[str, Any]:
    """Return what the abstract API says of a function."""
    facts: Mapping[str, Any] = _talib.abstract.Function(code).info
    return facts


def family(group: str) -> tuple[str, ...]:
    """Return the functions of one of TA-Lib's groups, in its order."""
    return tuple(_talib.get_function_groups()[group])


def lookback(code: str, theirs: Mapping[str, str]) -> Callable[..., int]:
    """Return the function that asks TA-Lib for the number of bars before the first value."""

    def ask(**values: Number) -> int:
        return int(_talib.abstract.Function(code, **{theirs[name]: value for name, value in values.items()}).lookback)

    return ask


def bare(code: str) -> Callable[..., Any]:
    """Return TA-Lib's own function, without the wrapper that looks for pandas and polars arguments."""
    wrapped = getattr(_talib, code)
    function: Callable[..., Any] = getattr(wrapped, "__wrapped__", wrapped)
    return function


def _kernel(code: str, name: str, names: Mapping[str, str]) -> Callable[..., Any]:
    call = bare(code)
    order = tuple(names.values())
    warm_up = lookback(code, {ours: their for their, ours in names.items()})
    ordered = code in _FAST_BEFORE_SLOW

    def kernel(*series: Array, **values: Number) -> Any:
        if ordered and values["fast"] >= values["slow"]:
            raise ValueError(f"{name}(): fast ({values['fast']}) must be shorter than slow ({values['slow']})")
        result = call(*series, *(values[parameter] for parameter in order))
        if isinstance(result, tuple):
            return tuple(_floats(output, warm_up, values) for output in result)
        return _floats(result, warm_up, values)

    return kernel


def _floats(output: Any, warm_up: Callable[..., int], values: Mapping[str, Number]) -> Array:
    """Give integer outputs, which TA-Lib fills with zeros at the start, the NaN that says *not known yet*."""
    if output.dtype != np.float64:
        output = output.astype(np.float64)
        output[: warm_up(**values)] = np.nan
    series: Array = output
    return series


def _parameter(code: str, their: str, ours: str, default: Number, defaults: Mapping[str, Number | None]) -> Parameter:
    chosen = defaults.get(ours, default)
    if their.endswith("matype"):
        return Parameter(
            name=ours, default=chosen, minimum=0, maximum=_LAST_MA_TYPE, description="TA-Lib's code of the average"
        )
    if isinstance(default, int):
        shortest = 1 if code in _FROM_ONE or (code, their) in _FROM_ONE_PARAMETERS else 2
        return Parameter(name=ours, default=chosen, minimum=shortest, maximum=LONGEST, description="number of bars")
    low, high = _RANGES["acceleration"] if their.startswith(("acceleration", "offset")) else _RANGES[their]
    return Parameter(name=ours, default=chosen, minimum=low, maximum=high, description=ours.replace("_", " "))


def _inputs(names: Mapping[str, Any]) -> tuple[str, ...]:
    flat: list[str] = []
    for value in names.values():
        flat += [value] if isinstance(value, str) else value
    return tuple(_COLUMNS[name] for name in flat)


def _outputs(name: str, theirs: list[str]) -> tuple[str, ...]:
    if len(theirs) == 1:
        return (name,)
    bands = {"upperband": "upper", "middleband": "middle", "lowerband": "lower"}
    return tuple(bands.get(output, output) for output in theirs)


def _pointwise(code: str, group: str) -> bool:
    return code in _POINTWISE_CODES or (group in _POINTWISE and code not in _PATH_DEPENDENT_TRANSFORMS)
