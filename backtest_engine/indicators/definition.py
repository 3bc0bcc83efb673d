"""How an indicator is declared: a kernel on clean arrays becomes a function that strategy code can call."""

import inspect
import math
from collections.abc import Callable
from typing import Any

from backtest_engine.indicators.numerics import FiniteArrays, Kernel, as_series, by_finite_runs
from backtest_engine.registry import Indicator, Number, Parameter

# A period beyond this is a slip of the keyboard, and the most that TA-Lib takes.
LONGEST = 100_000

_FINITE = FiniteArrays()


def period(default: int | None, *, name: str = "period", minimum: int = 2, description: str = "") -> Parameter:
    """Declare a number of bars."""
    return Parameter(
        name=name, default=default, minimum=minimum, maximum=LONGEST, description=description or "number of bars"
    )


def define(
    kernel: Kernel,
    *,
    name: str,
    title: str,
    inputs: tuple[str, ...],
    outputs: tuple[str, ...],
    source: str,
    parameters: tuple[Parameter, ...] = (),
    aliases: tuple[str, ...] = (),
    group: str = "",
    talib: str | None = None,
    overlay: bool = False,
    value_range: tuple[float, float] | None = None,
    lookback: Callable[..., int] | None = None,
    pointwise: bool = False,
) -> Indicator:
    """Return the indicator whose `function` casts, checks and names its arguments and then calls the kernel.

    The kernel takes finite float64 arrays and keyword parameters and returns one array or a tuple. A `pointwise`
    kernel uses the bar itself only, so that NaN needs no care.
    """
    function = _function(kernel, name, title, inputs, outputs, parameters, source, pointwise)
    return Indicator(
        name=name,
        title=title,
        function=function,
        inputs=inputs,
        outputs=outputs,
        parameters=parameters,
        aliases=aliases,
        group=group,
        talib=talib,
        overlay=overlay,
        value_range=value_range,
        source=source,
        lookback=_lookback(lookback, name, parameters),
    )


def _function(
    kernel: Kernel,
    name: str,
    title: str,
    inputs: tuple[str, ...],
    outputs: tuple[str, ...],
    parameters: tuple[Parameter, ...],
    source: str,
    pointwise: bool,
) -> Callable[..., Any]:
    signature = _signature(inputs, parameters)
    names = tuple(signature.parameters)
    series_names = names[: len(inputs)]
    required = len(inputs) + sum(parameter.default is None for parameter in parameters)
    defaults = {parameter.name: parameter.default for parameter in parameters}
    ready = {
        key: _checked(name, p, p.default) for key, p in zip(defaults, parameters, strict=True) if p.default is not None
    }

    def function(*args: Any, **kwargs: Any) -> Any:
        if kwargs or not required <= len(args) <= len(names):
            try:
                bound = signature.bind(*args, **kwargs).arguments
            except TypeError as error:
                raise TypeError(f"{name}(): {error}") from None
        else:
            bound = dict(zip(names, args, strict=False))
        series = _series(name, series_names, bound)
        values = dict(ready)
        for parameter in parameters:
            if parameter.name in bound:
                values[parameter.name] = _checked(name, parameter, bound[parameter.name])
        if not len(series[0]):
            empty = tuple(series[0].copy() for _ in outputs)
            return empty if len(outputs) > 1 else empty[0]
        if pointwise or all(_FINITE.holds(bound[key], array) for key, array in zip(series_names, series, strict=True)):
            return kernel(*series, **values)
        pieces = by_finite_runs(kernel, series, values, len(outputs))
        return tuple(pieces) if len(outputs) > 1 else pieces[0]

    function.__name__ = function.__qualname__ = name
    function.__module__ = "backtest_engine.indicators"
    function.__doc__ = f"{title}: {', '.join(outputs)}.\n\n{source}"
    function.__signature__ = signature  # type: ignore[attr-defined]
    return function


def _signature(inputs: tuple[str, ...], parameters: tuple[Parameter, ...]) -> inspect.Signature:
    either = inspect.Parameter.POSITIONAL_OR_KEYWORD
    names = [text.lower() for text in inputs]
    series = [inspect.Parameter(text, either) for text in names]
    shaped = [
        inspect.Parameter(p.name, either, default=inspect.Parameter.empty if p.default is None else p.default)
        for p in parameters
    ]
    return inspect.Signature([*series, *shaped])


def _series(name: str, series_names: tuple[str, ...], bound: dict[str, Any]) -> list[Any]:
    series = []
    for series_name in series_names:
        try:
            series.append(as_series(bound[series_name]))
        except (TypeError, ValueError) as error:
            raise type(error)(f"{name}(): {series_name} {error}") from None
    lengths = {len(values) for values in series}
    if len(lengths) > 1:
        raise ValueError(f"{name}(): inputs differ in length: {', '.join(map(str, sorted(lengths)))} bars")
    return series


def _checked(name: str, parameter: Parameter, value: Any) -> Number:
    if isinstance(value, bool) or not _is_number(value):
        raise TypeError(f"{name}(): {parameter.name} must be a number, not {type(value).__name__}")
    number = float(value)
    if parameter.integer and not number.is_integer():
        raise ValueError(f"{name}(): {parameter.name} must be a whole number, not {value}")
    if math.isnan(number) or not parameter.minimum <= number <= parameter.maximum:
        raise ValueError(
            f"{name}(): {parameter.name} must be between {parameter.minimum} and {parameter.maximum}, not {value}"
        )
    return int(number) if parameter.integer else number


def _is_number(value: Any) -> bool:
    # numpy scalars and 0-d arrays count; strings that float() would parse do not.
    return not isinstance(value, (str, bytes)) and hasattr(value, "__float__") and getattr(value, "ndim", 0) == 0


def _lookback(formula: Callable[..., int] | None, name: str, parameters: tuple[Parameter, ...]) -> Callable[..., int]:
    defaults = {p.name: p.default for p in parameters}

    def lookback(**given: Number) -> int:
        unknown = given.keys() - defaults.keys()
        if unknown:
            raise TypeError(f"{name} has no parameter {', '.join(sorted(unknown))}")
        values = {p.name: _checked(name, p, given.get(p.name, p.default)) for p in parameters}
        return formula(**values) if formula else 0

    return lookback
