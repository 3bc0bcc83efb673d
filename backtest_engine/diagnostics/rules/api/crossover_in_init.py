"""`crossover` evaluated once, before the first bar."""

from collections.abc import Iterable

import libcst as cst

from backtest_engine.diagnostics.base import Location, Rule
from backtest_engine.diagnostics.examples import example
from backtest_engine.diagnostics.rewriting import dotted, expression, rewritten, text
from backtest_engine.diagnostics.source import Source

_FUNCTIONS = ("backtesting.lib.crossover", "backtesting.lib.cross")


def _check_source(source: Source) -> Iterable[Location]:
    for call in source.indicators:
        if source.dotted(call.function) in _FUNCTIONS:
            yield Location(line=call.line)
    for node in source.calls(*_FUNCTIONS):
        if source.inside(node, "init") and not source.inside(node, "next"):
            yield Location(line=node.lineno)


def _rewrite(source: Source) -> str | None:
    if source.module is None:
        return None
    moved: dict[str, str] = {}

    def gather(node: cst.CSTNode) -> cst.CSTNode | None:
        if isinstance(node, cst.IndentedBlock):
            kept = [item for item in node.body if not _assignment(item, moved)]
            return node.with_changes(body=kept or [cst.parse_statement("pass")]) if len(kept) < len(node.body) else None
        return None

    def use(node: cst.CSTNode) -> cst.CSTNode | None:
        if isinstance(node, cst.Subscript) and dotted(node.value) in moved and text(node).endswith("[-1]"):
            return expression(moved[dotted(node.value)])
        return None

    def bare(node: cst.CSTNode) -> cst.CSTNode | None:
        return expression(moved[dotted(node)]) if dotted(node) in moved else None

    code = rewritten(source, gather, within=("init",))
    for step in (use, bare):
        code = (rewritten(Source(code), step, within=("next",)) or code) if code else None
    return code


def _assignment(item: cst.BaseStatement, moved: dict[str, str]) -> bool:
    if not isinstance(item, cst.SimpleStatementLine) or not isinstance(item.body[0], cst.Assign):
        return False
    assign = item.body[0]
    target, call = dotted(assign.targets[0].target), assign.value
    if not target.startswith("self.") or not isinstance(call, cst.Call):
        return False
    if dotted(call.func) == "self.I" and len(call.args) >= 3 and dotted(call.args[0].value) in ("crossover", "cross"):
        moved[target] = f"{dotted(call.args[0].value)}({text(call.args[1].value)}, {text(call.args[2].value)})"
    elif dotted(call.func) in ("crossover", "cross"):
        moved[target] = text(call)
    return target in moved


RULE = Rule(
    code="crossover_in_init",
    family="api",
    title="`crossover` is asked once, before the first bar",
    explanation="`crossover` answers for the last bar only. In `init` it is asked once, on the whole file.",
    hint="Call `crossover(a, b)` in `next`.",
    example=example(
        more_init="self.up = self.I(crossover, self.fast, self.slow)",
        next=(
            "if not self.position and self.up[-1]:\n    self.buy()\n"
            "elif self.position and self.fast[-1] < self.slow[-1]:\n"
            "    self.position.close()"
        ),
    ),
    check_source=_check_source,
    rewrite=_rewrite,
    covers=("scalar_indicator", "unregistered_indicator", "wrong_shape"),
)
