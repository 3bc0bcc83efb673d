"""An argument that `buy` and `sell` do not take."""

from collections.abc import Iterable

import libcst as cst

from backtest_engine.diagnostics.base import Location, RaisedError, Rule
from backtest_engine.diagnostics.examples import NEXT, example
from backtest_engine.diagnostics.rewriting import dotted, expression, rewritten, text
from backtest_engine.diagnostics.source import Source
from backtest_engine.diagnostics.vocabulary import ORDER_ARGUMENTS, ORDER_VALID, SHARE_ARGUMENTS


def _check_source(source: Source) -> Iterable[Location]:
    for node in source.calls("self.buy", "self.sell"):
        if node.args:
            yield Location(line=node.lineno, message="`buy` and `sell` take keywords only: `self.buy(size=…)`.")
        for item in node.keywords:
            if item.arg is not None and item.arg not in ORDER_VALID:
                yield Location(line=node.lineno, message=_say(item.arg))
    for node in source.calls("self.position.close"):
        if any(item.arg not in ("portion", None) for item in node.keywords) or len(node.args) > 1:
            yield Location(line=node.lineno, message="`self.position.close` takes one argument: the portion to close.")


def _say(name: str) -> str:
    instead = ORDER_ARGUMENTS.get(name)
    return f"An order has no `{name}`" + (f"; it is called `{instead}`." if instead else ".")


def _check_error(raised: RaisedError, source: Source) -> Iterable[Location]:
    if raised.type == "TypeError" and any(f"Strategy.{name}()" in raised for name in ("buy", "sell")):
        yield Location(line=raised.line, message=f"{raised.message}.")


def _rewrite(source: Source) -> str | None:
    def change(node: cst.CSTNode) -> cst.CSTNode | None:
        if not isinstance(node, cst.Call) or dotted(node.func) not in ("self.buy", "self.sell", "self.position.close"):
            return None
        if dotted(node.func) == "self.position.close":
            return node.with_changes(args=[]) if any(item.keyword is not None for item in node.args) else None
        arguments = [_argument(item, place) for place, item in enumerate(node.args)]
        kept = [item for item in arguments if item is not None]
        if kept == list(node.args):
            return None
        if kept:
            kept[-1] = kept[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)
        return node.with_changes(args=kept)

    return rewritten(source, change)


def _argument(item: cst.Arg, place: int) -> cst.Arg | None:
    keyed = cst.AssignEqual(whitespace_before=cst.SimpleWhitespace(""), whitespace_after=cst.SimpleWhitespace(""))
    if item.keyword is None:
        return item.with_changes(keyword=cst.Name("size"), equal=keyed) if place == 0 and not item.star else None
    name = item.keyword.value
    if name in ORDER_VALID:
        return item
    right = ORDER_ARGUMENTS.get(name, "")
    if not right or text(item.value) == "None":
        return None
    value = item.value
    if name in SHARE_ARGUMENTS:
        try:
            number = float(text(value))
        except ValueError:
            number = 0.0
        if number == 100:
            return None
        value = expression(f"{number / 100:g}") if number > 1 else value
    return item.with_changes(keyword=cst.Name(right), value=value)


RULE = Rule(
    code="unknown_order_argument",
    family="api",
    title="An order has no such argument",
    explanation="`buy` and `sell` take size, limit, stop, sl, tp and tag, as keywords.",
    hint="Stop loss and take profit are prices: `self.buy(sl=price * 0.95, tp=price * 1.1)`.",
    example=example(next=NEXT.replace("self.buy()", "self.buy(stop_loss=self.data.Close[-1] * 0.95)")),
    check_source=_check_source,
    check_error=_check_error,
    rewrite=_rewrite,
)
