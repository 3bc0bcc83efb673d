"""Dates with and without a time zone."""

import ast
from collections.abc import Iterable

import libcst as cst

from backtest_engine.diagnostics.base import Location, RaisedError, Rule
from backtest_engine.diagnostics.examples import example
from backtest_engine.diagnostics.rewriting import argument, rewritten, text
from backtest_engine.diagnostics.source import Source


def _zoned(source: Source) -> Iterable[ast.Call]:
    for node in source.every(ast.Call):
        name = node.func.attr if isinstance(node.func, ast.Attribute) else source.dotted(node.func)
        if (
            (
                name == "Timestamp"
                and any(item.arg == "tz" and ast.unparse(item.value) != "None" for item in node.keywords)
            )
            or (name == "tz_convert" and "tz_localize" not in ast.unparse(node.func))
            or (
                name == "to_datetime"
                and any(item.arg == "utc" and ast.unparse(item.value) == "True" for item in node.keywords)
            )
        ):
            yield node


def _check_source(source: Source) -> Iterable[Location]:
    for node in _zoned(source):
        yield Location(
            line=node.lineno,
            message=f"`{ast.unparse(node)[:60]}` has a time zone; the bars' time stamps have none (they are UTC).",
        )


def _check_error(raised: RaisedError, source: Source) -> Iterable[Location]:
    if raised.type == "TypeError" and ("tz-naive" in raised or "tz-aware" in raised or "offset-naive" in raised):
        yield Location(
            line=raised.line, message=f"{raised.message}: the bars' time stamps have no time zone (they are UTC)."
        )


def _rewrite(source: Source) -> str | None:
    def change(node: cst.CSTNode) -> cst.CSTNode | None:
        if not isinstance(node, cst.Call):
            return None
        name = node.func.attr.value if isinstance(node.func, cst.Attribute) else text(node.func)
        zone = argument(node, "tz") or (argument(node, "utc") if name == "to_datetime" else None)
        if name in ("Timestamp", "to_datetime") and zone is not None:
            kept = [item for item in node.args if item is not zone]
            kept[-1] = kept[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)
            return node.with_changes(args=kept)
        if name == "tz_convert" and isinstance(node.func, cst.Attribute) and "tz_localize" not in text(node.func):
            return node.with_changes(
                func=node.func.with_changes(value=cst.parse_expression(f"{text(node.func.value)}.tz_localize('UTC')"))
            )
        return None

    return rewritten(source, change)


RULE = Rule(
    code="time_zone_mismatch",
    family="datetime",
    title="Dates with and without a time zone",
    explanation="The bars' time stamps have no time zone; they cannot be compared with those that have one.",
    hint="Leave the time zone out: the bars are in UTC.",
    example=example(
        top="import pandas as pd",
        next=(
            "if not self.position and self.data.index[-1] >= pd.Timestamp('2008-01-01', tz='UTC') "
            "and self.fast[-1] > self.slow[-1]:\n    self.buy()\n"
            "elif self.fast[-1] < self.slow[-1]:\n    self.position.close()"
        ),
    ),
    check_source=_check_source,
    check_error=_check_error,
    rewrite=_rewrite,
    covers=("wrong_type",),
)
