"""`[0]`, which is the first bar of the file and not the current one."""

import ast
import re
from collections.abc import Iterable

import libcst as cst

from backtest_engine.diagnostics.base import Location, Rule
from backtest_engine.diagnostics.examples import example
from backtest_engine.diagnostics.rewriting import dotted, expression, rewritten, text
from backtest_engine.diagnostics.source import Source

_COLUMN = re.compile(r"self\.data\.(?:Close|Open|High|Low|Volume)")


def _series(source: Source) -> set[str]:
    """Return the indicators of one output: of several outputs, `[0]` is the first."""
    names = {f"self.{call.names[0]}" for call in source.indicators if len(call.names) == 1}
    several = {
        source.dotted(node.value.value) for node in source.every(ast.Subscript) if isinstance(node.value, ast.Subscript)
    }
    return names - several


def _first(source: Source) -> Iterable[ast.Subscript]:
    series = _series(source)
    for node in source.every(ast.Subscript):
        zero = isinstance(node.slice, ast.Constant) and node.slice.value == 0 and node.slice.value is not False
        label = source.dotted(node.value)
        read = zero and (label in series or bool(_COLUMN.fullmatch(label)))
        if read and source.inside(node, "next") and not source.inside(node, "init"):
            yield node


def _check_source(source: Source) -> Iterable[Location]:
    for node in _first(source):
        yield Location(line=node.lineno, message=f"`{ast.unparse(node)}` is the first bar of the file on every bar.")


def _rewrite(source: Source) -> str | None:
    """Count from the current bar: `[0]` is the last value, `[-1]` the one before it."""
    wanted = {source.dotted(node.value) for node in _first(source)}

    def change(node: cst.CSTNode) -> cst.CSTNode | None:
        if isinstance(node, cst.Subscript) and dotted(node.value) in wanted and len(node.slice) == 1:
            try:
                place = int(text(node.slice[0].slice))
            except ValueError:
                return None
            return expression(f"{dotted(node.value)}[{place - 1}]") if place <= 0 else None
        return None

    return rewritten(source, change, within=tuple(method.name for method in source.reached("next")))


RULE = Rule(
    code="first_bar_read",
    family="indicator",
    severity="error",
    title="Reads the first bar instead of the current one",
    explanation="`[0]` is the first bar of the file; the current bar is `[-1]`.",
    hint="Count from the end: `[-1]` is the current bar, `[-2]` the one before it.",
    example=example(
        next="""
        if not self.position and self.fast[0] > self.slow[0]:
            self.buy()
        elif self.position and self.fast[0] < self.slow[0]:
            self.position.close()
        """
    ),
    check_source=_check_source,
    rewrite=_rewrite,
    rewrite_guesses=True,
)
