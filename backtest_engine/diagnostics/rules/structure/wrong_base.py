"""A strategy class that does not derive from Strategy."""

import ast
from collections.abc import Iterable

import libcst as cst

from backtest_engine.diagnostics.base import Location, Rule
from backtest_engine.diagnostics.examples import example
from backtest_engine.diagnostics.rewriting import apply, changed_text, with_import
from backtest_engine.diagnostics.source import Source


def _candidates(source: Source) -> list[ast.ClassDef]:
    if source.strategies:
        return []
    return [
        node
        for node in source.classes
        if any(isinstance(m, ast.FunctionDef) and m.name == "next" for m in node.body)
        or (any("Strategy" in source.dotted(base) for base in node.bases) and node.bases)
    ]


def _check_source(source: Source) -> Iterable[Location]:
    for node in _candidates(source):
        named = ", ".join(ast.unparse(base) for base in node.bases) or "nothing"
        yield Location(
            line=node.lineno, message=f"`{node.name}` derives from {named}, not from `backtesting.Strategy`."
        )


def _rewrite(source: Source) -> str | None:
    names = {node.name for node in _candidates(source)}
    if source.module is None or not names:
        return None

    def change(node: cst.CSTNode) -> cst.CSTNode | None:
        if isinstance(node, cst.ClassDef) and node.name.value in names:
            return node.with_changes(
                bases=[cst.Arg(cst.Name("Strategy"))],
                lpar=cst.LeftParen(),
                rpar=cst.RightParen(),
                keywords=[],
            )
        return None

    module = apply(source.module, change)
    return changed_text(source, with_import(module, "from backtesting import Strategy"))


RULE = Rule(
    code="wrong_base",
    family="structure",
    title="Not derived from Strategy",
    explanation="The class does not derive from `backtesting.Strategy`, so there is nothing to run.",
    hint="Write `class MyStrategy(Strategy):` and import Strategy from backtesting.",
    example=example().replace("class Cross(Strategy)", "class Cross").replace("from backtesting import Strategy\n", ""),
    check_source=_check_source,
    rewrite=_rewrite,
    covers=("no_strategy_class", "undefined_attribute"),
)
