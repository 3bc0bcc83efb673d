"""A strategy that never places an order."""

import ast
from collections.abc import Iterable

from backtest_engine.diagnostics.base import Location, Rule
from backtest_engine.diagnostics.examples import example
from backtest_engine.diagnostics.source import Source


def _check_source(source: Source) -> Iterable[Location]:
    if source.strategy is None or "next" not in source.methods:
        return
    if any(source.dotted(base).endswith("SignalStrategy") for node in source.lineage for base in node.bases):
        return
    named = any(source.dotted(node) in ("self.buy", "self.sell") for node in source.every(ast.Attribute))
    indirect = any(source.called(node) == "getattr" for node in source.every(ast.Call))
    method = source.methods["next"]
    if not named and not indirect:
        yield Location(line=method.lineno)


RULE = Rule(
    code="no_orders",
    family="structure",
    severity="error",
    after_run="warning",
    title="No order is placed anywhere",
    explanation="The strategy calls neither `self.buy` nor `self.sell`, so it can never trade.",
    hint="Place the entry in `next` with `self.buy()`.",
    example=example(next="signal = self.fast[-1] > self.slow[-1]"),
    check_source=_check_source,
)
