"""Private parts of backtesting.py that know every bar or keep the account."""

import ast
from collections.abc import Iterable

from backtest_engine.diagnostics.base import Location, Rule
from backtest_engine.diagnostics.examples import example
from backtest_engine.diagnostics.source import Source, attribute_name

_PRIVATE = frozenset({"_set_length", "_current_value", "_indicators", "_equity", "_opts"})
_CLASSES = ("_Data__", "_Strategy__", "_Position__", "_Order__", "_Trade__", "_Broker__")


def _check_source(source: Source) -> Iterable[Location]:
    for node in source.every(ast.Attribute, ast.Call):
        name = attribute_name(node)
        own = isinstance(node, ast.Attribute) and source.dotted(node.value) == "self" and name in source.own
        if name is not None and not own and (name in _PRIVATE or name.startswith(_CLASSES)):
            yield Location(
                line=node.lineno,
                message=f"`{name}` is a private part of backtesting.py that knows every bar or keeps the account.",
            )


RULE = Rule(
    code="private_attribute",
    family="tamper",
    severity="error",
    after_run="error",
    title="A private part of backtesting.py",
    explanation="The code uses a private part of backtesting.py that knows every bar or keeps the account.",
    hint="Use self.data, self.position, self.trades, self.orders and self.equity.",
    example=example(more_init="self.all = self.data._Data__df"),
    check_source=_check_source,
)
