"""Gaps filled with later values."""

import ast
from collections.abc import Iterable

import libcst as cst

from backtest_engine.diagnostics.base import Location, Rule
from backtest_engine.diagnostics.examples import example
from backtest_engine.diagnostics.flow import functions_of_init
from backtest_engine.diagnostics.rewriting import argument, rewritten, text
from backtest_engine.diagnostics.source import Source

_FILLS = ("bfill", "backfill")


def _back(node: ast.Call) -> bool:
    if not isinstance(node.func, ast.Attribute):
        return False
    method = next(
        (ast.unparse(item.value).strip("'\"") for item in node.keywords if item.arg in ("method", "direction")), ""
    )
    if node.func.attr in _FILLS or (node.func.attr == "fillna" and method in _FILLS):
        return True
    if node.func.attr == "interpolate":
        direction = next((ast.unparse(item.value) for item in node.keywords if item.arg == "limit_direction"), "")
        return method not in ("pad", "ffill") or "back" in direction
    return (node.func.attr == "merge_asof" and method in ("forward", "nearest")) or (
        node.func.attr == "reindex" and method == "nearest"
    )


def _check_source(source: Source) -> Iterable[Location]:
    for function in functions_of_init(source):
        for node in ast.walk(function):
            if isinstance(node, ast.Call) and _back(node):
                yield Location(
                    line=node.lineno, message=f"`{ast.unparse(node)[-60:]}` fills a gap with a value from later bars."
                )


def _rewrite(source: Source) -> str | None:
    def change(node: cst.CSTNode) -> cst.CSTNode | None:
        if not isinstance(node, cst.Call) or not isinstance(node.func, cst.Attribute):
            return None
        name, method = node.func.attr.value, argument(node, "method")
        if name in _FILLS or (name == "fillna" and method is not None and any(f in text(method) for f in _FILLS)):
            return node.func.value
        if name == "interpolate":
            return node.with_changes(func=node.func.with_changes(attr=cst.Name("ffill")), args=[])
        if name == "reindex" and method is not None and "nearest" in text(method):
            return node.with_changes(
                args=[i.with_changes(value=cst.SimpleString("'ffill'")) if i is method else i for i in node.args]
            )
        return None

    return rewritten(source, change)


RULE = Rule(
    code="back_fill",
    family="look_ahead",
    severity="error",
    after_run="error",
    title="Gaps filled from the future",
    explanation="Back-filling and interpolating give a bar values that are only known later.",
    hint="Leave the leading NaN as they are, or fill forward with `.ffill()`.",
    example=example(
        init=(
            "self.fast = self.I(lambda: self.data.Close.s.rolling(10).mean().bfill())\n"
            "self.slow = self.I(SMA, self.data.Close, 20)"
        )
    ),
    check_source=_check_source,
    rewrite=_rewrite,
    covers=("future_seen",),
)
