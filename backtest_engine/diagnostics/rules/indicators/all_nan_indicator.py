"""An indicator without a single value."""

import ast
from collections.abc import Iterable

from backtest_engine.diagnostics.base import Location, RaisedError, Rule
from backtest_engine.diagnostics.examples import example
from backtest_engine.diagnostics.source import Source


def _check_source(source: Source) -> Iterable[Location]:
    for call in source.indicators:
        if isinstance(call.function, ast.Lambda) and source.called(call.function.body) in (
            "numpy.full",
            "numpy.full_like",
        ):
            body = call.function.body
            if isinstance(body, ast.Call) and source.dotted(body.args[-1] if body.args else None) == "numpy.nan":
                yield Location(line=call.line)


def _check_error(raised: RaisedError, source: Source) -> Iterable[Location]:
    if raised.code == "indicator_all_nan":
        yield Location(line=raised.line, message=raised.message)


RULE = Rule(
    code="all_nan_indicator",
    family="indicator",
    severity="error",
    after_run="warning",
    title="An indicator without values",
    explanation=(
        "An indicator is NaN on every bar: no condition on it can ever hold, and it hides the warm-up of the others."
    ),
    hint=(
        "Check the window against the number of bars, and for a NaN that spreads from the "
        "first row (`cumsum`, `ewm`, division)."
    ),
    example=example(
        top="import numpy as np",
        more_init="self.level = self.I(lambda: np.full(len(self.data), np.nan))",
        next=(
            "if not self.position and self.fast[-1] > self.level[-1] and self.fast[-1] > self.slow[-1]:\n    self.buy()"
        ),
    ),
    check_source=_check_source,
    check_error=_check_error,
)
