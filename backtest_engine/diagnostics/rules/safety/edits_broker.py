"""The account, the fills or the framework changed by the strategy."""

import ast
import re
from collections.abc import Iterable

from backtest_engine.diagnostics.base import Location, Rule
from backtest_engine.diagnostics.examples import example
from backtest_engine.diagnostics.source import Source

_PRIVATE = ("_Trade__", "_Position__", "_Order__", "_Strategy__", "_Broker__")
# `self.trades_today` and `self.orders_log` are the strategy's own.
_OF_THE_ACCOUNT = re.compile(r"self\.(?:trades|closed_trades|orders|position)(?!\w)")
_ALLOWED = (".sl", ".tp", ".tag")


def _check_source(source: Source) -> Iterable[Location]:
    modules = {
        name for name, full in source.imports.items() if full.split(".")[0] in ("backtesting", "pandas", "numpy")
    }
    for node in source.every(ast.Attribute, ast.Subscript):
        if isinstance(node.ctx, ast.Store | ast.Del) and _framework(source, node, modules):
            yield Location(
                line=node.lineno,
                message=f"`{ast.unparse(node)[:60]}` belongs to the account or to the framework, not to the strategy.",
            )
    for node in source.every(ast.Call):
        label = source.dotted(node.func)
        target = ast.unparse(node.args[0]) if node.args else ""
        if label in ("setattr", "object.__setattr__") and _reaches(target, modules):
            yield Location(
                line=node.lineno, message=f"`{ast.unparse(node)[:60]}` changes the account or the framework."
            )
        if label.startswith("self._broker.") and isinstance(node.func, ast.Attribute):
            yield Location(line=node.lineno, message=f"`{label}` goes past the strategy's own orders into the broker.")
        if isinstance(node.func, ast.Attribute) and node.func.attr in (
            "_replace",
            "append",
            "clear",
            "insert",
            "extend",
            "pop",
            "remove",
        ):
            held = ast.unparse(node.func.value)
            if held.startswith("self._broker") or _OF_THE_ACCOUNT.match(held):
                yield Location(line=node.lineno, message=f"`{ast.unparse(node)[:60]}` changes the record of trades.")


def _framework(source: Source, node: ast.AST, modules: set[str]) -> bool:
    inner = node.value if isinstance(node, ast.Attribute | ast.Subscript) else node
    if isinstance(node, ast.Attribute) and node.attr.startswith(_PRIVATE):
        return True
    label = source.dotted(node)
    if label in (
        "self.equity",
        "self.position",
        "self.trades",
        "self.orders",
        "self.closed_trades",
        "self._broker",
    ):
        return True
    written = ast.unparse(node)
    if written.startswith(("self._broker.", "self._broker[")):
        return True
    if _OF_THE_ACCOUNT.match(written):
        return not written.endswith(_ALLOWED)
    base = inner
    while isinstance(base, ast.Attribute | ast.Subscript):
        base = base.value
    return isinstance(base, ast.Name) and base.id in modules and isinstance(node, ast.Attribute)


def _reaches(target: str, modules: set[str]) -> bool:
    return (
        target.startswith("self._broker")
        or _OF_THE_ACCOUNT.match(target) is not None
        or target.split(".")[0] in modules
    )


RULE = Rule(
    code="edits_broker",
    family="tamper",
    after_run="fatal",
    title="Changes the account",
    explanation="The strategy changes its cash, its trades, the broker or the framework that computes its results.",
    hint="A strategy may only place orders, close them, and move the stops of its trades.",
    example=example(more_init="self._broker._cash = 1_000_000"),
    check_source=_check_source,
)
