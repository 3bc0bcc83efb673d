"""A whole series asked whether it is true."""

import ast
from collections.abc import Iterable

import libcst as cst

from backtest_engine.diagnostics.base import Location, RaisedError, Rule
from backtest_engine.diagnostics.examples import example
from backtest_engine.diagnostics.rewriting import dotted, expression, rewritten, text
from backtest_engine.diagnostics.source import Source


def _series(source: Source) -> set[str]:
    found = {f"self.{name}" for call in source.indicators for name in call.names}
    return found | {f"self.data.{name}" for name in ("Open", "High", "Low", "Close", "Volume")}


def _whole(source: Source, node: ast.expr) -> bool:
    label = source.dotted(node)
    return label.endswith(".s") and label.removesuffix(".s") in _series(source)


def _conditions(source: Source) -> Iterable[ast.Compare]:
    for node in source.every(ast.Compare):
        if source.inside(node, "next") and any(_whole(source, item) for item in (node.left, *node.comparators)):
            parent = source.parents.get(node)
            if not isinstance(parent, ast.Attribute | ast.Call | ast.Subscript | ast.Assign):
                yield node


def _check_source(source: Source) -> Iterable[Location]:
    for node in _conditions(source):
        yield Location(line=node.lineno, message="A whole series is compared; a condition needs its last value.")


def _check_error(raised: RaisedError, source: Source) -> Iterable[Location]:
    if raised.type == "ValueError" and "truth value of a" in raised:
        yield Location(line=raised.line, message="A whole series or array stands where a condition needs one value.")


def _rewrite(source: Source) -> str | None:
    series = _series(source)
    locals_ = _local_series(source)

    def last(node: cst.BaseExpression) -> cst.BaseExpression:
        label = dotted(node)
        base = label.removesuffix(".s")
        if base in series:
            return expression(f"{base}[-1]")
        if label in locals_:
            return expression(f"{label}.iloc[-1]")
        if isinstance(node, cst.BinaryOperation):
            return node.with_changes(left=last(node.left), right=last(node.right))
        return node

    def change(node: cst.CSTNode) -> cst.CSTNode | None:
        if isinstance(node, cst.Comparison):
            return node.with_changes(
                left=last(node.left),
                comparisons=[item.with_changes(comparator=last(item.comparator)) for item in node.comparisons],
            )
        if isinstance(node, cst.BinaryOperation) and text(node.operator).strip() in ("&", "|"):
            word = cst.And if text(node.operator).strip() == "&" else cst.Or
            return cst.BooleanOperation(left=_bare(node.left), operator=word(), right=_bare(node.right))
        return None

    return rewritten(source, change, within=tuple(m.name for m in source.reached("next")))


def _bare(node: cst.BaseExpression) -> cst.BaseExpression:
    return node.with_changes(lpar=[], rpar=[]) if isinstance(node, cst.Comparison) else node


def _local_series(source: Source) -> set[str]:
    found = set()
    for node in source.every(ast.Assign):
        if source.inside(node, "next") and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            written = ast.unparse(node.value)
            if any(sign in written for sign in (".rolling(", ".ewm(", "pd.Series(", ".s")) and not written.endswith(
                "]"
            ):
                found.add(node.targets[0].id)
    return found


RULE = Rule(
    code="series_truth_value",
    family="indicator",
    title="A whole series in a condition",
    explanation="A condition needs one value; a whole series has no truth value.",
    hint="Compare the last values (`self.fast[-1] > self.slow[-1]`) or use `crossover`.",
    example=example(next="if not self.position and self.fast.s > self.slow.s:\n    self.buy()"),
    check_source=_check_source,
    check_error=_check_error,
    rewrite=_rewrite,
)
