"""`next` that is never carried out: a generator or a coroutine."""

import ast
from collections.abc import Iterable

import libcst as cst

from backtest_engine.diagnostics.base import Location, Rule
from backtest_engine.diagnostics.examples import NEXT, example
from backtest_engine.diagnostics.rewriting import rewritten
from backtest_engine.diagnostics.source import Source


def _check_source(source: Source) -> Iterable[Location]:
    for node in source.strategy.body if source.strategy else []:
        if isinstance(node, ast.AsyncFunctionDef) and node.name in ("init", "next"):
            yield Location(
                line=node.lineno, message=f"`async def {node.name}` is never awaited: its body is not carried out."
            )
        if (
            isinstance(node, ast.FunctionDef)
            and node.name in ("init", "next")
            and any(isinstance(item, ast.Yield | ast.YieldFrom) for item in ast.walk(node))
        ):
            yield Location(line=node.lineno, message=f"`{node.name}` contains `yield`: calling it carries nothing out.")


def _rewrite(source: Source) -> str | None:
    def change(node: cst.CSTNode) -> cst.CSTNode | None:
        if isinstance(node, cst.FunctionDef) and node.name.value in ("init", "next") and node.asynchronous is not None:
            return node.with_changes(asynchronous=None)
        if isinstance(node, cst.Await):
            return node.expression
        if isinstance(node, cst.IndentedBlock):
            kept = [item for item in node.body if not _yields(item)]
            return node.with_changes(body=kept or [cst.parse_statement("pass")]) if len(kept) < len(node.body) else None
        return None

    return rewritten(source, change, within=("init", "next"))


def _yields(item: cst.BaseStatement) -> bool:
    return (
        isinstance(item, cst.SimpleStatementLine)
        and isinstance(item.body[0], cst.Expr)
        and isinstance(item.body[0].value, cst.Yield)
    )


RULE = Rule(
    code="next_is_generator",
    family="structure",
    title="`next` is never carried out",
    explanation="A method with `yield` or `async` only makes a generator when it is called; its body does not run.",
    hint="Remove `yield` and `async`; place orders with `self.buy()`.",
    example=example(next=NEXT + "yield"),
    check_source=_check_source,
    rewrite=_rewrite,
    covers=("missing_next", "missing_init"),
)
