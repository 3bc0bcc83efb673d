"""A strategy that takes too long."""

from collections.abc import Iterable

from backtest_engine.diagnostics.base import Failure, Raised, Spot
from backtest_engine.diagnostics.examples import example
from backtest_engine.diagnostics.source import Source
from backtest_engine.diagnostics.work import combinations_of, heavy_loops


def _look(source: Source) -> Iterable[Spot]:
    for line, said in (*heavy_loops(source), *combinations_of(source)):
        yield Spot(line=line, message=said)


def _raised(raised: Raised, source: Source) -> Iterable[Spot]:
    if raised.code in ("wall_time_limit", "cpu_time_limit", "time_limit", "replay_time_limit"):
        yield Spot(line=raised.line, message=raised.message)


FAILURE = Failure(
    code="out_of_time",
    family="resource",
    severity="fatal",
    title="Takes too long",
    explanation="The strategy does so much work for each bar that it cannot finish in time.",
    hint="Compute indicators once, in `init`, with pandas; let `next` read the last values.",
    example=example(
        next="total = 0\nfor i in range(len(self.data)):\n    for j in range(len(self.data)):\n"
        "        total += self.data.Close[i] * self.data.Close[j]\n"
        "if not self.position and total > 0 and self.fast[-1] > self.slow[-1]:\n    "
        "self.buy()\nelif self.fast[-1] < self.slow[-1]:\n    self.position.close()"
    ),
    look=_look,
    raised=_raised,
    fallback=1,
)
