"""TradingView's Pine, whole or in parts."""

import re
from collections.abc import Iterable

from backtest_engine.diagnostics.base import Location, Rule
from backtest_engine.diagnostics.source import Source

_PINE = re.compile(
    r"^\s*//@version|\bstrategy\.(?:entry|close|exit|long|short|position_size)\b|"
    r"^\s*(?:indicator|strategy|study)\(\s*[\"']|"
    r"\bta\.(?:crossover|crossunder|sma|ema|rsi|atr|macd)\(\s*(?:close|open|high|"
    r"low|fast|slow|\w+Ma\b)|\bplot\(\s*(?:close|ta\.)|\binput\.(?:int|float)\("
)


def _check_source(source: Source) -> Iterable[Location]:
    if any(name == "ta" or full.startswith(("ta.", "talib", "pandas_ta")) for name, full in source.imports.items()):
        return
    for number, line in enumerate(source.lines, 1):
        if _PINE.search(line.split("#")[0]):
            yield Location(line=number)


RULE = Rule(
    code="pine_idioms",
    family="api",
    title="Written in Pine",
    explanation="The code uses TradingView's Pine (`strategy.entry`, `ta.sma(close, 10)`), which is another language.",
    hint="A strategy is a Python class derived from `backtesting.Strategy` with `init` and `next`.",
    example=(
        '//@version=5\nstrategy("Cross", overlay=true)\nfast = ta.sma(close, 10)\n'
        'if ta.crossover(fast, ta.sma(close, 20))\n    strategy.entry("L", strategy.long)\n'
    ),
    check_source=_check_source,
    covers=("undefined_name", "unknown_function",),
    covers_families=("syntax", "import", "structure",),
)  # fmt: skip
