"""Written for zipline, freqtrade, vectorbt, QuantConnect and others."""

import ast
import re
from collections.abc import Iterable

from backtest_engine.diagnostics.base import Location, Rule
from backtest_engine.diagnostics.source import Source
from backtest_engine.diagnostics.vocabulary import FRAMEWORKS

_IDIOMS = {
    "zipline": re.compile(
        r"\bdef (?:initialize|handle_data|before_trading_start)\(\s*context|\b(?:order_target(?:_percent|"
        r"_value)?|order_percent|"
        r"schedule_function|set_benchmark|attach_pipeline|get_datetime)\(|\bdata\.history\("
    ),
    "freqtrade": re.compile(
        r"\bIStrategy\b|\bdef populate_(?:indicators|entry_trend|exit_trend|buy_trend|sell_trend)\b"
    ),
    "QuantConnect": re.compile(
        r"\bQCAlgorithm\b|\bself\.(?:SetHoldings|SetCash|AddEquity|Liquidate|set_holdings|add_equity)\b"
    ),
    "vectorbt": re.compile(r"\bvbt\.|Portfolio\.from_signals\("),
    "jesse": re.compile(r"\bdef (?:should_long|should_short|go_long|go_short)\(self"),
    "MetaTrader": re.compile(r"\bmt5\.|\bOrderSend\("),
}


def _check_source(source: Source) -> Iterable[Location]:
    if source.tree is None:
        return
    for number, line in enumerate(source.lines, 1):
        for name, idiom in _IDIOMS.items():
            if idiom.search(line.split("#")[0]):
                yield Location(line=number, message=f"This is written for {name}, not for backtesting.py.")
    for node in source.every(ast.Import, ast.ImportFrom):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""]
        for name in names:
            if name.split(".")[0] in FRAMEWORKS - {"backtrader", "bt"}:
                yield Location(
                    line=node.lineno, message=f"This is written for {name.split('.')[0]}, not for backtesting.py."
                )


RULE = Rule(
    code="other_framework",
    family="api",
    title="Written for another framework",
    explanation="The code is written for another backtesting framework.",
    hint="A strategy is a class derived from `backtesting.Strategy` with `init` and `next`.",
    example="def initialize(context):\n    context.asset = 'GOOG'\n\n\ndef handle_data(context, "
    "data):\n    if data[context.asset]:\n        context.order(1)\n",
    check_source=_check_source,
    covers=("undefined_name", "undefined_attribute", "unknown_strategy_attribute", "unknown_function",),
    covers_families=("import", "structure",),
)  # fmt: skip
