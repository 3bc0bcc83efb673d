"""Column names in the wrong case."""

import ast
import re
from collections.abc import Iterable

import libcst as cst

from backtest_engine.diagnostics.base import Location, RaisedError, Rule
from backtest_engine.diagnostics.examples import example
from backtest_engine.diagnostics.rewriting import dotted, rewritten, text
from backtest_engine.diagnostics.source import Source

_RIGHT = {"open": "Open", "high": "High", "low": "Low", "close": "Close", "volume": "Volume"}


def _right(name: object) -> str:
    flat = str(name).lower().strip()
    return _RIGHT[flat] if flat in _RIGHT and name not in _RIGHT.values() else ""


def _frames(source: Source) -> set[str]:
    """Return local names that hold the bars."""
    found = {"self.data", "self.data.df"}
    for node in source.every(ast.Assign):
        written = source.dotted(node.value) or (
            source.dotted(node.value.func) if isinstance(node.value, ast.Call) else ""
        )
        if written in ("self.data", "self.data.df", "self.data.df.copy"):
            found |= {source.dotted(target) for target in node.targets}
    return found - {""}


def _check_source(source: Source) -> Iterable[Location]:
    frames = _frames(source)
    for node in source.every(ast.Attribute, ast.Subscript):
        if source.dotted(node.value) not in frames:
            continue
        if isinstance(node, ast.Attribute):
            name: object = node.attr
        else:
            name = node.slice.value if isinstance(node.slice, ast.Constant) else None
        if _right(name) and not isinstance(node.ctx, ast.Store):
            yield Location(line=node.lineno, message=f"The column is called `{_right(name)}`, not `{name}`.")


def _check_error(raised: RaisedError, source: Source) -> Iterable[Location]:
    if raised.type in ("KeyError", "AttributeError"):
        name = next((part for part in re.findall(r"'(\w+)'", raised.message) if _right(part)), "")
        if name:
            yield Location(line=raised.line, message=f"The column is called `{_right(name)}`, not `{name}`.")


def _rewrite(source: Source) -> str | None:
    frames = _frames(source)

    def change(node: cst.CSTNode) -> cst.CSTNode | None:
        if isinstance(node, cst.Attribute) and dotted(node.value) in frames and _right(node.attr.value):
            return node.with_changes(attr=cst.Name(_right(node.attr.value)))
        if isinstance(node, cst.Subscript) and dotted(node.value) in frames:
            written = text(node.slice[0].slice)
            name = written.strip("\"'")
            if _right(name) and written != name:
                quote = written[0]
                return node.with_changes(
                    slice=[cst.SubscriptElement(cst.Index(cst.SimpleString(f"{quote}{_right(name)}{quote}")))]
                )
        return None

    return rewritten(source, change)


RULE = Rule(
    code="column_case",
    family="data",
    title="A column name in the wrong case",
    explanation="The columns are called Open, High, Low, Close and Volume, with a capital letter.",
    hint="Write `self.data.Close` or `df['Close']`.",
    example=example(init="self.fast = self.I(SMA, self.data.close, 10)\nself.slow = self.I(SMA, self.data.Close, 20)"),
    check_source=_check_source,
    check_error=_check_error,
    rewrite=_rewrite,
    covers=("missing_column", "missing_key", "unknown_pandas_attribute"),
)
