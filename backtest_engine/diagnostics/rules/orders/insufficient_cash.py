"""Orders that cost more than there is."""

from collections.abc import Iterable

from backtest_engine.diagnostics.base import Location, Rule, Severity
from backtest_engine.diagnostics.examples import NEXT, example
from backtest_engine.diagnostics.order_calls import order_calls
from backtest_engine.diagnostics.source import Source
from backtest_engine.domain import BacktestResult


def _units(source: Source) -> list[tuple[int, float]]:
    found = []
    for rule in order_calls(source):
        size = source.number(rule.keyword("size"))
        if rule.action != "close" and size is not None and size >= 1:
            found.append((rule.line, size))
    return found


def _check_source(source: Source) -> Iterable[Location]:
    for line, size in _units(source):
        if size >= 100_000:
            yield Location(line=line, message=f"{size:g} units cost more than a usual account holds.")


def _check_result(result: BacktestResult, source: Source) -> Iterable[Location]:
    for lost in result.orders.unpaid:
        # Money that open trades hold is no fault: an order beside them finds none.
        if lost.figures["available"] > 0:
            lines = [line for line, size in _units(source) if size == abs(lost.figures["size"])]
            severity: Severity = "warning" if result.trades else "error"
            yield Location(line=lines[0] if lines else None, message=lost.message, severity=severity)
            return


RULE = Rule(
    code="insufficient_cash",
    family="order",
    severity="error",
    after_run="warning",
    title="Orders the account cannot pay",
    explanation="The orders cost more than the account holds, so they are cancelled.",
    hint="Use a share of the equity (`size=0.5`), fewer units, or more cash.",
    example=example(next=NEXT.replace("self.buy()", "self.buy(size=1_000_000)")),
    check_source=_check_source,
    check_result=_check_result,
)
