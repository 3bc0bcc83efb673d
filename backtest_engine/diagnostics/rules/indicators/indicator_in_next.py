"""`self.I` called for each bar."""

from collections.abc import Iterable

import libcst as cst

from backtest_engine.diagnostics.base import Location, Rule
from backtest_engine.diagnostics.examples import example
from backtest_engine.diagnostics.rewriting import dotted, rewritten
from backtest_engine.diagnostics.source import Source


def _check_source(source: Source) -> Iterable[Location]:
    for call in source.indicators:
        if source.inside(call.call, "next") and not source.inside(call.call, "init"):
            yield Location(line=call.line)


def _rewrite(source: Source) -> str | None:
    """Move `self.x = self.I(...)` from the top of `next` to the end of `init`."""
    moved: list[cst.BaseStatement] = []

    def take(node: cst.CSTNode) -> cst.CSTNode | None:
        if isinstance(node, cst.IndentedBlock):
            mine = [item for item in node.body if _declares(item)]
            if mine:
                moved.extend(mine)
                kept = [item for item in node.body if item not in mine]
                return node.with_changes(body=kept or [cst.parse_statement("pass")])
        return None

    def give(node: cst.CSTNode) -> cst.CSTNode | None:
        if isinstance(node, cst.FunctionDef) and node.name.value == "init" and isinstance(node.body, cst.IndentedBlock):
            body = [item for item in node.body.body if cst.Module([]).code_for_node(item).strip() != "pass"]
            return node.with_changes(body=node.body.with_changes(body=[*body, *moved]))
        return None

    code = rewritten(source, take, within=("next",))
    return rewritten(Source(code), give) if code and moved else None


def _declares(item: cst.BaseStatement) -> bool:
    if not isinstance(item, cst.SimpleStatementLine) or not isinstance(item.body[0], cst.Assign):
        return False
    assign = item.body[0]
    return (
        isinstance(assign.value, cst.Call)
        and dotted(assign.value.func) == "self.I"
        and dotted(assign.targets[0].target).startswith("self.")
    )


RULE = Rule(
    code="indicator_in_next",
    family="indicator",
    severity="error",
    title="An indicator is declared for each bar",
    explanation=(
        "`self.I` in `next` declares a new indicator on every bar: it gets slower and slower, "
        "and its values are not what was asked."
    ),
    hint="Declare indicators once, in `init`.",
    example=example(
        init="self.slow = self.I(SMA, self.data.Close, 20)",
        next=(
            "self.fast = self.I(SMA, self.data.Close, 10)\n"
            "if not self.position and self.fast[-1] > self.slow[-1]:\n"
            "    self.buy()"
        ),
    ),
    check_source=_check_source,
    rewrite=_rewrite,
)
