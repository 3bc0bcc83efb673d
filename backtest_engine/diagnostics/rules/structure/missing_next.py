"""A strategy without `next`."""

from collections.abc import Iterable

import libcst as cst

from backtest_engine.diagnostics.base import Location, RaisedError, Rule
from backtest_engine.diagnostics.examples import example
from backtest_engine.diagnostics.rewriting import rewritten
from backtest_engine.diagnostics.source import Source

_MEANT = frozenset(
    [
        "on_bar", "on_data", "on_tick", "on_candle", "step", "update", "trade", "execute", "run", "logic", "next_bar",
        "Next", "on_next", "nextt", "handle_bar", "handle_data", "bar", "tick", "on_bar_close", "process", "strategy",
        "signals", "on_new_bar", "next_", "do_next", "execute_trade", "trading_logic",
    ]
)  # fmt: skip


def _needs(source: Source) -> bool:
    if source.strategy is None or "next" in source.methods:
        return False
    return not any(source.dotted(base).endswith("SignalStrategy") for node in source.lineage for base in node.bases)


def _check_source(source: Source) -> Iterable[Location]:
    if _needs(source) and source.strategy is not None:
        other = next((name for name in source.methods if name in _MEANT), None)
        more = f" `{other}` is never called." if other else ""
        yield Location(
            line=source.strategy.lineno, message=f"`{source.strategy.name}` has no `next`, so it cannot run.{more}"
        )


def _check_error(raised: RaisedError, source: Source) -> Iterable[Location]:
    if (
        raised.type == "TypeError"
        and "abstract method" in raised
        and "next" in raised.message.split("abstract method")[1]
    ):
        yield Location(line=raised.line)


def _rewrite(source: Source) -> str | None:
    named = [name for name in source.methods if name in _MEANT and len(source.methods[name].args.args) == 1]
    if not _needs(source) or len(named) != 1:
        return None

    def change(node: cst.CSTNode) -> cst.CSTNode | None:
        if isinstance(node, cst.FunctionDef) and node.name.value == named[0]:
            return node.with_changes(name=cst.Name("next"))
        return None

    return rewritten(source, change)


RULE = Rule(
    code="missing_next",
    family="structure",
    title="`next` is missing",
    explanation="The strategy has no `next`, the method that is called for each bar.",
    hint="Put the entry and the exit into `def next(self):`.",
    example=example().replace("def next(self)", "def on_bar(self)"),
    check_source=_check_source,
    check_error=_check_error,
    rewrite=_rewrite,
    covers=("undefined_attribute", "unused_indicator", "no_orders"),
)
