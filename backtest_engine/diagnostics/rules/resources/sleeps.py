"""A strategy that waits."""

import ast
from collections.abc import Iterable

from backtest_engine.diagnostics.base import Location, Rule
from backtest_engine.diagnostics.examples import NEXT, example
from backtest_engine.diagnostics.rewriting import apply, blocks_without, changed_text, text, without_import
from backtest_engine.diagnostics.source import Source


def _check_source(source: Source) -> Iterable[Location]:
    for node in source.every(ast.Call):
        if source.dotted(node.func) in ("time.sleep", "asyncio.sleep"):
            yield Location(line=node.lineno)


def _rewrite(source: Source) -> str | None:
    if source.module is None:
        return None
    module = apply(
        source.module,
        lambda node: blocks_without(node, lambda item: text(item).strip().split("(")[0].endswith("sleep")),
    )
    if "time." not in module.code and source.imports.get("time") == "time":
        module = without_import(module, "time")
    return changed_text(source, module)


RULE = Rule(
    code="sleeps",
    family="resource",
    severity="error",
    title="Waits between bars",
    explanation="A backtest has no clock to wait for; waiting only uses up the time that is allowed.",
    hint="Remove `sleep`.",
    example=example(top="import time", next=NEXT + "time.sleep(0.1)"),
    check_source=_check_source,
    rewrite=_rewrite,
    covers=("out_of_time",),
)
