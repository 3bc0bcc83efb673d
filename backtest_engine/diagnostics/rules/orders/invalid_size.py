"""An order size that no order can have: zero, negative, NaN, a fraction above one."""

import ast
import re
from collections.abc import Iterable

import libcst as cst

from backtest_engine.diagnostics.base import Location, RaisedError, Rule
from backtest_engine.diagnostics.examples import NEXT, example
from backtest_engine.diagnostics.order_calls import order_calls
from backtest_engine.diagnostics.rewriting import argument, dotted, expression, rewritten, text
from backtest_engine.diagnostics.source import Source


def _check_source(source: Source) -> Iterable[Location]:
    for rule in order_calls(source):
        size = source.number(rule.keyword("size"))
        if rule.action != "close" and size is not None and (size <= 0 or (size > 1 and size != int(size))):
            yield Location(line=rule.line, message=_say(size))


def _say(size: float) -> str:
    if size <= 0:
        return f"An order of size {size:g} is no order: direction is `buy` or `sell`, the size is positive."
    return f"Size {size:g} is neither a fraction of the equity (below 1) nor a whole number of units."


def _check_error(raised: RaisedError, source: Source) -> Iterable[Location]:
    if raised.type == "AssertionError" and "size must be" in raised:
        yield Location(line=raised.line)
    elif raised.type == "AssertionError" and "portion must be" in raised:
        yield Location(line=raised.line, message="The portion to close is a share between 0 and 1, not a percentage.")
    elif raised.type in ("ValueError", "OverflowError") and "to integer" in raised and "NaN" in raised:
        yield Location(line=raised.line, message="The size is computed from a NaN.")


def _rewrite(source: Source) -> str | None:
    def change(node: cst.CSTNode) -> cst.CSTNode | None:
        if not isinstance(node, cst.Call) or dotted(node.func) not in ("self.buy", "self.sell"):
            return None
        size = argument(node, "size")
        if size is None:
            return None
        number = _literal(size.value, source)
        if number is not None:
            return _with_size(node, size, _right(number, text(size.value)))
        return _with_size(node, size, _whole(text(size.value), source))

    return rewritten(source, change)


def _literal(value: cst.BaseExpression, source: Source) -> float | None:
    try:
        return source.number(ast.parse(text(value), mode="eval").body)
    except SyntaxError:
        return None


def _right(number: float, written: str) -> str | None:
    if number == 0:
        return ""
    if number < 0:
        return f"{-number:g}"
    return f"{int(number)}" if number > 1 and number != int(number) else None


def _whole(written: str, source: Source) -> str | None:
    """Round a computed number of units down; leave what is rounded already."""
    if re.match(r"^(?:int|math\.floor|max|min|round)\(", written) or "int(" in written:
        return None
    names = {"/", "//"} & set(re.findall(r"//|/", written))
    risky = bool(names) and re.search(r"equity|cash|Close|price|risk|capital", written)
    if risky or re.fullmatch(r"[a-z_]*(?:size|units|qty|quantity|shares)[a-z_]*", written):
        return f"int({written})"
    return None


def _with_size(node: cst.Call, size: cst.Arg, written: str | None) -> cst.Call | None:
    if written is None:
        return None
    if written == "":
        kept = [item for item in node.args if item is not size]
        if kept:
            kept[-1] = kept[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)
        return node.with_changes(args=kept)
    return node.with_changes(
        args=[item.with_changes(value=expression(written)) if item is size else item for item in node.args]
    )


RULE = Rule(
    code="invalid_size",
    family="order",
    title="A size that no order can have",
    explanation="A size is a fraction of the equity between 0 and 1, or a whole number of units from 1 up.",
    hint="Leave the size out for all the equity, or round units down with `int(…)` and check that one is left.",
    example=example(next=NEXT.replace("self.buy()", "self.buy(size=0)")),
    check_source=_check_source,
    check_error=_check_error,
    rewrite=_rewrite,
    rewrite_guesses=True,
)
