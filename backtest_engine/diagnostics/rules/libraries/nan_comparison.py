"""A comparison with NaN, which is never true."""

import ast
from collections.abc import Iterable

import libcst as cst

from backtest_engine.diagnostics.base import Location, Rule
from backtest_engine.diagnostics.examples import example
from backtest_engine.diagnostics.rewriting import expression, rewritten, text
from backtest_engine.diagnostics.source import Source

_NAN = ("numpy.nan", "math.nan", "pandas.NA", "pandas.NaT")


def _nan(source: Source, node: ast.expr) -> bool:
    return source.dotted(node) in _NAN or ast.unparse(node) in ("float('nan')", "float('NaN')")


def _check_source(source: Source) -> Iterable[Location]:
    for node in source.every(ast.Compare):
        if any(_nan(source, item) for item in (node.left, *node.comparators)):
            word = "true" if isinstance(node.ops[0], ast.NotEq | ast.IsNot) else "false"
            yield Location(
                line=node.lineno,
                message=f"`{ast.unparse(node)}` is always {word}: NaN equals nothing, itself included.",
            )


def _rewrite(source: Source) -> str | None:
    names = {name for name, full in source.imports.items() if full == "numpy"}

    def change(node: cst.CSTNode) -> cst.CSTNode | None:
        if isinstance(node, cst.Comparison) and len(node.comparisons) == 1 and names:
            target = node.comparisons[0]
            if text(target.comparator) in {f"{name}.nan" for name in names}:
                call = f"{sorted(names)[0]}.isnan({text(node.left)})"
                negative = isinstance(target.operator, cst.NotEqual | cst.IsNot)
                return expression(f"not {call}" if negative else call)
        return None

    return rewritten(source, change)


RULE = Rule(
    code="nan_comparison",
    family="numpy",
    severity="error",
    after_run="warning",
    title="A comparison with NaN",
    explanation="NaN equals nothing, so `x == np.nan` is never true and `x != np.nan` always.",
    hint="Ask `np.isnan(x)`.",
    example=example(
        top="import numpy as np",
        next=(
            "if self.slow[-1] == np.nan:\n    return\n"
            "if crossover(self.fast, self.slow):\n    self.buy()\n"
            "elif crossover(self.slow, self.fast):\n    self.position.close()"
        ),
    ),
    check_source=_check_source,
    rewrite=_rewrite,
)
