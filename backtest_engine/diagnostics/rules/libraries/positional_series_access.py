"""`series[-1]`, which pandas 3 reads as a label."""

import ast
from collections.abc import Iterable

import libcst as cst

from backtest_engine.diagnostics.base import Location, RaisedError, Rule
from backtest_engine.diagnostics.examples import example
from backtest_engine.diagnostics.rewriting import dotted, rewritten, text
from backtest_engine.diagnostics.series import is_series, series_names
from backtest_engine.diagnostics.source import Source


def _places(source: Source) -> Iterable[ast.Subscript]:
    names = series_names(source)
    for node in source.every(ast.Subscript):
        index = node.slice
        place = source.number(index) if isinstance(index, ast.UnaryOp | ast.Constant) else None
        if place is not None and place < 0 and is_series(source, node.value, names):
            yield node


def _indexed(source: Source) -> Iterable[ast.Subscript]:
    names = series_names(source)
    return (node for node in source.every(ast.Subscript) if is_series(source, node.value, names))


def _check_source(source: Source) -> Iterable[Location]:
    for node in _places(source):
        yield Location(
            line=node.lineno,
            message=f"`{ast.unparse(node)}` asks a Series for the label {ast.unparse(node.slice)}, not for a position.",
        )


def _check_error(raised: RaisedError, source: Source) -> Iterable[Location]:
    key = raised.message.strip("'\"")
    here = any(node.lineno == raised.line for node in _indexed(source))
    if raised.type == "KeyError" and key.lstrip("-").isdigit() and (key.startswith("-") or here):
        yield Location(
            line=raised.line, message=f"A Series has no label {raised.message}; a position is asked with `.iloc`."
        )


def _rewrite(source: Source) -> str | None:
    wanted = {ast.unparse(node).replace(" ", "") for node in _places(source)}

    def change(node: cst.CSTNode) -> cst.CSTNode | None:
        if (
            isinstance(node, cst.Subscript)
            and text(node).replace(" ", "") in wanted
            and not dotted(node.value).endswith(".iloc")
        ):
            return node.with_changes(value=cst.Attribute(value=node.value, attr=cst.Name("iloc")))
        return None

    return rewritten(source, change)


RULE = Rule(
    code="positional_series_access",
    family="pandas",
    title="A position asked of a Series",
    explanation="`series[-1]` looks for the label -1 since pandas 3; it is no position any more.",
    hint="Write `series.iloc[-1]`.",
    example=example(
        next=(
            "close = self.data.Close.s\nif not self.position and close[-1] > self.slow[-1] and "
            "self.fast[-1] > self.slow[-1]:\n    self.buy()\n"
            "elif self.fast[-1] < self.slow[-1]:\n    self.position.close()"
        )
    ),
    check_source=_check_source,
    check_error=_check_error,
    rewrite=_rewrite,
    covers=("missing_key",),
)
