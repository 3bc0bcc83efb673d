"""An indicator that nothing reads: it only delays the first bar."""

import ast
from collections.abc import Iterable

import libcst as cst

from backtest_engine.diagnostics.base import Location, Rule
from backtest_engine.diagnostics.examples import example
from backtest_engine.diagnostics.rewriting import blocks_without, dotted, rewritten
from backtest_engine.diagnostics.source import Source


def _unused(source: Source) -> dict[str, int]:
    read = {
        node.attr
        for node in source.every(ast.Attribute)
        if isinstance(node.ctx, ast.Load) and source.dotted(node.value) == "self"
    }
    dynamic = any(source.dotted(node.func) in ("getattr", "vars") for node in source.every(ast.Call))
    if dynamic or len(source.strategies) > 1:
        return {}
    return {
        call.names[0]: call.line for call in source.indicators if len(call.names) == 1 and not set(call.names) & read
    }


def _check_source(source: Source) -> Iterable[Location]:
    for name, line in _unused(source).items():
        yield Location(line=line, message=f"Nothing reads `self.{name}`; the backtest still waits until it has values.")


def _rewrite(source: Source) -> str | None:
    names = {f"self.{name}" for name in _unused(source)}

    def unused(item: cst.BaseStatement) -> bool:
        if not isinstance(item, cst.SimpleStatementLine) or not isinstance(item.body[0], cst.Assign):
            return False
        return dotted(item.body[0].targets[0].target) in names

    return rewritten(source, lambda node: blocks_without(node, unused), within=("init",))


RULE = Rule(
    code="unused_indicator",
    family="semantics",
    severity="warning",
    title="An indicator that nothing reads",
    explanation="An indicator is declared and never read. The backtest starts only when all indicators have values.",
    hint="Remove it, or use it.",
    example=example(more_init="self.trend = self.I(SMA, self.data.Close, 200)"),
    check_source=_check_source,
    rewrite=_rewrite,
    rewrite_guesses=True,
)
