"""What a strategy shows of its values before the first bar: the indicators it declares, and arrays that it holds.

Lives in the child, where nothing is trusted: whoever hides values from this only keeps them from being compared.
"""

import sys
import types
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import pandas as pd

from backtest_engine.sandbox.journal import MOST_INDICATORS, MOST_VALUES, indicator_line

Line = dict[str, Any]


def values_of(strategy: Any) -> list[Line]:
    """Return a line for each row that has a value for each bar, declared ones first, as far as there is room."""
    found: list[Line] = []
    count = len(strategy._data)
    try:
        for name, row, held in _rows(strategy):
            if len(row) == count:
                if len(found) == MOST_INDICATORS or (len(found) + 1) * count > MOST_VALUES:
                    break
                with np.errstate(all="ignore"):
                    found.append(indicator_line(name, row, held=held))
    except Exception:
        # The strategy may have put anything there.
        return found
    return found


def _rows(strategy: Any) -> Iterator[tuple[str, Any, bool]]:
    for indicator in getattr(strategy, "_indicators", ()):
        for row in _numbers(indicator):
            yield str(indicator.name), row, False
    module = sys.modules.get(type(strategy).__module__)
    held = {**vars(module), **vars(type(strategy)), **vars(strategy)} if module else vars(strategy)
    for name, value in held.items():
        if not name.startswith("_"):
            for item in (value, *_inside(value)):
                for row in _numbers(item):
                    yield name, row, True


def _inside(value: Any) -> Iterable[Any]:
    """Return what a collection holds, or a function keeps for itself, where that is not much."""
    inner: Iterable[Any] = ()
    if isinstance(value, dict):
        inner = value.values()
    elif isinstance(value, list | tuple):
        inner = value
    elif isinstance(value, types.FunctionType):
        inner = [*(value.__defaults__ or ()), *(cell.cell_contents for cell in value.__closure__ or ())]
    return list(inner)[:MOST_INDICATORS]


def _numbers(value: Any) -> Iterator[Any]:
    """Yield the rows of numbers that a value holds: itself, the lines of a matrix, the columns of a frame."""
    if isinstance(value, pd.DataFrame):
        value = value.select_dtypes(["number", "bool"]).to_numpy(dtype=float).T
    elif isinstance(value, list | tuple) and len(value) > MOST_INDICATORS and isinstance(value[0], int | float):
        value = np.asarray(value)
    elif isinstance(value, pd.Series):
        value = value.to_numpy()
    if isinstance(value, np.ndarray) and value.dtype.kind in "biuf" and 1 <= value.ndim <= 2:
        yield from np.atleast_2d(np.asarray(value, dtype=float))[:MOST_INDICATORS]
