"""A trade is read while there is none."""

import re
from collections.abc import Iterable

import libcst as cst

from backtest_engine.diagnostics.base import Location, RaisedError, Rule
from backtest_engine.diagnostics.examples import example
from backtest_engine.diagnostics.rewriting import rewritten, text
from backtest_engine.diagnostics.source import Source


def _check_error(raised: RaisedError, source: Source) -> Iterable[Location]:
    if raised.type == "IndexError" and ("trades" in source.line(raised.line) or "tuple index" in raised):
        yield Location(line=raised.line, message="A trade is read while there is none.")


def _rewrite(source: Source) -> str | None:
    """Read a trade only behind a check: the statement that reads it moves under `if self.trades:`."""

    def change(node: cst.CSTNode) -> cst.CSTNode | None:
        if isinstance(node, cst.Assign) and not isinstance(node.value, cst.IfExp):
            read = re.match(r"(self\.(?:closed_)?trades)\[", text(node.value))
            return (
                node.with_changes(value=cst.parse_expression(f"{text(node.value)} if {read[1]} else None"))
                if read
                else None
            )
        if not isinstance(node, cst.If):
            return None
        test = text(node.test)
        for name in ("self.closed_trades", "self.trades"):
            if f"{name}[" in test and name not in test.replace(f"{name}[", "") and "self.position" not in test:
                guarded = (
                    node.test.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
                    if isinstance(node.test, cst.BooleanOperation) and isinstance(node.test.operator, cst.Or)
                    else node.test
                )
                return node.with_changes(
                    test=cst.BooleanOperation(left=cst.parse_expression(name), operator=cst.And(), right=guarded)
                )
        return None

    return rewritten(source, change, within=("next",))


RULE = Rule(
    code="no_open_trade",
    family="runtime",
    title="A trade is read while there is none",
    explanation=(
        "`self.trades[0]` exists only while a trade is open, `self.closed_trades[-1]` only after one was closed."
    ),
    hint="Ask `if self.trades:` first.",
    example=example(
        next=(
            "if self.trades[-1].pl_pct < -0.1:\n    self.position.close()\n"
            "elif crossover(self.fast, self.slow):\n    self.buy()"
        )
    ),
    check_error=_check_error,
    rewrite=_rewrite,
    covers=("index_before_start",),
)
