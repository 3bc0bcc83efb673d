"""Something that a Series or frame does not have."""

import re
from collections.abc import Iterable

from backtest_engine.diagnostics.base import Location, RaisedError, Rule
from backtest_engine.diagnostics.examples import example
from backtest_engine.diagnostics.source import Source

_OF = re.compile(
    r"'(?:Series|DataFrame|Rolling|ExponentialMovingWindow|DatetimeIndex|Index)' object "
    r"has no attribute|module 'pandas'"
)


def _check_error(raised: RaisedError, source: Source) -> Iterable[Location]:
    if raised.type == "AttributeError" and _OF.search(raised.message):
        yield Location(line=raised.line, message=f"{raised.message}.")


RULE = Rule(
    code="unknown_pandas_attribute",
    family="pandas",
    title="pandas has no such method",
    explanation="The code calls something that pandas objects do not have.",
    hint="Look the method up; moving averages are `.rolling(n).mean()` and `.ewm(span=n).mean()`.",
    example=example(
        init="self.fast = self.I(lambda: self.data.Close.s.sma(10))\nself.slow = self.I(SMA, self.data.Close, 20)"
    ),
    check_error=_check_error,
    fallback=1,
)
