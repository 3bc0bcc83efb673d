"""The whole array behind the part that a bar may see."""

import ast
from collections.abc import Iterable

from backtest_engine.diagnostics.base import Location, Rule
from backtest_engine.diagnostics.examples import example
from backtest_engine.diagnostics.source import Source, attribute_name


def _check_source(source: Source) -> Iterable[Location]:
    for node in source.every(ast.Attribute, ast.Call):
        # `self.base` is an attribute of the author's own: a strategy has none.
        own = isinstance(node, ast.Attribute) and (
            isinstance(node.value, ast.Constant) or source.dotted(node) == "self.base"
        )
        if attribute_name(node) == "base" and not own:
            yield Location(line=node.lineno)


RULE = Rule(
    code="base_array",
    family="look_ahead",
    severity="error",
    after_run="error",
    title="The array behind the array",
    explanation="`.base` is the whole array behind the part that a strategy may see at a bar: it holds later bars.",
    hint="Use the array itself: its last value is the current one.",
    example=example(
        next="if not self.position and self.data.Close.base[len(self.data)] > self.fast[-1] > self.slow[-1]:\n"
        "    self.buy()"
    ),
    check_source=_check_source,
)
