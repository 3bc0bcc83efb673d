"""Prices changed by the strategy that is tested on them."""

import ast
from collections.abc import Iterable

from backtest_engine.diagnostics.base import Location, Rule
from backtest_engine.diagnostics.examples import example
from backtest_engine.diagnostics.flow import COLUMNS
from backtest_engine.diagnostics.source import Source


def _frames(source: Source) -> set[str]:
    """Return names for the strategy's bars themselves, not for copies of them."""
    found = {"self.data", "self.data.df", "self._data", "self.data._df", "self._broker._data", "self._data.df"}
    for node in source.every(ast.Assign):
        if source.dotted(node.value) in found:
            found |= {label for target in node.targets if (label := source.dotted(target))}
    return found


def _check_source(source: Source) -> Iterable[Location]:
    frames = _frames(source)
    for node in source.every(ast.Subscript, ast.Attribute):
        if isinstance(node.ctx, ast.Store | ast.Del) and _price(source, node, frames):
            yield Location(
                line=node.lineno,
                message=f"`{ast.unparse(node)[:60]}` is one of the prices that the strategy is tested on.",
            )
    for node in source.every(ast.Call):
        changed = any(item.arg == "inplace" and ast.unparse(item.value) == "True" for item in node.keywords)
        if (
            isinstance(node.func, ast.Attribute)
            and (
                changed
                or node.func.attr in ("sort", "fill", "itemset", "put", "setflags", "resize", "update", "insert", "pop")
            )
            and _price(source, node.func.value, frames, whole=True)
        ):
            yield Location(
                line=node.lineno,
                message=f"`{ast.unparse(node)[:60]}` changes the prices that the strategy is tested on.",
            )
        if (
            source.dotted(node.func) in ("numpy.copyto", "numpy.put", "numpy.place", "numpy.putmask")
            and node.args
            and _price(source, node.args[0], frames)
        ):
            yield Location(line=node.lineno)


def _price(source: Source, node: ast.AST, frames: set[str], *, whole: bool = False) -> bool:
    named = whole
    inner = node
    while isinstance(inner, ast.Subscript | ast.Attribute):
        if source.dotted(inner) in frames:
            return named and (inner is not node or whole)
        if isinstance(inner, ast.Attribute):
            named = named or inner.attr in COLUMNS or inner.attr.startswith("_Data__")
        else:
            named = named or any(
                isinstance(item, ast.Constant) and item.value in COLUMNS for item in ast.walk(inner.slice)
            )
            named = named or (
                isinstance(inner.value, ast.Attribute) and inner.value.attr in ("iloc", "iat", "values", "loc")
            )
        inner = inner.value
    return isinstance(inner, ast.Name) and inner.id in frames and named and inner is not node


RULE = Rule(
    code="edits_data",
    family="tamper",
    after_run="fatal",
    title="Changes the prices",
    explanation="The strategy overwrites the prices that its own orders are filled at.",
    hint="Compute new arrays; leave `self.data` as it is.",
    example=example(more_init="self.data.df['Open'] = self.data.df['Low']"),
    check_source=_check_source,
)
