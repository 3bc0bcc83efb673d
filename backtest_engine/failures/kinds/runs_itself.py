"""Code that starts its own backtest when it is imported."""

import ast
from collections.abc import Iterable

from backtest_engine.failures.base import Failure, Spot
from backtest_engine.failures.examples import example
from backtest_engine.failures.rewriting import changed_text, without_import
from backtest_engine.failures.source import Source


def _own_run(source: Source) -> list[ast.stmt]:
    """Return the module's statements that start a backtest or use what it gave."""
    if source.tree is None:
        return []
    found: list[ast.stmt] = []
    names: set[str] = set()
    for item in source.tree.body:
        if isinstance(item, ast.FunctionDef | ast.ClassDef | ast.Import | ast.ImportFrom) or _guard(item):
            continue
        used = {node.id for node in ast.walk(item) if isinstance(node, ast.Name)}
        starts = any(source.called(node).endswith(("Backtest", "FractionalBacktest")) for node in ast.walk(item))
        if starts or used & names:
            found.append(item)
            names |= {n.id for n in ast.walk(item) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    return found


def _guard(item: ast.stmt) -> bool:
    return isinstance(item, ast.If) and "__name__" in ast.unparse(item.test)


def _look(source: Source) -> Iterable[Spot]:
    for item in _own_run(source)[:1]:
        yield Spot(line=item.lineno)


def _rewrite(source: Source) -> str | None:
    lines = {item.lineno for item in _own_run(source)}
    if source.module is None or source.tree is None or not lines:
        return None
    numbers = [item.lineno for item in source.tree.body]
    if len(numbers) != len(source.module.body):
        return None
    body = [item for item, number in zip(source.module.body, numbers, strict=True) if number not in lines]
    module = source.module.with_changes(body=body, footer=[])
    after = Source(module.code)
    for name, full in after.imports.items():
        used = any(isinstance(node, ast.Name) and node.id == name for node in after.nodes)
        if not used and full.split(".")[-1] in ("Backtest", "GOOG", "EURUSD", "BTCUSD", "FractionalBacktest"):
            module = without_import(module, name)
    return changed_text(source, module)


FAILURE = Failure(
    code="runs_itself",
    family="structure",
    severity="fatal",
    title="The code starts its own backtest",
    explanation="The code runs a backtest when it is imported; running it is the engine's work.",
    hint="Leave only the strategy class.",
    example=example(top="from backtesting import Backtest\nfrom backtesting.test import GOOG")
    + "\n\nbt = Backtest(GOOG, Cross, cash=10_000)\nprint(bt.run())\n",
    look=_look,
    rewrite=_rewrite,
    covers=("wrong_type",),
)
