"""A strategy of backtesting.lib whose own `init` or `next` is not called."""

import ast
from collections.abc import Iterable

import libcst as cst

from backtest_engine.diagnostics.base import Location, Rule
from backtest_engine.diagnostics.examples import NEXT, example
from backtest_engine.diagnostics.rewriting import rewritten
from backtest_engine.diagnostics.source import Source

_BASES = ("TrailingStrategy", "SignalStrategy")


def _missing(source: Source) -> Iterable[ast.FunctionDef]:
    if source.strategy is None:
        return
    if any(source.dotted(base).rsplit(".", 1)[-1] in _BASES for base in source.strategy.bases):
        for name in ("init", "next"):
            method = next((m for m in source.strategy.body if isinstance(m, ast.FunctionDef) and m.name == name), None)
            if (
                method is not None
                and f"super().{name}()" not in ast.unparse(method).replace(source.strategy.name, "")
                and "super(" not in ast.unparse(method)
            ):
                yield method


def _check_source(source: Source) -> Iterable[Location]:
    for method in _missing(source):
        yield Location(
            line=method.lineno,
            message=f"`{method.name}` does not call `super().{method.name}()`, which this base class needs.",
        )


def _rewrite(source: Source) -> str | None:
    names = {method.name for method in _missing(source)}

    def change(node: cst.CSTNode) -> cst.CSTNode | None:
        if isinstance(node, cst.FunctionDef) and node.name.value in names and isinstance(node.body, cst.IndentedBlock):
            call = cst.parse_statement(f"super().{node.name.value}()")
            return node.with_changes(body=node.body.with_changes(body=[call, *node.body.body]))
        return None

    return rewritten(source, change)


RULE = Rule(
    code="missing_super_call",
    family="structure",
    title="`super().init()` is missing",
    explanation="`TrailingStrategy` and `SignalStrategy` do their part in their own `init` and `next`.",
    hint="Call `super().init()` and `super().next()` first.",
    example=example(next=NEXT, more_init="self.set_trailing_sl(3)")
    .replace("class Cross(Strategy)", "class Cross(TrailingStrategy)")
    .replace("from backtesting import Strategy\n", "")
    .replace("import crossover", "import TrailingStrategy, crossover"),
    check_source=_check_source,
    rewrite=_rewrite,
)
