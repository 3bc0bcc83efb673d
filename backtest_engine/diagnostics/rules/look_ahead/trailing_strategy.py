"""`backtesting.lib.TrailingStrategy`, whose first stops know later bars."""

import ast
import re
from collections.abc import Iterable

from backtest_engine.diagnostics.base import Location, Rule
from backtest_engine.diagnostics.examples import example
from backtest_engine.diagnostics.source import Source
from backtest_engine.domain import BacktestResult

_USUAL_BARS = 100


def _trails(source: Source) -> bool:
    return any(
        source.dotted(base).rsplit(".", 1)[-1] == "TrailingStrategy" for node in source.lineage for base in node.bases
    )


def _calls(source: Source, name: str) -> list[ast.Call]:
    return [node for node in source.every(ast.Call) if source.dotted(node.func) == f"self.{name}"]


def _bars(source: Source) -> int:
    """Return how many bars its average true range needs, as `set_atr_periods` says."""
    numbers = [source.number(call.args[0]) for call in _calls(source, "set_atr_periods") if call.args]
    return int(numbers[0]) if numbers and numbers[0] else _USUAL_BARS


def _check_source(source: Source) -> Iterable[Location]:
    for call in _calls(source, "set_trailing_pct") if _trails(source) else ():
        yield Location(
            line=call.lineno,
            message="`set_trailing_pct` makes its percentage a distance that is averaged over the whole file. Move the "
            "stop in `next`: `for trade in self.trades: trade.sl = max(trade.sl or 0, self.data.Close[-1] * 0.95)`.",
        )


def _check_result(result: BacktestResult, source: Source) -> Iterable[Location]:
    strategy = source.strategy
    bars = _bars(source)
    if strategy is not None and _trails(source) and any(trade.entry_bar <= bars for trade in result.trades):
        yield Location(
            line=strategy.lineno,
            message=f"`TrailingStrategy` fills its average true range backwards over the first {bars} bars: the stops "
            f"of trades entered there know later prices. Enter nothing before bar {bars}.",
        )


def _rewrite(source: Source) -> str | None:
    """Enter nothing before the average true range has its bars."""
    method = source.methods.get("next")
    if method is None or not _trails(source) or _calls(source, "set_trailing_pct"):
        return None
    guard = f"if len(self.data) <= {_bars(source)}:"
    if guard in source.code:
        return None
    first = method.body[0]
    lines = list(source.lines)
    margin = re.match(r"\s*", lines[first.lineno - 1])
    indent = margin[0] if margin else ""
    lines[first.lineno - 1 : first.lineno - 1] = [f"{indent}{guard}", f"{indent}    return"]
    return "\n".join(lines)


RULE = Rule(
    code="trailing_strategy",
    family="look_ahead",
    severity="error",
    after_run="error",
    title="The library's trailing stop looks ahead",
    explanation="The trailing stop of `backtesting.lib` is computed from bars that were not known yet.",
    hint="Enter only after its average true range has its bars, or move `trade.sl` yourself in `next`.",
    example=example(
        top="from backtesting.lib import TrailingStrategy",
        init="super().init()\nself.set_trailing_pct(0.05)\nself.fast = self.I(SMA, self.data.Close, 10)\n"
        "self.slow = self.I(SMA, self.data.Close, 20)",
        next="super().next()\nif not self.position and crossover(self.fast, self.slow):\n    self.buy()",
    ).replace("Cross(Strategy)", "Cross(TrailingStrategy)"),
    check_source=_check_source,
    check_result=_check_result,
    rewrite=_rewrite,
    covers=("future_seen",),
)
