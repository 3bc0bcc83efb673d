"""An exponential average where a simple one was asked for, and the like."""

from collections.abc import Iterable

from backtest_engine.diagnostics.base import Failure, Spot
from backtest_engine.diagnostics.drift import differences
from backtest_engine.diagnostics.examples import example
from backtest_engine.diagnostics.source import Source


def _compared(source: Source, intended: Source) -> Iterable[Spot]:
    for item in differences(source, intended):
        if item.code == "wrong_indicator":
            yield Spot(line=item.line, message=item.message)


FAILURE = Failure(
    code="wrong_indicator",
    family="semantics",
    severity="error",
    title="Another indicator than asked for",
    explanation="The code uses another indicator than was asked for.",
    hint="Use the indicator of the description.",
    example=example(
        top=(
            "import pandas as pd\n\n\ndef EMA(x, n):\n"
            "    return pd.Series(x).ewm(span=n, adjust=False, min_periods=n).mean()"
        ),
        init="self.fast = self.I(EMA, self.data.Close, 10)\nself.slow = self.I(EMA, self.data.Close, 20)",
    ),
    example_intended=example(),
    compared=_compared,
    covers=("differs_from_intent",),
)
