"""A series turned round, so that its past is the future."""

import ast
from collections.abc import Iterable

from backtest_engine.diagnostics.base import Location, Rule
from backtest_engine.diagnostics.examples import example
from backtest_engine.diagnostics.flow import flow_of, functions_of_init
from backtest_engine.diagnostics.source import Source


def _check_source(source: Source) -> Iterable[Location]:
    whole = flow_of(source).whole_nodes
    for function in functions_of_init(source):
        for node in ast.walk(function):
            if (
                isinstance(node, ast.Subscript)
                and isinstance(node.slice, ast.Slice)
                and source.number(node.slice.step) == -1
            ) and (node in whole or node.value in whole):
                yield Location(
                    line=node.lineno,
                    message=(
                        f"`{ast.unparse(node)[:60]}` runs backwards: what accumulates along it comes from later bars."
                    ),
                )
            if (
                isinstance(node, ast.Call)
                and source.dotted(node.func) in ("numpy.flip", "numpy.flipud", "reversed")
                and any(item in whole for item in node.args)
            ):
                yield Location(line=node.lineno)


RULE = Rule(
    code="reversed_series",
    family="look_ahead",
    severity="error",
    after_run="error",
    title="A series turned round",
    explanation="The prices are reversed, so that later bars come first.",
    hint="Work in the order of time.",
    example=example(
        more_init="self.best = self.I(lambda: self.data.Close.s[::-1].cummax()[::-1])",
        next=(
            "if not self.position and self.data.Close[-1] < 0.9 * self.best[-1] and self.fast[-1] "
            "> self.slow[-1]:\n    self.buy()\nelif self.position and self.data.Close[-1] >= "
            "self.best[-1]:\n    self.position.close()"
        ),
    ),
    check_source=_check_source,
    covers=("future_seen",),
)
