"""A model fitted on the whole file."""

import ast
from collections.abc import Iterable

from backtest_engine.diagnostics.base import Location, Rule
from backtest_engine.diagnostics.examples import example
from backtest_engine.diagnostics.flow import flow_of
from backtest_engine.diagnostics.source import Source


def _check_source(source: Source) -> Iterable[Location]:
    for node in flow_of(source).fits:
        yield Location(
            line=node.lineno,
            message=f"`{ast.unparse(node)[:60]}` is fitted on the whole file, the tested bars included.",
        )


RULE = Rule(
    code="fitted_on_everything",
    family="look_ahead",
    severity="error",
    after_run="error",
    title="Fitted on the bars it is tested on",
    explanation=(
        "A model, a regression or a transform is fitted on the whole file, so it knows the bars it is tested on."
    ),
    hint="Fit it again on each bar, or every few bars, with the bars before it only.",
    example=example(
        top="import numpy as np",
        more_init="line = np.polyfit(np.arange(len(self.data.Close)), self.data.Close, 1)\n"
        "self.trend = self.I(lambda: np.polyval(line, np.arange(len(self.data.Close))))",
        next=(
            "if not self.position and self.data.Close[-1] < self.trend[-1] and self.fast[-1] "
            "> self.slow[-1]:\n    self.buy()\nelif self.position and self.data.Close[-1] > self.trend[-1]:\n"
            "    self.position.close()"
        ),
    ),
    check_source=_check_source,
    covers=("future_seen", "full_sample_statistic", "future_row", "negative_shift"),
)
