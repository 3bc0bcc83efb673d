"""A function that NumPy does not have."""

import ast
from collections.abc import Iterable

import numpy as np

from backtest_engine.diagnostics.base import Location, RaisedError, Rule
from backtest_engine.diagnostics.examples import example
from backtest_engine.diagnostics.source import Source


def _check_source(source: Source) -> Iterable[Location]:
    for node in source.every(ast.Attribute):
        label = source.dotted(node)
        if (
            label.count(".") == 1
            and label.startswith("numpy.")
            and node.attr not in _KNOWN
            and isinstance(node.ctx, ast.Load)
        ):
            yield Location(line=node.lineno, message=f"NumPy has no `{node.attr}`.")


def _check_error(raised: RaisedError, source: Source) -> Iterable[Location]:
    if raised.type == "AttributeError" and "module 'numpy" in raised:
        yield Location(line=raised.line, message=f"{raised.message}.")


_KNOWN = frozenset(dir(np)) | {"typing", "testing", "lib", "core", "ma", "random", "fft", "linalg", "polynomial"}
RULE = Rule(
    code="unknown_numpy_function",
    family="numpy",
    title="NumPy has no such function",
    explanation="The code calls a function that NumPy does not have.",
    hint="Moving averages are in pandas: `pd.Series(x).rolling(n).mean()`.",
    example=example(
        top="import numpy as np",
        init="self.fast = self.I(lambda: np.sma(self.data.Close, 10))\nself.slow = self.I(SMA, self.data.Close, 20)",
    ),
    check_source=_check_source,
    check_error=_check_error,
    fallback=1,
)
