"""A look back that reaches before the first bar."""

import ast
from collections.abc import Iterable

import libcst as cst

from backtest_engine.diagnostics.base import Location, RaisedError, Rule
from backtest_engine.diagnostics.examples import example
from backtest_engine.diagnostics.rewriting import rewritten
from backtest_engine.diagnostics.source import Source


def deepest(source: Source) -> int:
    """Return how many bars `next` looks back by constant negative places."""
    depth = 0
    for node in source.every(ast.Subscript):
        if source.inside(node, "next"):
            place = source.number(node.slice) if not isinstance(node.slice, ast.Slice) else None
            if place is not None and place < 0:
                depth = max(depth, int(-place))
    return depth


def _check_error(raised: RaisedError, source: Source) -> Iterable[Location]:
    if (
        raised.type == "IndexError"
        and ("out of bounds" in raised or "out of range" in raised or "out-of-bounds" in raised)
        and ".trades" not in source.line(raised.line)
        and "tuple index" not in raised
        and raised.function != "init"
    ):
        yield Location(line=raised.line, message="The code looks further back than there are bars so far.")


def _rewrite(source: Source) -> str | None:
    depth = deepest(source)
    if depth < 2:
        return None

    def change(node: cst.CSTNode) -> cst.CSTNode | None:
        if isinstance(node, cst.FunctionDef) and node.name.value == "next" and isinstance(node.body, cst.IndentedBlock):
            guard = cst.parse_statement(f"if len(self.data) < {depth}:\n    return\n")
            return node.with_changes(body=node.body.with_changes(body=[guard, *node.body.body]))
        return None

    return rewritten(source, change)


RULE = Rule(
    code="index_before_start",
    family="runtime",
    title="Looks back before the first bar",
    explanation="On the first bars there are fewer bars than the code looks back.",
    hint="Return while `len(self.data)` is too small.",
    example=example(
        init="pass",
        next="""
        last, one, two, three = (self.data.Close[-place] for place in (1, 2, 3, 4))
        if not self.position and last < one < two < three:
            self.buy()
        elif self.position and self.data.Close[-1] > self.data.Close[-2]:
            self.position.close()
        """,
    ),
    check_error=_check_error,
    rewrite=_rewrite,
    fallback=1,
)
