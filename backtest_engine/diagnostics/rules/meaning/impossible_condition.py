"""A condition that can never hold, whatever the data."""

import ast
from collections.abc import Iterable

from backtest_engine.diagnostics.base import Location, Rule
from backtest_engine.diagnostics.examples import example
from backtest_engine.diagnostics.meaning import Renderer
from backtest_engine.diagnostics.order_calls import OrderCall, order_calls
from backtest_engine.diagnostics.source import Source

_RANGES = {"RSI": (0.0, 100.0), "STOCH": (0.0, 100.0), "ADX": (0.0, 100.0), "WILLR": (-100.0, 0.0)}


def _check_source(source: Source) -> Iterable[Location]:
    for rule in order_calls(source):
        if rule.action != "close":
            said = _impossible(source, rule)
            if said:
                yield Location(line=rule.line, message=said)


def _impossible(source: Source, rule: OrderCall) -> str:
    renderer = Renderer(source)
    low: dict[str, float] = {}
    high: dict[str, float] = {}
    for test, sign in rule.atoms:
        bound = _bound(renderer, source, test, sign)
        if bound is None:
            continue
        name, symbol, number = bound
        limits = next((span for kind, span in _RANGES.items() if name.startswith(f"{kind}(") and "." not in name), None)
        if limits and ((symbol == ">" and number >= limits[1]) or (symbol == "<" and number <= limits[0])):
            word = "above" if symbol == ">" else "below"
            return f"{name} is never {word} {number:g}: it lies between {limits[0]:g} and {limits[1]:g}."
        if symbol == ">":
            low[name] = max(number, low.get(name, number))
        else:
            high[name] = min(number, high.get(name, number))
    for name in set(low) & set(high):
        if low[name] >= high[name]:
            return f"{name} cannot be above {low[name]:g} and below {high[name]:g} at once."
    return ""


def _bound(renderer: Renderer, source: Source, test: ast.expr, sign: bool) -> tuple[str, str, float] | None:
    if not isinstance(test, ast.Compare) or len(test.ops) != 1:
        return None
    symbol = {ast.Gt: ">", ast.GtE: ">", ast.Lt: "<", ast.LtE: "<"}.get(type(test.ops[0]))
    left, right = source.number(test.left), source.number(test.comparators[0])
    if symbol is None or (left is None) == (right is None):
        return None
    name = renderer.text(test.comparators[0] if left is not None else test.left)
    if (left is not None) == sign:
        symbol = "<" if symbol == ">" else ">"
    number = left if left is not None else right
    return (name, symbol, number) if number is not None and "(" in name else None


RULE = Rule(
    code="impossible_condition",
    family="zero_trades",
    severity="error",
    after_run="warning",
    title="A condition that can never hold",
    explanation="The entry asks for values that the indicator cannot have, or that exclude each other.",
    hint="Check the thresholds and the signs: RSI runs from 0 to 100.",
    example=example(
        top="import pandas as pd\n\n\ndef RSI(x, n):\n    change = pd.Series(x).diff()\n"
        "    gain = change.clip(lower=0).ewm(alpha=1 / n, min_periods=n).mean()\n"
        "    return 100 * gain / change.abs().ewm(alpha=1 / n, min_periods=n).mean()",
        more_init="self.rsi = self.I(RSI, self.data.Close, 14)",
        next="if not self.position and self.rsi[-1] < 30 and self.rsi[-1] > 70:\n    self.buy()\n"
        "elif self.fast[-1] < self.slow[-1]:\n    self.position.close()",
    ),
    check_source=_check_source,
    covers=("no_trades",),
)
