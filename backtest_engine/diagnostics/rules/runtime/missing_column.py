"""A column that the data does not have."""

import ast
import re
from collections.abc import Iterable

import libcst as cst

from backtest_engine.diagnostics.base import Location, RaisedError, Rule
from backtest_engine.diagnostics.examples import example
from backtest_engine.diagnostics.rewriting import dotted, expression, rewritten, text
from backtest_engine.diagnostics.source import Source

_ABSENT = re.compile(
    r"^(adj[ _]?close|adjclose|adjusted_close|vwap|typical|hlc3|ohlc4|hl2|returns?|date|datetime|time|timestamp|"
    r"open_?interest|sentiment|vix|spread|bid|ask|symbol|ticker|price|last|turnover|amount|dividends?|rsi|atr|signal)$",
    re.IGNORECASE,
)


def _absent(source: Source) -> Iterable[tuple[ast.AST, str]]:
    for node in source.every(ast.Subscript):
        if (
            source.dotted(node.value) in ("self.data", "self.data.df")
            and isinstance(node.slice, ast.Constant)
            and (
                isinstance(node.ctx, ast.Load)
                and _ABSENT.match(str(node.slice.value))
                and not _made(source, str(node.slice.value))
            )
        ):
            yield node, str(node.slice.value)
    for node in source.every(ast.Attribute):
        if source.dotted(node.value) == "self.data" and _ABSENT.match(node.attr):
            yield node, node.attr


def _made(source: Source, name: str) -> bool:
    return any(
        isinstance(node.ctx, ast.Store) and isinstance(node.slice, ast.Constant) and node.slice.value == name
        for node in source.every(ast.Subscript)
    )


def _check_source(source: Source) -> Iterable[Location]:
    for node, name in _absent(source):
        yield Location(line=getattr(node, "lineno", None), message=f"The data has no column `{name}`.")


def _check_error(raised: RaisedError, source: Source) -> Iterable[Location]:
    found = re.search(r"Column '([^']+)' not in data", raised.message)
    if raised.type in ("AttributeError", "KeyError") and found:
        yield Location(line=raised.line, message=f"The data has no column `{found[1]}`.")
    elif raised.type == "KeyError" and "are in the columns" in raised:
        yield Location(line=raised.line, message=f"{raised.message}: the time of the bars is their index.")
    elif raised.type == "KeyError":
        name = raised.message.strip("'\"")
        if _ABSENT.match(name) or name in ("Date", "Adj Close"):
            yield Location(line=raised.line, message=f"The data has no column `{name}`.")


def _rewrite(source: Source) -> str | None:
    meant = {"adjclose": "Close", "adjustedclose": "Close", "price": "Close", "last": "Close"}

    def change(node: cst.CSTNode) -> cst.CSTNode | None:
        if isinstance(node, cst.Subscript) and dotted(node.value) in ("self.data", "self.data.df"):
            name = text(node.slice[0].slice).strip("\"'").lower().replace(" ", "").replace("_", "")
            if name in meant:
                return expression(
                    f"{text(node.value)}['Close']" if text(node.value).endswith("df") else "self.data.Close"
                )
        if isinstance(node, cst.Attribute) and dotted(node.value) == "self.data":
            name = node.attr.value.lower().replace("_", "")
            if name in meant:
                return node.with_changes(attr=cst.Name("Close"))
            if name in ("date", "datetime", "time", "timestamp"):
                return node.with_changes(attr=cst.Name("index"))
        return None

    return rewritten(source, change)


RULE = Rule(
    code="missing_column",
    family="data",
    title="A column that is not there",
    explanation="The data has the columns Open, High, Low, Close and Volume; the time is its index.",
    hint="Prices are already adjusted: use Close. Compute anything else with `self.I`.",
    example=example(
        init="self.fast = self.I(SMA, self.data['Adj Close'], 10)\nself.slow = self.I(SMA, self.data.Close, 20)"
    ),
    check_source=_check_source,
    check_error=_check_error,
    rewrite=_rewrite,
    covers=("missing_key",),
)
