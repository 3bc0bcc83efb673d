"""A larger time frame whose unfinished bar is used."""

import ast
import re
from collections.abc import Iterable

import libcst as cst

from backtest_engine.diagnostics.base import Location, Rule
from backtest_engine.diagnostics.examples import example
from backtest_engine.diagnostics.flow import functions_of_init
from backtest_engine.diagnostics.rewriting import rewritten, text
from backtest_engine.diagnostics.source import Source

#: Frequencies whose label is the beginning of the period, so that filling forward shows its end from the start.
_FROM_START = re.compile(r"^\d*(?:D|B|h|H|min|T|MS|QS|YS|AS|W-MON-start|bh)$")
_BACK = re.compile(r"reindex\([^()]*(?:\([^()]*\)[^()]*)*method=['\"](?:bfill|backfill)['\"]|\.bfill\(|transform\(")


def _unshifted(source: Source) -> Iterable[ast.Call]:
    for function in functions_of_init(source):
        written = ast.unparse(function)
        for node in ast.walk(function):
            if (
                not isinstance(node, ast.Call)
                or not isinstance(node.func, ast.Attribute)
                or node.func.attr not in ("resample", "asfreq")
            ):
                continue
            rule = ast.unparse(node.args[0]).strip("'\"") if node.args else ""
            shifted = ".shift(" in written
            right = "label='right'" in ast.unparse(node)
            if (
                (_BACK.search(written) and not shifted)
                or (
                    _FROM_START.match(rule)
                    and not right
                    and not shifted
                    and ("ffill" in written or "reindex(" in written or "pad" in written)
                )
                or (
                    "label='left'" in ast.unparse(node)
                    and not shifted
                    and ("ffill" in written or "reindex(" in written)
                )
            ):
                yield node


def _check_source(source: Source) -> Iterable[Location]:
    for node in _unshifted(source):
        yield Location(
            line=node.lineno, message=f"`{ast.unparse(node)[-50:]}` shows the end of a period to bars inside it."
        )


def _rewrite(source: Source) -> str | None:
    found = list(_unshifted(source))
    if not found:
        return None
    starts = any(_FROM_START.match(ast.unparse(node.args[0]).strip("'\"")) for node in found if node.args)

    def change(node: cst.CSTNode) -> cst.CSTNode | None:
        if not isinstance(node, cst.Call) or not isinstance(node.func, cst.Attribute) or not node.args:
            return None
        if node.func.attr.value != "reindex":
            return None
        method = next((item for item in node.args if item.keyword is not None and item.keyword.value == "method"), None)
        if method is not None and "b" in text(method.value).strip("'\"")[:1] and not starts:
            # The label is the period's last day: filling forward shows a period from then on.
            forward = method.with_changes(value=cst.SimpleString("'ffill'"))
            return node.with_changes(args=[forward if item is method else item for item in node.args])
        base = text(node.func.value)
        return node.with_changes(func=node.func.with_changes(value=cst.parse_expression(f"{base}.shift(1)")))

    return rewritten(source, change)


RULE = Rule(
    code="resample_unshifted",
    family="look_ahead",
    severity="error",
    after_run="error",
    title="An unfinished larger bar",
    explanation="The value of a week or day is known when it ends; here the bars inside it already see it.",
    hint="Shift the larger bars by one before mapping them back, or use `resample_apply`.",
    example=example(
        top="import pandas as pd",
        more_init="close = pd.Series(self.data.Close, index=self.data.index)\nweekly = close.resample('W').last()\n"
        "self.week = self.I(lambda: weekly.reindex(close.index, method='bfill').values)",
        next=(
            "if not self.position and self.data.Close[-1] < self.week[-1] and self.fast[-1] > "
            "self.slow[-1]:\n    self.buy()\nelif self.position and self.data.Close[-1] > self.week[-1]:\n"
            "    self.position.close()"
        ),
    ),
    check_source=_check_source,
    rewrite=_rewrite,
    covers=("future_seen", "back_fill"),
)
