"""A run without a single trade."""

from collections.abc import Iterable

from backtest_engine.diagnostics.base import Location, Rule
from backtest_engine.diagnostics.examples import example
from backtest_engine.diagnostics.source import Source
from backtest_engine.diagnostics.zero_trades import explain_idleness
from backtest_engine.domain import BacktestResult


def _check_result(result: BacktestResult, source: Source) -> Iterable[Location]:
    if not result.trades:
        found = explain_idleness(source, result.dataset)
        # Orders that could not be paid are the true cause, whatever the conditions did.
        why = [lost.message for lost in result.orders.lost] or [item.message for item in found]
        said = " ".join(why) or "The strategy made no trade on this data."
        yield Location(
            line=found[0].line if found and not result.orders.lost else None,
            message=said,
            details={"conditions": [item.as_dict() for item in found], "orders": result.orders.as_dict()},
        )


RULE = Rule(
    code="no_trades",
    family="zero_trades",
    severity="warning",
    title="No trades",
    explanation="The strategy ran and never traded.",
    hint="Look at the condition that never held, and at how near it came.",
    example=example(
        next=(
            "if not self.position and self.data.Close[-1] < 0.5 * self.slow[-1]:\n"
            "    self.buy()\nelif self.position and self.fast[-1] > self.slow[-1]:\n"
            "    self.position.close()"
        )
    ),
    check_result=_check_result,
)
