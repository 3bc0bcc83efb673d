"""Units where a percentage is meant: `size=50` buys fifty units."""

import ast
import re
from collections.abc import Iterable

import libcst as cst

from backtest_engine.diagnostics.base import Location, Rule
from backtest_engine.diagnostics.examples import NEXT, example
from backtest_engine.diagnostics.order_calls import order_calls
from backtest_engine.diagnostics.rewriting import argument, dotted, expression, rewritten, text
from backtest_engine.diagnostics.source import Source

_SAYS = re.compile(
    (
        r"%|percent|per cent|\bpct\b|of (?:the )?(?:account|equity|capital|portfolio|cash)|all[- "
        r"]in|full (?:position|size)|everything"
    ),
    re.IGNORECASE,
)
_UNITS = re.compile(r"unit|share|contract|\blots?\b|piece|coin", re.IGNORECASE)


def _suspects(source: Source) -> dict[float, int]:
    found: dict[float, int] = {}
    for rule in order_calls(source):
        value = rule.keyword("size")
        size = source.number(value)
        if rule.action == "close" or size is None or not 1 <= size <= 100 or size != int(size):
            continue
        near = [source.line(rule.line), source.line(rule.line - 1)]
        name = source.dotted(value).removeprefix("self.")
        if name:
            near += [line for line in source.lines if re.match(rf"\s*{re.escape(name)}\s*=", line)]
        said = " ".join(part.split("#", 1)[1] for part in near if "#" in part) + " " + name.replace("_", " ")
        if _SAYS.search(said) and not _UNITS.search(said):
            found[size] = rule.line
    return found


def _check_source(source: Source) -> Iterable[Location]:
    for size, line in _suspects(source).items():
        instead = "leave the size out" if size == 100 else f"write `size={size / 100:g}`"
        yield Location(line=line, message=f"`size={size:g}` is {size:g} units, not {size:g} %: {instead}.")


def _check_intent(source: Source, intended: Source) -> Iterable[Location]:
    mine = [
        (rule, source.number(rule.keyword("size"))) for rule in order_calls(source) if rule.action in ("buy", "sell")
    ]
    meant = [intended.number(rule.keyword("size")) for rule in order_calls(intended) if rule.action in ("buy", "sell")]
    for rule, size in mine:
        if size is None or size < 1 or not meant:
            continue
        if all(other is None or abs(other) < 1 for other in meant):
            yield Location(
                line=rule.line, message=f"`size={size:g}` is {size:g} units; a share of the equity was asked for."
            )


def _rewrite(source: Source) -> str | None:
    suspects = _suspects(source)

    def change(node: cst.CSTNode) -> cst.CSTNode | None:
        if isinstance(node, cst.Call) and dotted(node.func) in ("self.buy", "self.sell"):
            size = argument(node, "size")
            number = None if size is None else _number(source, size.value)
            if size is not None and number in suspects:
                kept = [item for item in node.args if item is not size]
                if number not in (1, 100):
                    kept.insert(node.args.index(size), size.with_changes(value=_share(size.value, number)))
                if kept:
                    kept[-1] = kept[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)
                return node.with_changes(args=kept)
        return None

    return rewritten(source, change)


def _number(source: Source, size: cst.BaseExpression) -> float | None:
    """Return the size that is written down, in the call or as an attribute of the class."""
    try:
        written = ast.parse(text(size), mode="eval").body
    except SyntaxError:
        return None
    return source.number(written)


def _share(size: cst.BaseExpression, number: float | None) -> cst.BaseExpression:
    written = text(size)
    return expression(f"{written} / 100" if not written.replace(".", "").isdigit() else f"{(number or 0) / 100:g}")


RULE = Rule(
    code="size_percent_confusion",
    family="order",
    severity="error",
    after_run="warning",
    title="Units instead of a percentage",
    explanation="From 1 up, a size is a number of units; a share of the equity is below 1.",
    hint="Write `size=0.5` for 50 %, and leave the size out for everything.",
    example=example(next=NEXT.replace("self.buy()", "self.buy(size=50)  # 50 % of the account")),
    check_source=_check_source,
    check_intent=_check_intent,
    rewrite=_rewrite,
)
