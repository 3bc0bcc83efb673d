"""Two runs on the same bars that differ."""

from collections.abc import Iterable

from backtest_engine.diagnostics.base import Location, Rule
from backtest_engine.diagnostics.examples import example
from backtest_engine.diagnostics.source import Source
from backtest_engine.domain import BacktestResult


def _check_result(result: BacktestResult, source: Source) -> Iterable[Location]:
    for item in result.warnings:
        if item.code == "non_deterministic":
            yield Location(line=item.line, message=item.message, details=dict(item.details))


RULE = Rule(
    code="not_repeatable",
    family="state",
    severity="error",
    title="Two runs differ",
    explanation="The same strategy on the same bars gave other orders the second time.",
    hint="Look for state that survives a run, for random numbers and for the clock.",
    example=example(
        next=(
            "if crossover(self.fast, self.slow):\n"
            "    self.buy(size=1 + id(object()) % 7)\nelif crossover(self.slow, self.fast):\n"
            "    self.position.close()"
        )
    ),
    check_result=_check_result,
)
