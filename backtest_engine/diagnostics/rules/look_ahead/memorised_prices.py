"""Prices or dates by heart: numbers that the code carries from the past that it is tested on."""

import ast
from collections.abc import Iterable

from backtest_engine.diagnostics.base import Location, Rule
from backtest_engine.diagnostics.examples import example
from backtest_engine.diagnostics.source import Source

MOST_NUMBERS = 100
MOST_DATES = 20


def _check_source(source: Source) -> Iterable[Location]:
    for node in source.every(ast.List, ast.Tuple, ast.Set, ast.Dict):
        items = [*node.keys, *node.values] if isinstance(node, ast.Dict) else node.elts
        plain = [item.value for item in items if isinstance(item, ast.Constant)]
        numbers = sum(isinstance(value, int | float) and not isinstance(value, bool) for value in plain)
        dates = sum(isinstance(value, str) and value[:4].isdigit() and value[4:5] == "-" for value in plain)
        if numbers > MOST_NUMBERS or dates > MOST_DATES:
            yield Location(
                line=node.lineno, message=f"The code carries a list of {max(numbers, dates)} numbers or dates."
            )


RULE = Rule(
    code="memorised_prices",
    family="look_ahead",
    severity="error",
    after_run="error",
    title="Numbers by heart",
    explanation="The code carries a long list of numbers or dates.",
    hint="If they come from the past that it is tested on, the result says nothing about the future; compute them.",
    example=example(more_init=f"self.days = {[f'2010-01-{day:02}' for day in range(1, 29)]}"),
    check_source=_check_source,
)
