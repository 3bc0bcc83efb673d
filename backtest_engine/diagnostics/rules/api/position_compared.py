"""The position object compared with a number."""

import ast
from collections.abc import Iterable

import libcst as cst

from backtest_engine.diagnostics.base import Location, RaisedError, Rule
from backtest_engine.diagnostics.examples import NEXT, example
from backtest_engine.diagnostics.rewriting import dotted, expression, rewritten, text
from backtest_engine.diagnostics.source import Source


def _check_source(source: Source) -> Iterable[Location]:
    for node in source.every(ast.Compare):
        if any(source.dotted(item) == "self.position" for item in (node.left, *node.comparators)):
            yield Location(
                line=node.lineno,
                message="`self.position` is an object: a comparison with it does not say how much is held.",
            )
        if source.dotted(node.left) == "self.position.size" and any(
            isinstance(item, ast.Constant) and item.value is None for item in node.comparators
        ):
            yield Location(
                line=node.lineno, message="`self.position.size` is never None; it is 0 when nothing is held."
            )


def _check_error(raised: RaisedError, source: Source) -> Iterable[Location]:
    if raised.type == "TypeError" and "'Position' and" in raised:
        yield Location(line=raised.line)


def _rewrite(source: Source) -> str | None:
    def change(node: cst.CSTNode) -> cst.CSTNode | None:
        if not isinstance(node, cst.Comparison) or len(node.comparisons) != 1:
            return None
        left, target = dotted(node.left), node.comparisons[0]
        right = text(target.comparator)
        equal = isinstance(target.operator, cst.Is | cst.Equal)
        if left == "self.position" and right in ("None", "0", "False"):
            if equal:
                return expression("not self.position")
            if isinstance(target.operator, cst.IsNot | cst.NotEqual):
                return expression("self.position")
        if left == "self.position" and right == "True":
            return expression("self.position") if equal else expression("not self.position")
        if left == "self.position.size" and right == "None":
            return expression("not self.position") if equal else expression("self.position")
        return node.with_changes(left=expression("self.position.size")) if left == "self.position" else None

    return rewritten(source, change)


RULE = Rule(
    code="position_compared",
    family="api",
    title="The position is compared like a number",
    explanation=(
        "`self.position` is an object; comparing it with a number raises, comparing it with None is never true."
    ),
    hint="Ask `if self.position:`, `if not self.position:` or use `self.position.size`.",
    example=example(next=NEXT.replace("not self.position and", "self.position == 0 and")),
    check_source=_check_source,
    check_error=_check_error,
    rewrite=_rewrite,
)
