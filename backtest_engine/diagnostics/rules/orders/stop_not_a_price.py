"""`sl=0.05`: a fraction or a distance where a price is needed."""

import ast
import re
from collections.abc import Iterable

import libcst as cst

from backtest_engine.diagnostics.base import Location, RaisedError, Rule
from backtest_engine.diagnostics.examples import NEXT, example
from backtest_engine.diagnostics.order_calls import OrderCall, order_calls
from backtest_engine.diagnostics.rewriting import dotted, expression, rewritten, text
from backtest_engine.diagnostics.source import Source
from backtest_engine.diagnostics.stops import holds_price, is_distance


def _wrong(source: Source, rule: OrderCall, name: str) -> str:
    """Return `fraction`, `percent` or `distance` where the value is no price."""
    value = rule.keyword(name)
    number = source.number(value)
    if value is None:
        return ""
    if number is not None:
        return "fraction" if 0 < abs(number) < 1 else "percent" if 1 <= abs(number) <= 50 else ""
    return "distance" if is_distance(source, value) and not holds_price(source, value) else ""


def _check_source(source: Source) -> Iterable[Location]:
    for rule in order_calls(source):
        for name in ("sl", "tp"):
            kind = _wrong(source, rule, name)
            if kind:
                written = ast.unparse(rule.keyword(name) or ast.Constant(0))
                yield Location(line=rule.line, message=f"`{name}={written}` is a {kind}; `{name}` is a price.")


def _check_error(raised: RaisedError, source: Source) -> Iterable[Location]:
    found = re.search(
        r"(?:Long|Short) orders require: \w+ \(([^)]*)\) < LIMIT \(([^)]*)\) < \w+ \(([^)]*)\)", raised.message
    )
    if raised.type == "ValueError" and found:
        _low, price, high = found.groups()
        try:
            if high != "None" and float(high) < 0.5 * float(price):
                yield Location(
                    line=raised.line, message=f"{high} is no price beside {price}: `sl` and `tp` are prices."
                )
        except ValueError:
            return


def _rewrite(source: Source) -> str | None:
    wrong: dict[tuple[str, str], str] = {}
    lines = {}
    for rule in order_calls(source):
        for name in ("sl", "tp"):
            kind = _wrong(source, rule, name)
            if kind:
                wrong[rule.action, name] = kind
                lines[rule.action, name] = rule.line

    def change(node: cst.CSTNode) -> cst.CSTNode | None:
        if not isinstance(node, cst.Call) or dotted(node.func) not in ("self.buy", "self.sell"):
            return None
        action = dotted(node.func).removeprefix("self.")
        arguments = []
        for item in node.args:
            name = item.keyword.value if item.keyword else ""
            kind = wrong.get((action, name))
            arguments.append(item.with_changes(value=_price(item.value, kind, action, name)) if kind else item)
        return node.with_changes(args=arguments)

    return rewritten(source, change)


def _price(value: cst.BaseExpression, kind: str, action: str, name: str) -> cst.BaseExpression:
    sign = "-" if (action == "buy") == (name == "sl") else "+"
    written = text(value)
    if kind == "distance":
        return expression(f"self.data.Close[-1] {sign} {written}")
    try:
        number = abs(float(written))
        shown = f"{1 + (number if kind == 'fraction' else number / 100) * (-1 if sign == '-' else 1):g}"
    except ValueError:
        inner = written if kind == "fraction" else f"{written} / 100"
        shown = f"(1 {sign} {inner})"
    return expression(f"self.data.Close[-1] * {shown}")


RULE = Rule(
    code="stop_not_a_price",
    family="order",
    severity="error",
    after_run="warning",
    title="`sl` and `tp` are prices",
    explanation="A fraction or a distance is given where a price is needed; such a stop is never reached, or refused.",
    hint="Write `sl=self.data.Close[-1] * 0.95`.",
    example=example(next=NEXT.replace("self.buy()", "self.buy(sl=0.05)")),
    check_source=_check_source,
    check_error=_check_error,
    rewrite=_rewrite,
    covers=("stop_wrong_side", "stop_wrong_side_short", "wrong_type"),
)
