"""What the parser, the compiler, the API and the sandbox know about an indicator.

An indicator is one file in `backtest_engine/indicators/` that builds one `Indicator`, and one line in that package's
`__init__`. Strategy code imports the functions: `from backtest_engine.indicators import rsi`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[np.float64]]
Number = int | float


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """A number that shapes an indicator; `default` is the convention, None where there is none and a user must say."""

    name: str
    default: Number | None
    minimum: Number
    maximum: Number
    description: str = ""

    @property
    def integer(self) -> bool:
        """Whether the parameter counts something, as a period does."""
        return isinstance(self.minimum, int)


@dataclass(frozen=True, kw_only=True)
class Indicator:
    """An indicator's name, vocabulary, shape and formula.

    `function(*inputs, **parameters)` takes float64 arrays of shape (bars,), one for each of `inputs`, and returns one
    array of that shape, or a tuple with one for each of `outputs`. Values before the lookback are NaN, never zero.
    The value at bar t depends on bars up to t only. `lookback(**parameters)` is the number of leading NaN bars.
    `group` is one word for the family (trend, momentum, volatility, ...), `talib` the TA-Lib function it equals.
    """

    name: str
    title: str
    function: Callable[..., Any]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    parameters: tuple[Parameter, ...] = ()
    aliases: tuple[str, ...] = ()
    group: str = ""
    talib: str | None = None
    overlay: bool = False
    value_range: tuple[float, float] | None = None
    source: str = ""
    lookback: Callable[..., int] = field(default=lambda **_: 0)

    def defaults(self) -> Mapping[str, Number | None]:
        """Return each parameter's conventional value."""
        return {parameter.name: parameter.default for parameter in self.parameters}
