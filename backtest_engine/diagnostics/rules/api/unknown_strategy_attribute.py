"""Something a backtesting.py strategy does not have: `self.close()`, `self.cash`, `self.bar_index`."""

import ast
from collections.abc import Iterable

import libcst as cst

from backtest_engine.diagnostics.base import Location, RaisedError, Rule
from backtest_engine.diagnostics.examples import NEXT, example
from backtest_engine.diagnostics.rewriting import dotted, expression, rewritten, text
from backtest_engine.diagnostics.source import Source
from backtest_engine.diagnostics.vocabulary import STRATEGY_METHODS, STRATEGY_SILENT, STRATEGY_VALUES


def _names(source: Source) -> Iterable[ast.Attribute]:
    own = {*source.assigned, *source.methods, *source.constants}
    known = {*STRATEGY_METHODS, *STRATEGY_VALUES, *STRATEGY_SILENT}
    for node in source.every(ast.Attribute):
        if (
            source.dotted(node.value) == "self"
            and node.attr in known
            and node.attr not in own
            and isinstance(node.ctx, ast.Load)
        ):
            yield node


def _check_source(source: Source) -> Iterable[Location]:
    if source.strategy is None:
        return
    for node in _names(source):
        yield Location(line=node.lineno, message=_say(node.attr))


def _say(name: str) -> str:
    instead = STRATEGY_METHODS.get(name, STRATEGY_VALUES.get(name, "")).format("…", name=name)
    return f"A strategy has no `self.{name}`" + (f"; use `{instead}`." if instead else ".")


def _check_error(raised: RaisedError, source: Source) -> Iterable[Location]:
    name = raised.message.split("'")[3] if raised.type == "AttributeError" and raised.message.count("'") >= 4 else ""
    if (
        name in {*STRATEGY_METHODS, *STRATEGY_VALUES, *STRATEGY_SILENT}
        and source.strategy is not None
        and f"'{source.strategy.name}' object" in raised
    ):
        yield Location(line=raised.line, message=_say(name))


def _rewrite(source: Source) -> str | None:
    names = {node.attr for node in _names(source)}

    def change(node: cst.CSTNode) -> cst.CSTNode | cst.RemovalSentinel | None:
        if isinstance(node, cst.IndentedBlock):
            kept = [item for item in node.body if not _silent(item, names)]
            return node.with_changes(body=kept or [cst.parse_statement("pass")]) if len(kept) < len(node.body) else None
        if isinstance(node, cst.Call) and dotted(node.func).startswith("self."):
            name = dotted(node.func).removeprefix("self.")
            if name in names and name in STRATEGY_METHODS:
                return expression(
                    STRATEGY_METHODS[name].format(", ".join(text(item).rstrip(", ") for item in node.args))
                )
        if isinstance(node, cst.Attribute) and dotted(node).startswith("self."):
            name = dotted(node).removeprefix("self.")
            if name in names and name in STRATEGY_VALUES:
                return expression(STRATEGY_VALUES[name].format(name=name))
        return None

    return rewritten(source, change)


def _silent(item: cst.BaseStatement, names: set[str]) -> bool:
    if not isinstance(item, cst.SimpleStatementLine) or len(item.body) != 1 or not isinstance(item.body[0], cst.Expr):
        return False
    call = item.body[0].value
    name = dotted(call.func).removeprefix("self.") if isinstance(call, cst.Call) else ""
    return name in names and name in STRATEGY_SILENT


RULE = Rule(
    code="unknown_strategy_attribute",
    family="api",
    title="The strategy has no such attribute",
    explanation="The code uses something of `self` that a backtesting.py strategy does not have.",
    hint="Close with `self.position.close()`, read money from `self.equity`, prices from `self.data`.",
    example=example(next=NEXT.replace("self.position.close()", "self.close_position()")),
    check_source=_check_source,
    check_error=_check_error,
    rewrite=_rewrite,
    covers=("undefined_attribute",),
)
