"""A value taken from a later bar by a negative shift."""

import ast
from collections.abc import Iterable

import libcst as cst

from backtest_engine.diagnostics.base import Location, Rule
from backtest_engine.diagnostics.examples import example
from backtest_engine.diagnostics.flow import functions_of_init
from backtest_engine.diagnostics.rewriting import expression, rewritten, text
from backtest_engine.diagnostics.source import Source

_METHODS = ("shift", "diff", "pct_change", "tshift")


def _amount(source: Source, node: ast.Call) -> float | None:
    if isinstance(node.func, ast.Attribute) and node.func.attr in _METHODS:
        given = [*node.args[:1], *(item.value for item in node.keywords if item.arg == "periods")]
    elif source.dotted(node.func) == "numpy.roll":
        given = [*node.args[1:2], *(item.value for item in node.keywords if item.arg == "shift")]
    else:
        return None
    if not given:
        return None
    number = source.number(given[0])
    if number is None and isinstance(given[0], ast.UnaryOp) and isinstance(given[0].op, ast.USub):
        return -1.0
    return number


def _check_source(source: Source) -> Iterable[Location]:
    for function in functions_of_init(source):
        for node in ast.walk(function):
            if not isinstance(node, ast.Call):
                continue
            amount = _amount(source, node)
            if amount is not None and amount < 0:
                yield Location(
                    line=node.lineno,
                    message=f"`{ast.unparse(node)[:60]}` moves values from later bars to earlier ones.",
                )


def _rewrite(source: Source) -> str | None:
    pivot = False

    def change(node: cst.CSTNode) -> cst.CSTNode | None:
        nonlocal pivot
        if isinstance(node, cst.Assign | cst.Return | cst.Lambda):
            value = node.body if isinstance(node, cst.Lambda) else node.value
            written = text(value) if value is not None else ""
            if "&" in written and ".shift(-" in written and (".shift(1)" in written or ".shift()" in written):
                amounts = [int(part[0]) for part in written.split(".shift(-")[1:] if part[0].isdigit()]
                pivot = True
                whole = expression(f"({written}).shift({max(amounts, default=1)}, fill_value=False)")
                return node.with_changes(body=whole) if isinstance(node, cst.Lambda) else node.with_changes(value=whole)
        return None

    def flip(node: cst.CSTNode) -> cst.CSTNode | None:
        if (
            isinstance(node, cst.Call)
            and isinstance(node.func, cst.Attribute)
            and node.func.attr.value in (*_METHODS, "roll")
        ):
            arguments = [
                item.with_changes(value=item.value.expression)
                if isinstance(item.value, cst.UnaryOperation) and isinstance(item.value.operator, cst.Minus)
                else item
                for item in node.args
            ]
            return node.with_changes(args=arguments)
        return None

    code = rewritten(source, change)
    return code if pivot else rewritten(source, flip)


RULE = Rule(
    code="negative_shift",
    family="look_ahead",
    severity="error",
    after_run="error",
    title="Shifts the future into the present",
    explanation="A negative shift gives each bar the value of a later one.",
    hint="Shift forward (`shift(1)`), and act on what is known when the bar closes.",
    example=example(
        more_init="self.change = self.I(lambda: self.data.Close.s.shift(-1) - self.data.Close.s)",
        next=(
            "if not self.position and self.change[-1] > 0 and self.fast[-1] > self.slow[-1]:\n"
            "    self.buy()\nelif self.position and self.change[-1] < 0:\n"
            "    self.position.close()"
        ),
    ),
    check_source=_check_source,
    rewrite=_rewrite,
    rewrite_guesses=True,
    covers=("future_seen",),
)
