"""A strategy that needs too much memory."""

from collections.abc import Iterable

from backtest_engine.diagnostics.base import Failure, Raised, Spot
from backtest_engine.diagnostics.examples import example
from backtest_engine.diagnostics.source import Source
from backtest_engine.diagnostics.work import huge_arrays


def _look(source: Source) -> Iterable[Spot]:
    for line, said in huge_arrays(source):
        yield Spot(line=line, message=said)


def _raised(raised: Raised, source: Source) -> Iterable[Spot]:
    if (
        raised.code == "memory_limit"
        or raised.type in ("MemoryError", "_ArrayMemoryError")
        or "Unable to allocate" in raised
    ):
        yield Spot(line=raised.line, message=raised.message or "The strategy needs more memory than it may use.")


FAILURE = Failure(
    code="out_of_memory",
    family="resource",
    severity="fatal",
    title="Needs too much memory",
    explanation="The strategy builds arrays or lists that are far larger than its data.",
    hint="Keep one number for each bar, not a matrix of all pairs, and no copy of the data for each bar.",
    example=example(top="import numpy as np", more_init="self.grid = np.zeros((100_000, 100_000))"),
    look=_look,
    raised=_raised,
)
