"""`pandas_ta` for strategies: its functions, arguments and column names, and `frame.ta`, without the library.

Series that are too short give NaN instead of nothing, so that a strategy runs on few bars as on many.
"""

import sys
import types
from collections.abc import Callable
from typing import Any, cast

import numpy as np
import pandas as pd

from backtest_engine.stand_ins.pandas_ta_formulas import ichimoku_lines
from backtest_engine.stand_ins.pandas_ta_table import ROWS, Row

NAMES = ("pandas_ta", "pandas_ta_classic")
_COLUMNS = {"open_": "open"}
_WHOLE = {"length", "fast", "slow", "signal", "k", "d", "smooth_k", "rsi_length", "lower_length", "upper_length"}


def install() -> None:
    """Make `import pandas_ta` give this stand-in, and give frames their `ta`."""
    for name in NAMES:
        sys.modules[name] = _module(name)
    if not hasattr(pd.DataFrame, "ta"):
        pd.api.extensions.register_dataframe_accessor("ta")(Accessor)


def _module(name: str) -> types.ModuleType:
    module: Any = types.ModuleType(name, __doc__)
    for own, function in FUNCTIONS.items():
        setattr(module, own, function)
    module.version = "stand-in"
    module.Imports = {"talib": False}

    def missing(wanted: str) -> Any:
        if wanted.startswith("__"):
            raise AttributeError(wanted)
        raise AttributeError(f"pandas_ta.{wanted} is not offered here; backtest_engine.indicators or talib may have it")

    module.__getattr__ = missing
    return cast(types.ModuleType, module)


def _series(values: Any) -> pd.Series:
    return values if isinstance(values, pd.Series) else pd.Series(np.asarray(values, dtype=float))


def _function(name: str, row: Row) -> Callable[..., Any]:
    order = [*row.inputs, *row.arguments]

    def computed(*given: Any, offset: int = 0, fillna: Any = None, **named: Any) -> Any:
        taken = dict(zip(order, given, strict=False)) | {key: value for key, value in named.items() if key in order}
        if "open" in named and "open_" in order:
            taken["open_"] = named["open"]
        missing = [item for item in row.inputs if taken.get(item) is None]
        if missing:
            raise TypeError(f"pandas_ta.{name} needs {', '.join(missing)}")
        inputs = [_series(taken[item]).astype(float) for item in row.inputs]
        arguments = {item: _argument(item, taken.get(item), usual) for item, usual in row.arguments.items()}
        values = row.compute(*inputs, **{key: value for key, value in arguments.items() if key != "talib"})
        return _named(row, values, arguments, offset=int(offset or 0), fillna=fillna)

    computed.__name__ = computed.__qualname__ = name
    return computed


def _argument(name: str, given: Any, usual: Any) -> Any:
    if given is None:
        return usual
    if name in ("open_", "close"):
        return _series(given).astype(float)
    return int(given) if name in _WHOLE else float(given) if isinstance(usual, float) else given


def _named(row: Row, values: Any, arguments: dict[str, Any], *, offset: int, fillna: Any) -> Any:
    if offset < 0:
        raise ValueError("a negative offset would show later bars")
    words = (
        arguments
        | {"mode": str(arguments.get("mamode")).upper()}
        | ({"lensig": arguments["lensig"] or arguments["length"]} if "lensig" in arguments else {})
    )
    columns = [template.format(**words) for template in row.columns]
    parts = values if isinstance(values, tuple) else (values,)
    frame = pd.DataFrame(dict(zip(columns, parts, strict=True))).shift(offset)
    if fillna is not None:
        frame = frame.fillna(fillna)
    return frame if len(columns) > 1 else frame[columns[0]]


def ichimoku(
    high: Any, low: Any, close: Any = None, tenkan: int = 9, kijun: int = 26, senkou: int = 52, **_: Any
) -> Any:
    """Return the lines of the past and, as the library does, a second frame, here empty: it lies in the future.

    The lagging span is left out, since it is the close of later bars.
    """
    lines = ichimoku_lines(_series(high).astype(float), _series(low).astype(float), tenkan, kijun, senkou)
    names = (f"ISA_{tenkan}", f"ISB_{kijun}", f"ITS_{tenkan}", f"IKS_{kijun}")
    frame = pd.DataFrame(dict(zip(names, lines, strict=True)))
    return frame, pd.DataFrame(columns=list(names[:2]))


def _change(name: str, rises: bool) -> Callable[..., Any]:
    def computed(close: Any, length: int = 1, strict: bool = False, asint: bool = True, **_: Any) -> pd.Series:
        change = _series(close).diff(1 if strict else length)
        held = change > 0 if rises else change < 0
        if strict:
            held = held.rolling(length).sum() == length
        return held.astype(int if asint else bool).rename(f"{name}_{length}")

    return computed


def _crossing(above: bool) -> Callable[..., Any]:
    def computed(series_a: Any, series_b: Any, asint: bool = True, **_: Any) -> pd.Series:
        first = _series(series_a)
        second = _series(series_b) if np.ndim(series_b) else series_b
        held = first > second if above else first < second
        return held.astype(int if asint else bool)

    return computed


def cross(series_a: Any, series_b: Any, above: bool = True, asint: bool = True, **_: Any) -> pd.Series:
    """Return 1 where the first series crosses the second, upwards unless told otherwise."""
    first = _series(series_a)
    second = _series(series_b) if np.ndim(series_b) else pd.Series(float(series_b), index=first.index)
    now, before = (
        (first > second, first.shift(1) < second.shift(1))
        if above
        else (first < second, first.shift(1) > second.shift(1))
    )
    return (now & before).astype(int if asint else bool)


FUNCTIONS: dict[str, Callable[..., Any]] = {name: _function(name, row) for name, row in ROWS.items()} | {
    "ichimoku": ichimoku,
    "increasing": _change("INC", rises=True),
    "decreasing": _change("DEC", rises=False),
    "above": _crossing(above=True),
    "below": _crossing(above=False),
    "above_value": _crossing(above=True),
    "below_value": _crossing(above=False),
    "cross": cross,
    "cross_value": cross,
}


class Accessor:
    """`frame.ta.rsi(length=14, append=True)`: the functions on the columns of a frame, whatever their case."""

    def __init__(self, frame: pd.DataFrame) -> None:
        self._frame = frame

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name.startswith("_") or name not in FUNCTIONS:
            raise AttributeError(
                f"frame.ta.{name} is not offered here; talib or backtest_engine.indicators may have it"
            )

        def computed(*given: Any, append: bool = False, **named: Any) -> Any:
            return self._computed(name, given, named, append=append)

        return computed

    def __call__(self, kind: str | None = None, *given: Any, **named: Any) -> Any:
        """Compute the function that `kind` names."""
        return getattr(self, str(kind))(*given, **named)

    def _computed(self, name: str, given: tuple[Any, ...], named: dict[str, Any], *, append: bool) -> Any:
        inputs = ROWS[name].inputs if name in ROWS else ("high", "low", "close") if name == "ichimoku" else ("close",)
        taken = {item: self._column(named.pop(item, None) or _COLUMNS.get(item, item)) for item in inputs}
        order = list(ROWS[name].arguments) if name in ROWS else []
        values = FUNCTIONS[name](**taken, **dict(zip(order, given, strict=False)), **named)
        if append:
            shown = values[0] if isinstance(values, tuple) else values
            for column in [shown.name] if isinstance(shown, pd.Series) else shown.columns:
                self._frame[column] = shown if isinstance(shown, pd.Series) else shown[column]
        return values

    def _column(self, wanted: Any) -> pd.Series:
        if not isinstance(wanted, str):
            return _series(wanted)
        found = [name for name in self._frame.columns if str(name).lower() == wanted.lower()]
        if not found:
            raise KeyError(f"the frame has no column {wanted!r}")
        return self._frame[found[0]]
