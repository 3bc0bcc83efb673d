"""A strategy that takes too long."""

from collections.abc import Iterable

from backtest_engine.diagnostics.base import Location, RaisedError, Rule
from backtest_engine.diagnostics.examples import example
from backtest_engine.diagnostics.source import Source
from backtest_engine.diagnostics.work import combinations_of, heavy_loops


def _check_source(source: Source) -> Iterable[Location]:
    for line, said in (*heavy_loops(source), *combinations_of(source)):
        yield Location(line=line, message=said)


def _check_error(raised: RaisedError, source: Source) -> Iterable[Location]:
    if raised.code in ("wall_time_limit", "cpu_time_limit", "time_limit", "replay_time_limit"):
        yield Location(line=raised.line, message=raised.message)


RULE = Rule(
    code="out_of_time",
    family="resource",
    title="Takes too long",
    explanation="The strategy does so much work for each bar that it cannot finish in time.",
    hint="Compute indicators once, in `init`, with pandas; let `next` read the last values.",
    example=example(
        next="total = 0\nfor i in range(len(self.data)):\n    for j in range(len(self.data)):\n"
        "        total += self.data.Close[i] * self.data.Close[j]\n"
        "if not self.position and total > 0 and self.fast[-1] > self.slow[-1]:\n    "
        "self.buy()\nelif self.fast[-1] < self.slow[-1]:\n    self.position.close()"
    ),
    check_source=_check_source,
    check_error=_check_error,
    fallback=1,
)
