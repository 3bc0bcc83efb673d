"""A loop that never ends."""

import ast
from collections.abc import Iterable

from backtest_engine.diagnostics.base import Location, RaisedError, Rule
from backtest_engine.diagnostics.examples import NEXT, example
from backtest_engine.diagnostics.source import Source


def _endless(node: ast.While) -> bool:
    leaves = any(isinstance(item, ast.Break | ast.Return | ast.Raise) for item in ast.walk(node))
    if isinstance(node.test, ast.Constant) and node.test.value:
        return not leaves
    read = {item.id for item in ast.walk(node.test) if isinstance(item, ast.Name)}
    read |= {ast.unparse(item) for item in ast.walk(node.test) if isinstance(item, ast.Attribute)}
    written: set[str] = set()
    for item in ast.walk(node):
        if isinstance(item, ast.Name | ast.Attribute) and isinstance(item.ctx, ast.Store):
            written.add(item.id if isinstance(item, ast.Name) else ast.unparse(item))
        if isinstance(item, ast.Call) and isinstance(item.func, ast.Attribute):
            written.add(ast.unparse(item.func.value))
    calls = any(isinstance(item, ast.Call) and getattr(item.func, "id", "") != "len" for item in ast.walk(node.test))
    held = any(name.startswith(("self.position", "self.trades", "self.orders", "self.data")) for name in read)
    if held and not leaves and not {n for n in read if not n.startswith("self.")} - {"self"} & written:
        return not (read - {"self", "len"}) & written
    return not calls and not leaves and not read & written


def _check_source(source: Source) -> Iterable[Location]:
    for node in source.every(ast.While):
        if _endless(node):
            yield Location(
                line=node.lineno, message=f"Nothing in the loop makes `{ast.unparse(node.test)[:60]}` false."
            )


def _check_error(raised: RaisedError, source: Source) -> Iterable[Location]:
    if raised.code in ("wall_time_limit", "cpu_time_limit", "time_limit"):
        loop = next((node.lineno for node in source.every(ast.While)), raised.line)
        if any(isinstance(node, ast.While) for node in source.nodes):
            yield Location(line=loop, message="The strategy did not finish in time, and it has a `while` loop.")


RULE = Rule(
    code="endless_loop",
    family="resource",
    title="A loop that does not end",
    explanation="A loop waits for something that does not change inside it.",
    hint="Orders are filled between the bars: never wait for them inside `next`.",
    example=example(next=NEXT + "while not self.position:\n    self.buy()"),
    check_source=_check_source,
    check_error=_check_error,
    covers=("out_of_time", "too_much_output"),
)
